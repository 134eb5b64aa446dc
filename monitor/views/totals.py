"""The bills that the rows of a report add up to, and how much of them is explained."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.usage import IMPORTED, Bill, Traffic
from monitor.views.rows import UNATTRIBUTED
from monitor.views.subjects import bills_by_place, residual

if TYPE_CHECKING:
    from monitor.views.subjects import Records


@dataclass(frozen=True, slots=True)
class InterfaceTotal:
    """The bill of one interface, and how much of it is explained.

    Attributes:
        name: the kernel's name.
        bill: raw counter and layer 3.
        unattributed: what nobody claims, or only another program counted.
        estimated_bytes: of the bill's layer 3, what rests on an assumed way of
            counting of the device.
        local: IP packets beside the bill that stayed among a tether's neighbours.
        imported: of the bill, what another program counted, with the link layer.
        elsewhere: of the bill, what was counted by another device.
    """

    name: str
    bill: Bill
    unattributed: Traffic
    estimated_bytes: int = 0
    local: Traffic = field(default_factory=Traffic)
    imported: Traffic = field(default_factory=Traffic)
    elsewhere: Traffic = field(default_factory=Traffic)

    @property
    def coverage_permille(self) -> int | None:
        """Explained bytes of 1,000, half up, at most 1,000; None without bytes."""
        return coverage_permille(self.bill.l3.bytes, self.unattributed.bytes)


def coverage_permille(bill_bytes: int, unattributed_bytes: int) -> int | None:
    """Explained bytes of 1,000 bytes of the bill.

    Args:
        bill_bytes: both directions.
        unattributed_bytes: of them, without an owner or a reason.

    Returns:
        Rounded half up, 0 to 1,000; None for an empty bill.
    """
    if bill_bytes <= 0:
        return None
    explained_bytes = bill_bytes - unattributed_bytes
    permille = (2000 * explained_bytes + bill_bytes) // (2 * bill_bytes)
    return max(0, min(1000, permille))


def interface_totals(records: Records) -> tuple[InterfaceTotal, ...]:
    """The bill of each interface.

    Args:
        records: of a period.

    Returns:
        By name; those without a bill too, where something is explained by them.
    """
    nothing = Bill(Traffic(), Traffic())
    bills: dict[str, Bill] = {}
    for place, bill in bills_by_place(records.bills).items():
        bills[place.interface] = bills.get(place.interface, nothing) + bill
    left: dict[str, Traffic] = {}
    for row in residual(records):
        if row.reason == UNATTRIBUTED:
            name = row.place.interface
            left[name] = left.get(name, Traffic()) + row.traffic
    imported: defaultdict[str, Traffic] = defaultdict(Traffic)
    elsewhere: defaultdict[str, Traffic] = defaultdict(Traffic)
    for each in records.explanation:
        if each.share_kind == IMPORTED:
            found = elsewhere if each.via else imported
            found[each.interface] += each.traffic
    names = sorted(
        {*bills}
        | {row.interface for row in records.explanation}
        | {usage.interface for usage in records.processes}
    )
    estimated: Counter[str] = Counter()
    for bill_of in records.bills:
        estimated[bill_of.name] += bill_of.estimated_bytes
    return tuple(
        InterfaceTotal(
            name,
            bills.get(name, nothing),
            left.get(name, Traffic()) + imported[name] + elsewhere[name],
            estimated[name],
            records.local.get(name, Traffic()),
            imported[name],
            elsewhere[name],
        )
        for name in names
    )
