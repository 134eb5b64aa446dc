"""`app.new`: a program moves metered data that never did before.

Told when it has moved 1 MB within a day of its first byte; later it is no news any
more. A program that a person is in front of when it first moves something is none: who
started it knows. In the first week of a store everything would be new: then nothing
is, and what is met is known from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.alerts import texts
from monitor.alerts.model import APP_NEW
from monitor.alerts.of_networks import raised_or_noted
from monitor.alerts.of_programs import DAY_S, alert_of, key_of, over
from monitor.alerts.rates import Mover, Rate
from monitor.applications.classes import INTERACTIVE
from monitor.usage import INTERNET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.alerts.holding import Watched
    from monitor.alerts.model import Change, Told
    from monitor.attribution.shares import Attributed
    from monitor.usage import Attachment, Share

QUIET_S: Final = 7 * DAY_S
"""So long a store learns which programs there are."""
_LEAST_BYTES: Final = 1_000_000
DAY_NS: Final = DAY_S * 1_000_000_000


@dataclass(slots=True)
class _Met:
    """A program that is new."""

    since_ns: int
    moved_bytes: int
    mover: Mover


class Newcomers:
    """Which programs are known to use metered data, and what the others moved."""

    def __init__(self, since_s: int) -> None:
        """Know nobody; what the store has is to be known and booked first.

        Args:
            since_s: UTC second at which the store begins.
        """
        self._quiet_until_s = since_s + QUIET_S
        self._known: set[str] = set()
        self._met: dict[str, _Met] = {}

    def know(self, users: Iterable[tuple[Attachment, Share]]) -> None:
        """Know who moved anything where it may cost, more than a day ago.

        Args:
            users: where, and who.
        """
        for where, share in users:
            if share.application is not None and _may_cost(where, share.scope):
                self._know(share.application.name)

    def book(
        self,
        rows: Iterable[Attributed],
        at_ns: int,
        plan_of: Callable[[Attachment], str | None],
    ) -> None:
        """Take in whose bytes a tick moved.

        Args:
            rows: all of it.
            at_ns: CLOCK_BOOTTIME of the tick.
            plan_of: the plan that pays for a network on a device.
        """
        for row in rows:
            where, application = row.attachment, row.share.application
            if application is None or application.name in self._known:
                continue
            if not _may_cost(where, row.share.scope) or not row.traffic:
                continue
            name = application.name
            if where.metered is not True or row.share.app_class == INTERACTIVE:
                self._know(name)
                continue
            mover = Mover(name, where.network, plan_of(where) or "")
            met = self._met.setdefault(name, _Met(at_ns, 0, mover))
            met.moved_bytes, met.mover = met.moved_bytes + row.traffic.bytes, mover
        for name, met in list(self._met.items()):
            if at_ns - met.since_ns >= DAY_NS:
                self._know(name)

    def _know(self, name: str) -> None:
        self._known.add(name)
        self._met.pop(name, None)

    def found(self, now_s: int) -> list[Rate]:
        """The programs that are worth telling of, told before or not.

        Args:
            now_s: UTC seconds.
        """
        if now_s < self._quiet_until_s:
            for name in list(self._met):
                self._know(name)
        return [
            Rate(met.mover, met.moved_bytes)
            for met in self._met.values()
            if met.moved_bytes >= _LEAST_BYTES
        ]


def _may_cost(where: Attachment, scope: str) -> bool:
    return where.billed and where.metered is not False and scope == INTERNET


def judge_newcomers(
    told: Told,
    now_s: int,
    found: Iterable[Rate],
    plans: Mapping[str, Watched],
    names: Mapping[str, str],
) -> list[Change]:
    """What changed since the last judgement.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        found: new programs, with what they moved.
        plans: by id, all that there are.
        names: what networks are called, by key.
    """
    changes = over(APP_NEW, told, now_s)
    for rate in found:
        if key_of(APP_NEW, rate) in told.marks:
            continue
        network = rate.mover.network
        words = texts.newcomer(rate, names.get(network, network))
        alert = alert_of(APP_NEW, rate, words)
        changes.append(raised_or_noted(alert, now_s, plans))
    return changes
