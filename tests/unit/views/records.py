"""Values as the store's queries give them, for the tests of the views."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from monitor.store.queries import ExplanationRow, Gap, InterfaceBill, ProcessUsage
from monitor.usage import Attachment, Interval, Traffic
from monitor.views.question import Question
from monitor.views.report import Report, report_of

if TYPE_CHECKING:
    from monitor.views.subjects import Records

DAY = Interval(1_749_600_000, 1_749_686_400)  # 2025-06-11 in UTC
UTC_ZONE = ZoneInfo("UTC")


def traffic(rx_bytes: int, tx_bytes: int = 0) -> Traffic:
    """Bytes, and a packet for each 1,000 of them."""
    return Traffic(rx_bytes, tx_bytes, rx_bytes // 1000, tx_bytes // 1000)


def at(name: str) -> Attachment:
    """An interface of which nothing is known but its name."""
    return Attachment(f"if:{name}", name, billed=True)


def bill(
    l3: Traffic, name: str = "wwan0", *, counter: Traffic | None = None
) -> InterfaceBill:
    """The bill of an interface; its layer 2 adds nothing unless a counter is given."""
    return InterfaceBill(at(name), counter or l3, l3, l3.bytes)


def share(  # noqa: PLR0913 - what a share has
    application: str | None,
    amount: Traffic,
    *,
    kind: str = "socket",
    name: str = "wwan0",
    uid: int = 1000,
    app_class: str = "unknown",
    via: str = "",
) -> ExplanationRow:
    """A row of the explanation."""
    owned = application is not None
    return ExplanationRow(
        application=application,
        app_kind="executable" if owned else "",
        share_kind=kind,
        app_class=app_class,
        uid=uid if owned else -1,
        scope="internet",
        via=via,
        where=at(name),
        traffic=amount,
    )


def process(
    application: str, pid: int, amount: Traffic, *, name: str = "wwan0", comm: str = ""
) -> ProcessUsage:
    """A process that moved bytes; pid 0 for small ones that were merged."""
    return ProcessUsage(
        pid=pid,
        started_s=DAY.from_s - 60 if pid else None,
        comm=comm or application,
        exe=f"/usr/bin/{application}",
        argv=(application,),
        uid=1000 if pid else -1,
        application=application,
        where=at(name),
        traffic=amount,
        interval=Interval(DAY.from_s + 10, DAY.from_s + 20),
    )


def report(
    records: Records,
    *,
    recorded: Interval | None = DAY,
    **asked: Any,  # noqa: ANN401 - of many types
) -> Report:
    """A report of records as if a store had held them.

    Args:
        records: what it held.
        recorded: from when to when.
        asked: of `Question`; `gaps` and `old` of `report_of`.
    """
    gaps: tuple[Gap, ...] = asked.pop("gaps", ())
    old: Records | None = asked.pop("old", None)
    question = Question(**{"period": DAY, "zone": UTC_ZONE, **asked})
    return report_of(
        records,
        question,
        gaps=gaps,
        store=Path("/data/usage.db"),
        recorded=recorded,
        old=old,
    )
