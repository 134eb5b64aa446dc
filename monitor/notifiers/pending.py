"""Alerts that hold, as the daemon names them and as agents read them. Pure.

Both ends of `alerts.pending`, so that one file says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.alerts import DATA_LIMIT, DATA_WARNING
from monitor.alerts.model import NETWORK_UNCOVERED
from monitor.notifiers import rules
from monitor.notifiers.notice import Notice, notice_of
from monitor.notifiers.quiet import DayTimes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.alerts import Key, Raised
    from monitor.notifiers.rules import Verdict, Wishes

PENDING: Final = "alerts.pending"
AGENT: Final = "agent"
"""The way of who shows them on a user's desktop."""
_MOST_PENDING: Final = 20


class Pending(NamedTuple):
    """An alert that a person should see.

    Attributes:
        id: its handle.
        notice: its words.
        verdict: how it is told.
        network: that may be bound to one of the plans; empty for none.
        plans: ids.
    """

    id: str
    notice: Notice
    verdict: Verdict
    network: str = ""
    plans: tuple[str, ...] = ()


def newest(holding: Iterable[Raised]) -> list[Raised]:
    """What is worth a notification, oldest first: of a kind only the newest.

    Args:
        holding: all alerts that hold.
    """
    found: dict[tuple[str, str], Raised] = {}
    for raised in sorted(holding, key=_order):
        # Nothing left says more than little left, and less than its end is near.
        kind = raised.key.kind
        found[DATA_LIMIT if kind == DATA_WARNING else kind, raised.key.subject] = raised
    return list(found.values())[-_MOST_PENDING:]


def _order(raised: Raised) -> tuple[int, int, Key]:
    # Raised in one second: the limit after the warnings, a higher percent after. Not
    # every step is a number: "24h" before an end.
    step = raised.key.step
    return raised.at_s, int(step) if step.isdecimal() else 0, raised.key


def waiting(raised: Raised, wishes: Wishes, plans: Sequence[str]) -> Pending:
    """One of them, as a person wants to be told of it.

    Args:
        raised: the alert.
        wishes: of the person.
        plans: ids of those that may pay for a network which none pays for.
    """
    kind = raised.key.kind
    verdict = wishes.verdict(kind)
    notice = notice_of(raised)._replace(urgency=verdict.urgency)
    if kind == NETWORK_UNCOVERED:
        network = raised.alert.network
        return Pending(raised.handle, notice, verdict, network, tuple(plans))
    return Pending(raised.handle, notice, verdict)


def answer(
    worth: Iterable[Raised], wishes: Wishes, plans: Sequence[str] = ()
) -> dict[str, Any]:
    """What the daemon says, as JSON can hold it.

    Args:
        worth: a notification each.
        wishes: how they are told, and when.
        plans: ids of those that may pay for a network which none pays for.
    """
    alerts = [described(waiting(raised, wishes, plans)) for raised in worth]
    return {"alerts": alerts, "quiet": wishes.quiet}


def described(alert: Pending) -> dict[str, Any]:
    """One of them, as JSON can hold it.

    Args:
        alert: that a person should see.
    """
    notice = alert.notice
    found: dict[str, Any] = {
        "id": alert.id,
        "kind": notice.kind,
        "subject": notice.subject,
        "percent": notice.percent,
        "title": notice.title,
        "body": notice.body,
        **rules.described(alert.verdict),
    }
    if notice.kind == NETWORK_UNCOVERED:
        # What the agent's buttons ask for, by `networks.bind`.
        found |= {"network": alert.network, "plans": list(alert.plans)}
    return found


def read(content: Mapping[str, Any]) -> tuple[list[Pending], DayTimes]:
    """What a daemon said.

    Args:
        content: a result of `alerts.pending`.

    Returns:
        The alerts, oldest first, and when they wait.
    """
    quiet = DayTimes.read(content.get("quiet", ""))
    return [_read(alert) for alert in content.get("alerts", [])], quiet or DayTimes()


def _read(alert: Mapping[str, Any]) -> Pending:
    handle, title, body, kind, subject, network = (
        str(alert.get(name, ""))
        for name in ("id", "title", "body", "kind", "subject", "network")
    )
    plans = tuple(map(str, alert.get("plans", [])))
    percent = alert.get("percent")
    if type(percent) is not int:  # True is one
        percent = None
    verdict = rules.read(alert, kind)
    notice = Notice(title, body, kind, subject, percent, urgency=verdict.urgency)
    return Pending(handle, notice, verdict, network, plans)
