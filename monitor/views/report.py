"""The value behind every form of a report: what was asked, what was found.

`read_report` asks the store, everything else is pure; text, JSON and csv are made from
the value and agree by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.store import networks, queries
from monitor.store.answers import Kept
from monitor.usage import Bill, Interval, Traffic, total
from monitor.views import subjects
from monitor.views.accounting import by_part_and_plan
from monitor.views.before import Before, compared
from monitor.views.narrowing import narrowed
from monitor.views.network_names import names_of, plain_name
from monitor.views.payers import by_member, by_plan
from monitor.views.processes import UNKNOWN, by_process
from monitor.views.question import BACKGROUND
from monitor.views.records import read_records
from monitor.views.rows import Row, active_of, fold_smallest
from monitor.views.titles import shown_titles, titles_of
from monitor.views.totals import coverage_permille, interface_totals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.store.engine import Store
    from monitor.store.networks import Met
    from monitor.store.queries import Gap
    from monitor.views.question import Question
    from monitor.views.rows import ProcessName
    from monitor.views.subjects import Records
    from monitor.views.titles import Entries
    from monitor.views.totals import InterfaceTotal

EXACT, ESTIMATED = "exact", "estimated"


class Slice(NamedTuple):
    """A part of a period, for its picture."""

    interval: Interval
    traffic: Traffic


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
        slices: the period in parts, for a picture; those of the rows, where these
            are parts of it.
        slice_s: how long these are, in seconds.
        before: what was moved in the period before; None where that is not known.
        billed: what all billed interfaces moved, whatever was asked.
        kept: since when usage is kept how finely.
    """

    question: Question
    interfaces: tuple[InterfaceTotal, ...]
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    store: Path
    recorded: Interval | None
    entries: Entries = field(default_factory=dict)
    met: tuple[Met, ...] = ()
    slices: tuple[Slice, ...] = ()
    slice_s: int = 0
    before: Before | None = None
    billed: Traffic = field(default_factory=Traffic)
    kept: Kept = field(default_factory=Kept)

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
    def active_of(self) -> dict[ProcessName, Interval]:
        """First and last second of what each process moved, wherever it did."""
        return active_of(self.rows)

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
        """All interfaces together, whatever was asked of them."""
        bills = [interface.bill for interface in self.interfaces]
        return sum(bills, start=Bill(Traffic(), Traffic()))

    def began_before(self, at_s: int) -> bool:
        """Whether there are records from before an instant."""
        return self.recorded is not None and self.recorded.from_s < at_s

    @property
    def shown(self) -> Traffic:
        """What the rows add up to: the bill, or a part of it."""
        return total(row.traffic for row in self.rows)

    @property
    def elsewhere(self) -> Traffic:
        """What of the bill was counted by other devices."""
        return total(interface.elsewhere for interface in self.interfaces)

    @property
    def unattributed(self) -> Traffic:
        """What nobody claims, on all interfaces together."""
        return total(interface.unattributed for interface in self.interfaces)

    @property
    def coverage_permille(self) -> int | None:
        """Explained bytes of 1,000 on all interfaces together."""
        return coverage_permille(self.total.l3.bytes, self.unattributed.bytes)


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
    question = replace(question, titles=titles_of(records.entries))
    report = report_of(
        records,
        question,
        gaps=tuple(queries.gaps(store, question.period)),
        store=store.path,
        recorded=recorded,
        old=_old_records(store, question, recorded),
    )
    met = tuple(networks.met(store)) if question.by == "network" else ()
    kept = queries.kept(store)
    return replace(report, met=met, kept=kept)


def _old_records(
    store: Store, question: Question, recorded: Interval | None
) -> Records | None:
    """What the period before held; None where it was not counted from its beginning."""
    period = question.before
    if period is None or recorded is None or recorded.from_s > period.from_s:
        return None
    old = replace(question, period=period, slices=0)
    if not question.compare:  # the sum will do
        old = replace(old, by="interface", bills_only=True)
    return read_records(store, old, None)


def report_of(  # noqa: PLR0913 - what a report is made of
    records: Records,
    question: Question,
    *,
    gaps: tuple[Gap, ...],
    store: Path,
    recorded: Interval | None,
    old: Records | None = None,
) -> Report:
    """Make the report out of what the store holds.

    Args:
        records: of the interfaces and the period in question.
        question: what is wanted.
        gaps: times without a daemon.
        store: where the records are from.
        recorded: first and last second with records.
        old: records of the period before.

    Returns:
        The report, its rows in order.
    """
    meant = narrowed(records, question)
    rows = rows_of(meant, question)
    before = None
    if old is not None and question.before is not None:
        was = narrowed(old, question)
        before = Before(question.before, total(bill.l3 for bill in was.bills))
        if question.compare:
            rows = compared(rows, rows_of(was, question))
    slices = (
        Slice(part.interval, total(bill.l3 for bill in part.bills))
        for part in meant.parts
    )
    return Report(
        question=question,
        interfaces=interface_totals(records),
        rows=tuple(in_order(rows, question)),
        gaps=gaps,
        store=store,
        recorded=recorded,
        entries=records.entries,
        slices=tuple(slices),
        slice_s=records.slice_s,
        before=before,
        billed=records.billed,
    )


def rows_of(records: Records, question: Question) -> list[Row]:
    """The rows of a report, in no order.

    Args:
        records: what is meant.
        question: what is wanted.
    """
    by = question.by
    if by == "plan":
        return by_plan(records, question.paying)
    if by == "member":
        return by_member(records, question.paying, question.members)
    if question.is_accounted:
        return by_part_and_plan(records, question)
    if question.is_in_time:
        return subjects.by_part(records)
    if by == "process":
        return by_process(records, BACKGROUND if question.background else UNKNOWN)
    rows = _MAKERS[by](records)
    # Programs have a part of a bill, but of no counter.
    return [replace(row, counter=None) for row in rows] if question.is_narrow else rows


_MAKERS: Final[dict[str, Callable[[Records], list[Row]]]] = {
    "application": subjects.by_application,
    "user": subjects.by_user,
    "class": subjects.by_class,
    "device": subjects.by_device,
    "interface": subjects.by_interface,
    "network": subjects.by_interface,
}


def in_order(rows: list[Row], question: Question) -> list[Row]:
    """The smallest folded, the largest first; parts of the period by time.

    Args:
        rows: of a report.
        question: what is wanted.
    """
    if question.top is not None:
        rows = fold_smallest(rows, question.top)
    elif question.is_in_time:
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
