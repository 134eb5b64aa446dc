"""Where time turns: a plan begins, a cycle ends, a validity is over, lots die.

At one instant the cycle changes first, then entries take effect in file order.

Cycles in which nothing happens are not gone through one by one. With rollover they are,
up to `_MANY` in a row; after more of them what rolls over is worked out anew from the
last `HISTORY` of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from monitor.plans.activation import validity_end
from monitor.plans.books import HISTORY
from monitor.plans.entering import enter
from monitor.plans.granting import (
    leave_segment,
    leftover,
    open_segment,
    roll_over,
    start_cycle,
)
from monitor.plans.localtime import NEVER
from monitor.plans.queueing import start_due, start_next
from monitor.usage import Interval

if TYPE_CHECKING:
    from monitor.plans.books import Books

_MANY: Final = 20_000


def next_event(books: Books) -> int:
    """When something happens by itself.

    Args:
        books: of the plan.

    Returns:
        UTC seconds, perhaps in the past; `NEVER`.
    """
    contract = books.contract
    match books.phase:
        case "lapsed":
            return NEVER
        case "pending":
            return min(contract.activation.at_s, contract.activation.deadline_s)
        case _:
            event_s = _next_entry(books)
    if books.cycle is not None and books.cycle.to_s < event_s:
        event_s = books.cycle.to_s
    for lot in books.lots:
        edge_s = lot.start_s if lot.start_s > books.clock_s else lot.end_s
        event_s = min(event_s, edge_s)
    return event_s


def turn(books: Books, event_s: int, horizon_s: int) -> None:
    """Do all that is due at an instant.

    Args:
        books: of the plan.
        event_s: as `next_event` said.
        horizon_s: UTC second up to which time moves on in any case.
    """
    books.clock_s = max(books.clock_s, int(event_s))
    books.is_stale = True
    if books.phase == "pending":
        is_late = event_s >= books.contract.activation.deadline_s
        if is_late and books.contract.plan.validity.on_deadline == "lapse":
            books.phase = "lapsed"
        else:
            activate(books)
        return
    if books.phase == "always":
        begin(books)
        return
    if books.cycle is not None and books.cycle.to_s <= books.clock_s:
        _change_cycle(books, books.cycle, horizon_s)
    if any(lot.is_queued and lot.has_bytes for lot in books.drop_ended()):
        start_due(books, books.clock_s)
    _enter_due(books)


def activate(books: Books) -> None:
    """The plan begins now; entries that were dated before take effect.

    Args:
        books: of the plan.
    """
    start_s = books.clock_s
    open_segment(books, Interval(start_s, validity_end(books.contract.plan, start_s)))
    _enter_due(books)


def begin(books: Books) -> None:
    """The history of a plan begins that has always been valid.

    Args:
        books: of the plan.
    """
    end_s = validity_end(books.contract.plan, -NEVER)
    open_segment(books, Interval(-NEVER, end_s))
    _enter_due(books)


def _next_entry(books: Books) -> int:
    entries = books.contract.ledger.entries
    if books.position < len(entries):
        return entries[books.position].at_s
    return NEVER


def _enter_due(books: Books) -> None:
    while _next_entry(books) <= books.clock_s:
        entry = books.contract.ledger.entries[books.position]
        books.position += 1
        books.results[str(entry.id)] = enter(books, entry)
        books.drop_ended()


def _change_cycle(books: Books, old: Interval, horizon_s: int) -> None:
    left_bytes = leftover(books)
    was_idle = not books.used_bytes
    books.close()
    if books.segment is not None and books.clock_s >= books.segment.to_s:
        _next_segment(books, books.segment)
    else:
        if was_idle and books.next_buckets is None:
            _skip(books, horizon_s)
        start_cycle(books)
    roll_over(books, left_bytes, old.from_s)


def _next_segment(books: Books, ended: Interval) -> None:
    """A renewal that waited follows, or there is a gap: then what is queued starts."""
    if books.waiting:
        segment, *later = books.waiting
        books.waiting = tuple(later)
        open_segment(books, segment)
        return
    leave_segment(books, ended.to_s)
    if not any(lot.is_queued and lot.end_s > books.clock_s for lot in books.lots):
        start_next(books, books.clock_s)


def _skip(books: Books, horizon_s: int) -> None:
    """Go on to the last cycle before something happens."""
    if books.segment is None:
        return
    until_s = min(horizon_s, books.segment.to_s - 1, _next_entry(books))
    stays = (lot.end_s for lot in books.lots if not lot.is_cyclic)
    grid, rollover = books.grid, books.contract.plan.rollover
    first = grid.index(books.clock_s)
    if rollover is None:
        last = grid.index(min(until_s, *stays, NEVER))
        begins = (grid.at(each) for each in range(max(first, last - HISTORY), last + 1))
        closed = [(start, end, 0) for start, end in pairwise(begins) if start < end]
        books.history += closed
    else:
        last = grid.index(until_s) - HISTORY - rollover.cycles
        if last - first < _MANY:
            return
    if last > first:
        books.clock_s = grid.at(last)
