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
    period = question.period
    bills = queries.interface_bills(store, period)
    billed = _billed(bills, question)
    return Records(
        bills=billed,
        explanation=[
            row
            for row in queries.explanation(store, period)
            if question.covers(row.interface, billed=row.billed)
        ],
        processes=[
            usage
            for usage in queries.process_usage(store, period)
            if question.covers(usage.interface, billed=usage.billed)
        ]
        if question.by == "process"
        else (),
        parts=_parts(store, question, recorded),
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


def _billed(bills: Iterable[InterfaceBill], question: Question) -> list[InterfaceBill]:
    return [bill for bill in bills if question.covers(bill.name, billed=bill.billed)]


def _parts(
    store: Store, question: Question, recorded: Interval | None
) -> list[tuple[Interval, list[InterfaceBill]]]:
    """The hours or days of the period in which anything was recorded."""
    if question.by == "plan":
        return _parts_by_validity(store, question)
    if question.by not in IN_TIME or recorded is None:
        return []
    period = Interval(
        # Two days more, so that the first part is a whole local day.
        max(question.period.from_s, recorded.from_s - _TWO_DAYS_S),
        min(question.period.to_s, recorded.to_s + _TWO_DAYS_S),
    )
    cut = local_hours if question.by == "hour" else local_days
    parts = []
    for part in cut(period, question.zone):
        if part.to_s > recorded.from_s and part.from_s <= recorded.to_s:
            bills = _billed(queries.interface_bills(store, part), question)
            # What begins with the last second has at most its instants.
            if bills or part.from_s < recorded.to_s:
                parts.append((part, bills))
    return parts


def _parts_by_validity(
    store: Store, question: Question
) -> list[tuple[Interval, list[InterfaceBill]]]:
    """The period, cut where plans begin to pay and cease to."""
    ends = {mark for plan in question.plans for mark in plan.validity}
    from_s, to_s = question.period
    inside = sorted(mark for mark in ends if mark and from_s < mark < to_s)
    return [
        (part, _billed(queries.interface_bills(store, part), question))
        for part in map(Interval, [from_s, *inside], [*inside, to_s])
    ]
