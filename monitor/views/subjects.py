"""The rows of a report: who moved what, and what is left, adding up to the bill.

Pure. For each interface, network and direction the rows of a report add up exactly to
the layer-3 bytes of the bill: what nobody claims is a row `unattributed`, and where the
explanation exceeds the bill over the whole period, a negative row `over-explained`
takes it back (two readings are never simultaneous, so a small excess is normal).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import IMPORTED, SOCKET, Bill, Traffic
from monitor.views.rows import (
    OVER_EXPLAINED,
    THIS_COMPUTER,
    UNATTRIBUTED,
    Place,
    Row,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.store.queries import ExplanationRow, InterfaceBill, ProcessUsage
    from monitor.usage import Interval
    from monitor.views.titles import Entries


class Part(NamedTuple):
    """What the store holds of a part of the period.

    Attributes:
        interval: half-open.
        bills: of the interfaces in question.
        explanation: the same; empty unless asked for.
        pieces: of it, in which who pays stays the same.
    """

    interval: Interval
    bills: Sequence[InterfaceBill]
    explanation: Sequence[ExplanationRow] = ()
    pieces: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """What the store holds of a period, as far as it was asked for.

    Attributes:
        bills: of the interfaces in question.
        explanation: the same.
        processes: the same; empty unless asked for.
        parts: of a period that is cut in time, each part.
        paid: parts in which who pays stays the same.
        local: IP packets beside the bills that no carrier saw, by interface.
        billed: what all billed interfaces moved, those in question or not.
        slice_s: how long parts for a picture are, in seconds.
        entries: desktop entries by name of application, where there is one.
    """

    bills: Sequence[InterfaceBill]
    explanation: Sequence[ExplanationRow] = ()
    processes: Sequence[ProcessUsage] = ()
    parts: Sequence[Part] = ()
    paid: Sequence[Part] = ()
    local: Mapping[str, Traffic] = field(default_factory=dict)
    billed: Traffic = field(default_factory=Traffic)
    slice_s: int = 0
    entries: Entries = field(default_factory=dict)


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
    return merged(explained(row) for row in records.explanation) + residual(records)


def by_user(records: Records) -> list[Row]:
    """Rows of users, of bytes without one, and of what is left.

    Args:
        records: bills and explanation of the same places.

    Returns:
        One row for each user or reason and place.
    """
    pairs = ((explained(row), row.uid) for row in records.explanation)
    rows = (
        replace(_unnamed(row), uid=uid)
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
        replace(_unnamed(row), app_class=row.app_class)
        if row.is_owned
        else replace(row, application=None)
        for row in map(explained, records.explanation)
    )
    return merged(rows) + residual(records)


def by_device(records: Records) -> list[Row]:
    """Rows of this computer, of others that count by themselves or are behind it.

    Args:
        records: bills and explanation of the same places.

    Returns:
        One row for this computer, each imported or downstream device or reason, and
        place.
    """
    rows = (_of_device(explained(row)) for row in records.explanation)
    return merged(rows) + residual(records)


def _of_device(row: Row) -> Row:
    if row.reason == IMPORTED and row.via is not None:
        return replace(row, device=row.place.interface)
    if row.is_owned:
        return replace(_unnamed(row), device=THIS_COMPUTER)
    return replace(row, application=None)


def by_interface(records: Records) -> list[Row]:
    """One row for each place: its bill.

    Args:
        records: bills.

    Returns:
        Rows without a subject of their own.
    """
    return [
        Row(place=place, traffic=bill.l3, is_place=True, counter=bill.counter)
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
    for interval, bills, *_ in records.parts:
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


def explained(row: ExplanationRow) -> Row:
    """A row of the explanation as one of a report by application.

    Args:
        row: of the store.
    """
    found = Row(
        place=Place(row.interface, row.network),
        traffic=row.traffic,
        application=row.application,
        reason=None if row.share_kind == SOCKET else row.share_kind,
        via=row.via or None,
    )
    return replace(found, app_class=row.app_class) if found.is_owned else found


def _unnamed(row: Row) -> Row:
    """An owned row without its owner and the way it took."""
    return replace(row, application=None, app_class=None, reason=None, via=None)
