"""What the store holds of a question: the only way from a report to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.networks import is_local
from monitor.store import queries
from monitor.usage import Interval
from monitor.views.periods import local_days, local_hours
from monitor.views.rows import sums
from monitor.views.subjects import Records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.engine import Store
    from monitor.store.queries import InterfaceBill
    from monitor.usage import Traffic
    from monitor.views.question import Question

IN_TIME = ("hour", "day")
"""Subjects that are parts of the period."""
_TWO_DAYS_S = 172_800


def read_records(
    store: Store, question: Question, recorded: Interval | None
) -> Records:
    """Ask the store for what a report needs.

    Args:
        store: open for reading.
        question: what is wanted.
        recorded: first and last second with records.

    Returns:
        Records of the interfaces and the period in question.

    Raises:
        StoreError: the database cannot be read.
    """
    pieces = question.parts(question.period)
    parts = [_of_part(store, question, piece) for piece in pieces]
    in_time = _parts(store, question, recorded)
    if question.by == "plan":
        found = zip(pieces, parts, strict=True)
        in_time = [(part, list(each.bills)) for part, each in found]
    return Records(
        bills=[bill for each in parts for bill in each.bills],
        explanation=[row for each in parts for row in each.explanation],
        processes=[usage for each in parts for usage in each.processes],
        parts=in_time,
        local=sums(item for each in parts for item in each.local.items()),
    )


def _of_part(store: Store, question: Question, part: Interval) -> Records:
    """What is meant in one part of the period."""
    every = queries.interface_bills(store, part)
    bills = [bill for bill in every if question.includes(bill.network)]
    billed = _billed(bills, question, part)
    at_s = part.from_s
    return Records(
        bills=billed,
        explanation=[
            row
            for row in queries.explanation(store, part)
            if question.covers(row.where, at_s)
        ],
        processes=[
            usage
            for usage in queries.process_usage(store, part)
            if question.covers(usage.where, at_s)
        ]
        if question.by == "process"
        else (),
        local=_beside(bills, billed),
    )


def _beside(
    bills: Iterable[InterfaceBill], billed: Iterable[InterfaceBill]
) -> dict[str, Traffic]:
    """What no carrier saw of the interfaces that are shown, unless shown itself."""
    shown = {(bill.name, bill.network) for bill in billed}
    names = {name for name, _ in shown}
    return sums(
        (bill.name, bill.l3)
        for bill in bills
        if is_local(bill.network)
        and bill.name in names
        and (bill.name, bill.network) not in shown
    )


def _billed(
    bills: Iterable[InterfaceBill], question: Question, part: Interval
) -> list[InterfaceBill]:
    return [bill for bill in bills if question.covers(bill.where, part.from_s)]


def _parts(
    store: Store, question: Question, recorded: Interval | None
) -> list[tuple[Interval, list[InterfaceBill]]]:
    """The hours or days of the period in which anything was recorded."""
    if question.by not in IN_TIME or recorded is None:
        return []
    period = Interval(
        # Two days more, so that the first part is a whole local day.
        max(question.period.from_s, recorded.from_s - _TWO_DAYS_S),
        min(question.period.to_s, recorded.to_s + _TWO_DAYS_S),
    )
    cut = local_hours if question.by == "hour" else local_days
    parts = [
        part
        for part in cut(period, question.zone)
        if part.to_s > recorded.from_s and part.from_s <= recorded.to_s
    ]
    pieces = [(piece, part) for part in parts for piece in question.parts(part)]
    every = queries.interface_bills_of(store, [piece for piece, _ in pieces])
    found: dict[Interval, list[InterfaceBill]] = {part: [] for part in parts}
    for (piece, part), bills in zip(pieces, every, strict=True):
        found[part] += _billed(bills, question, piece)
    # What begins with the last second has at most its instants.
    return [
        (part, bills)
        for part, bills in found.items()
        if bills or part.from_s < recorded.to_s
    ]
