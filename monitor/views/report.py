"""The value behind every form of a report: what was asked, what was found.

`read_report` asks the store, everything else is pure; text, JSON and csv are made from
the value and agree by construction.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.store import networks, queries
from monitor.usage import Bill, Interval, Traffic, total
from monitor.views import subjects
from monitor.views.network_names import names_of, plain_name
from monitor.views.records import IN_TIME, read_records
from monitor.views.rows import UNATTRIBUTED, fold_smallest
from monitor.views.titles import find_entries, shown_titles, titles_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.store.engine import Store
    from monitor.store.networks import Met
    from monitor.store.queries import Gap
    from monitor.views.question import Question
    from monitor.views.rows import Row
    from monitor.views.subjects import Records
    from monitor.views.titles import Entries

SUBJECTS = (
    "application",
    "process",
    "interface",
    "network",
    "user",
    "class",
    "plan",
    "hour",
    "day",
)
"""What the rows of a report can be about."""
EXACT, ESTIMATED = "exact", "estimated"


@dataclass(frozen=True, slots=True)
class InterfaceTotal:
    """The bill of one interface, and how much of it is explained.

    Attributes:
        name: the kernel's name.
        bill: raw counter and layer 3.
        unattributed: what nobody claims.
        estimated_bytes: of the bill's layer 3, what rests on an assumed way of
            counting of the device.
        local: IP packets beside the bill that stayed among a tether's neighbours.
    """

    name: str
    bill: Bill
    unattributed: Traffic
    estimated_bytes: int = 0
    local: Traffic = field(default_factory=Traffic)

    @property
    def coverage_permille(self) -> int | None:
        """Explained bytes of 1,000, half up, at most 1,000; None without bytes."""
        return coverage_permille(self.bill.l3.bytes, self.unattributed.bytes)


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report, in whatever form it is shown.

    Attributes:
        question: what was asked.
        interfaces: with their bills, by name.
        rows: they add up to the bills; most bytes first, or in order of time.
        gaps: times without a daemon.
        store: the database that was read.
        recorded: first and last second with records; None without any.
        entries: desktop entries by name of application, where there is one.
        met: all networks, where the rows are about them.
    """

    question: Question
    interfaces: tuple[InterfaceTotal, ...]
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    store: Path
    recorded: Interval | None
    entries: Entries = field(default_factory=dict)
    met: tuple[Met, ...] = ()

    @cached_property
    def network_names(self) -> dict[str, str]:
        """What to call networks in a text, by key."""
        return names_of(self.met)

    @cached_property
    def network_labels(self) -> dict[str, str]:
        """What programs are told that networks are called, by key."""
        return {
            each.network.key: each.label or plain_name(each.network)
            for each in self.met
        }

    @cached_property
    def titles(self) -> dict[str, str]:
        """What to call applications in a text, where that is not their name."""
        names = (row.application for row in self.rows if row.application)
        return shown_titles(self.entries, names)

    @property
    def l3(self) -> str:
        """`exact`, or `estimated` where a device's way of counting is assumed."""
        is_exact = not any(each.estimated_bytes for each in self.interfaces)
        return EXACT if is_exact else ESTIMATED

    @property
    def total(self) -> Bill:
        """All interfaces together."""
        bills = [interface.bill for interface in self.interfaces]
        return sum(bills, start=Bill(Traffic(), Traffic()))

    @property
    def unattributed(self) -> Traffic:
        """What nobody claims, on all interfaces together."""
        return total(interface.unattributed for interface in self.interfaces)

    @property
    def coverage_permille(self) -> int | None:
        """Explained bytes of 1,000 on all interfaces together."""
        return coverage_permille(self.total.l3.bytes, self.unattributed.bytes)


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


def read_report(store: Store, question: Question) -> Report:
    """Ask the store.

    Args:
        store: open for reading.
        question: what is wanted.

    Returns:
        The report; without rows when nothing was recorded in the period.

    Raises:
        StoreError: the database cannot be read.
    """
    recorded = queries.recorded(store)
    records = read_records(store, question, recorded)
    entries = find_entries(records.explanation, os.environ)
    report = report_of(
        records,
        replace(question, titles=titles_of(entries)),
        gaps=tuple(queries.gaps(store, question.period)),
        store=store.path,
        recorded=recorded,
    )
    met = tuple(networks.met(store)) if question.by == "network" else ()
    return replace(report, entries=entries, met=met)


def report_of(
    records: Records,
    question: Question,
    *,
    gaps: tuple[Gap, ...],
    store: Path,
    recorded: Interval | None,
) -> Report:
    """Make the report out of what the store holds.

    Args:
        records: of the interfaces and the period in question.
        question: what is wanted.
        gaps: times without a daemon.
        store: where the records are from.
        recorded: first and last second with records.

    Returns:
        The report, its rows in order.
    """
    return Report(
        question=question,
        interfaces=_interfaces(records),
        rows=tuple(_rows(records, question)),
        gaps=gaps,
        store=store,
        recorded=recorded,
    )


def _interfaces(records: Records) -> tuple[InterfaceTotal, ...]:
    bills: dict[str, Bill] = {}
    for place, bill in subjects.bills_by_place(records.bills).items():
        before = bills.get(place.interface, Bill(Traffic(), Traffic()))
        bills[place.interface] = before + bill
    left: dict[str, Traffic] = {}
    for row in subjects.residual(records):
        if row.reason == UNATTRIBUTED:
            before_left = left.get(row.place.interface, Traffic())
            left[row.place.interface] = before_left + row.traffic
    names = sorted(
        {*bills}
        | {row.interface for row in records.explanation}
        | {usage.interface for usage in records.processes}
    )
    nothing = Bill(Traffic(), Traffic())
    estimated: Counter[str] = Counter()
    for each in records.bills:
        estimated[each.name] += each.estimated_bytes
    return tuple(
        InterfaceTotal(
            name,
            bills.get(name, nothing),
            left.get(name, Traffic()),
            estimated[name],
            records.local.get(name, Traffic()),
        )
        for name in names
    )


def _rows(records: Records, question: Question) -> list[Row]:
    makers: dict[str, Callable[[Records], list[Row]]] = {
        "application": subjects.by_application,
        "process": subjects.by_process,
        "user": subjects.by_user,
        "class": subjects.by_class,
        "plan": lambda each: subjects.by_plan(each, question.paying),
        "interface": subjects.by_interface,
        "network": subjects.by_interface,
        "hour": subjects.by_part,
        "day": subjects.by_part,
    }
    rows = [
        row for row in makers[question.by](records) if question.names(row.application)
    ]
    if question.top is not None:
        rows = fold_smallest(rows, question.top)
    if question.by in IN_TIME:
        return rows
    return sorted(
        rows,
        # What follows the bytes only makes the order the same every time.
        key=lambda row: (
            -row.traffic.bytes,
            row.reason or "",
            row.via or "",
            str(row.subject),
            row.place,
        ),
    )
