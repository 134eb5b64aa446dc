"""The rows of a report: who moved what, and what is left, adding up to the bill.

Pure. For each interface, network and direction the rows of a report add up exactly to
the layer-3 bytes of the bill: what nobody claims is a row `unattributed`, and where the
explanation exceeds the bill over the whole period, a negative row `over-explained`
takes it back (two readings are never simultaneous, so a small excess is normal).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitor.usage import SOCKET, Bill, Traffic
from monitor.views.rows import (
    NO_PLAN,
    OTHER_PROCESSES,
    OVER_EXPLAINED,
    UNATTRIBUTED,
    Place,
    ProcessName,
    Row,
    merged,
    sums,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.plans.payers import Paying
    from monitor.store.queries import ExplanationRow, InterfaceBill, ProcessUsage
    from monitor.usage import Interval

_UNKNOWN = "unknown"  # processes are kept without their class


@dataclass(frozen=True, slots=True)
class Records:
    """What the store holds of a period, as far as it was asked for.

    Attributes:
        bills: of the interfaces in question.
        explanation: the same.
        processes: the same; empty unless asked for.
        parts: of a period that is cut, the bills of each part.
        local: IP packets beside the bills that no carrier saw, by interface.
    """

    bills: Sequence[InterfaceBill]
    explanation: Sequence[ExplanationRow] = ()
    processes: Sequence[ProcessUsage] = ()
    parts: Sequence[tuple[Interval, Sequence[InterfaceBill]]] = field(default=())
    local: Mapping[str, Traffic] = field(default_factory=dict)


def bills_by_place(bills: Iterable[InterfaceBill]) -> dict[Place, Bill]:
    """Add up the bill of each place.

    Args:
        bills: one for each attachment.

    Returns:
        In order of first appearance.
    """
    summed: dict[Place, Bill] = {}
    for bill in bills:
        place = Place(bill.name, bill.network)
        before = summed.get(place, Bill(Traffic(), Traffic()))
        summed[place] = before + Bill(bill.counter, bill.l3)
    return summed


def by_application(records: Records) -> list[Row]:
    """Rows of applications, of bytes without one, and of what is left.

    Args:
        records: bills and explanation of the same places.

    Returns:
        One row for each application, reason, class and place.
    """
    return merged(_explained(row) for row in records.explanation) + residual(records)


def by_user(records: Records) -> list[Row]:
    """Rows of users, of bytes without one, and of what is left.

    Args:
        records: bills and explanation of the same places.

    Returns:
        One row for each user or reason and place.
    """
    pairs = ((_explained(row), row.uid) for row in records.explanation)
    rows = (
        replace(row, application=None, app_class=None, uid=uid, reason=None, via=None)
        if row.is_owned
        else replace(row, application=None, app_class=None)
        for row, uid in pairs
    )
    return merged(rows) + residual(records)


def by_class(records: Records) -> list[Row]:
    """Rows of what a person saw, of the background, of bytes without an owner.

    Args:
        records: bills and explanation of the same places.

    Returns:
        One row for each class or reason and place.
    """
    rows = (
        replace(row, application=None, reason=None, via=None)
        if row.is_owned
        else replace(row, application=None)
        for row in map(_explained, records.explanation)
    )
    return merged(rows) + residual(records)


def by_process(records: Records) -> list[Row]:
    """Rows of processes, and of what the explanation holds beyond them.

    Processes are kept by the hour and for some days only, the smallest ones are merged:
    the rest of each application is a row `other-processes`. It can be negative at the
    edges of a period inside an hour.

    Args:
        records: bills, explanation and processes of the same places.

    Returns:
        One row for each process or remainder and place, the reasons and what is left.
    """
    # Merged rows of small processes have no pid, and those of a service or user whose
    # processes cannot be seen a negative one: they are in the remainder.
    processes = [_process(usage) for usage in records.processes if usage.pid > 0]
    explained = [_explained(row) for row in records.explanation]
    known: defaultdict[tuple[Place, str | None], Traffic] = defaultdict(Traffic)
    for row in processes:
        known[row.place, row.application] += row.traffic
    owned = [row for row in explained if row.is_owned]
    remainders = [
        Row(
            place=place,
            application=name,
            reason=OTHER_PROCESSES,
            app_class=_UNKNOWN,
            traffic=rest,
        )
        for (place, name), rest in _remainders(owned, known).items()
    ]
    unowned = merged(row for row in explained if not row.is_owned)
    return merged(processes) + remainders + unowned + residual(records)


def by_interface(records: Records) -> list[Row]:
    """One row for each place: its bill.

    Args:
        records: bills.

    Returns:
        Rows without a subject of their own.
    """
    return [
        Row(place=place, traffic=bill.l3, counter=bill.counter)
        for place, bill in bills_by_place(records.bills).items()
    ]


def by_part(records: Records) -> list[Row]:
    """The bill of each hour or day, in every place that the period knows.

    Args:
        records: bills, and those of each part.

    Returns:
        Rows in order of time, those without traffic too: none is not unknown.
    """
    places = bills_by_place(records.bills)
    rows = []
    for interval, bills in records.parts:
        part = bills_by_place(bills)
        rows += [
            Row(
                place=place,
                traffic=part[place].l3 if place in part else Traffic(),
                interval=interval,
            )
            for place in places
        ]
    return rows


def by_plan(records: Records, paying: Paying) -> list[Row]:
    """The bill of each plan, and what no plan paid for.

    Args:
        records: bills of parts in which who pays stays the same.
        paying: which plan pays for what.

    Returns:
        One row for each plan or none, and place.
    """
    rows = []
    for interval, bills in records.parts:
        for bill in bills:
            plan = paying.plan(bill.where, interval.from_s) if bill.billed else None
            rows.append(
                Row(
                    place=Place(bill.name, bill.network),
                    traffic=bill.l3,
                    plan=plan,
                    reason=NO_PLAN if plan is None else None,
                )
            )
    return merged(rows)


def residual(records: Records) -> list[Row]:
    """What the bill holds beyond the explanation, and where that holds too much.

    Args:
        records: bills and explanation of the same places.

    Returns:
        For each place a row `unattributed` and one `over-explained`, unless empty.
    """
    left: defaultdict[Place, Traffic] = defaultdict(Traffic)
    for place, bill in bills_by_place(records.bills).items():
        left[place] += bill.l3
    for row in records.explanation:
        left[Place(row.interface, row.network)] -= row.traffic
    rows = []
    for place, rest in left.items():
        unclaimed = rest.clamped()
        rows += [
            Row(place=place, traffic=traffic, reason=reason)
            for reason, traffic in (
                (UNATTRIBUTED, unclaimed),
                (OVER_EXPLAINED, rest - unclaimed),
            )
            if traffic
        ]
    return rows


def _explained(row: ExplanationRow) -> Row:
    found = Row(
        place=Place(row.interface, row.network),
        traffic=row.traffic,
        application=row.application,
        reason=None if row.share_kind == SOCKET else row.share_kind,
        via=row.via or None,
    )
    return replace(found, app_class=row.app_class) if found.is_owned else found


def _process(usage: ProcessUsage) -> Row:
    return Row(
        place=Place(usage.interface, usage.network),
        traffic=usage.traffic,
        application=usage.application,
        app_class=_UNKNOWN,
        process=ProcessName(
            pid=usage.pid,
            started_s=usage.started_s,
            comm=usage.comm,
            exe=usage.exe,
            uid=usage.uid,
        ),
        active=usage.interval,
    )


def _remainders(
    owned: Iterable[Row], known: dict[tuple[Place, str | None], Traffic]
) -> dict[tuple[Place, str | None], Traffic]:
    explained = sums(((row.place, row.application), row.traffic) for row in owned)
    return {
        key: rest
        for key in dict.fromkeys([*explained, *known])
        if (rest := explained.get(key, Traffic()) - known.get(key, Traffic()))
    }
