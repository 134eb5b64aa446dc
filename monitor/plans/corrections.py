"""Entries that say what the carrier counted: `sync` and `adjust`.

They change what was used, and count for no member, no cap, and not as today's bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.books import Drift
from monitor.plans.queueing import start_due
from monitor.plans.topups import ACCEPTED, NOT_ACTIVE

if TYPE_CHECKING:
    from monitor.plans.books import Books
    from monitor.plans.entries import Adjust, Sync


def adjust(books: Books, entry: Adjust) -> str:
    """A correction by a signed amount.

    Args:
        books: of the plan.
        entry: the amount.

    Returns:
        What became of it.
    """
    if _is_nothing_there(books):
        return NOT_ACTIVE
    _correct(books, entry.delta_bytes)
    return ACCEPTED


def sync(books: Books, entry: Sync) -> str:
    """Main lots, or one lot, are set to what the carrier said.

    Args:
        books: of the plan.
        entry: what it said.

    Returns:
        What became of it.
    """
    if entry.lot is not None:
        return _sync_lot(books, entry.lot, entry.remaining_bytes or 0)
    if _is_nothing_there(books):
        return NOT_ACTIVE
    main_used_bytes = books.main_used_bytes
    if entry.used_bytes is not None:
        delta_bytes = entry.used_bytes - main_used_bytes
    else:
        remaining_bytes, said_bytes = books.remaining_bytes, entry.remaining_bytes or 0
        if remaining_bytes is None:
            return "rejected:unlimited"
        delta_bytes = remaining_bytes - said_bytes
        if delta_bytes < 0:
            # More is left than we have: then nothing went over.
            delta_bytes -= books.overage_bytes
    books.drifts += (Drift(str(entry.id), delta_bytes, main_used_bytes),)
    _correct(books, delta_bytes)
    return ACCEPTED


def _is_nothing_there(books: Books) -> bool:
    return books.cycle is None and not any(books.main_lots)


def _correct(books: Books, delta_bytes: int) -> None:
    if delta_bytes < 0:
        _give_back(books, -delta_bytes)
        return
    beyond_bytes = delta_bytes
    for lot in books.main_lots:
        part_bytes = lot.take(beyond_bytes)
        books.main_taken_bytes += part_bytes
        beyond_bytes -= part_bytes
    books.overage_bytes += beyond_bytes
    if delta_bytes:
        start_due(books, books.clock_s)


def _give_back(books: Books, amount_bytes: int) -> None:
    """Overage first, then main lots in reverse; what has ended keeps what it took."""
    over_bytes = min(books.overage_bytes, amount_bytes)
    books.overage_bytes -= over_bytes
    amount_bytes -= over_bytes
    for lot in reversed(list(books.main_lots)):
        part_bytes = lot.give_back(amount_bytes)
        books.main_taken_bytes -= part_bytes
        amount_bytes -= part_bytes


def _sync_lot(books: Books, name: str, said_bytes: int) -> str:
    """One lot has exactly this; lots of one name have it together."""
    found = [
        lot
        for lot in books.lots
        if lot.offer.id == name and lot.is_counted and lot.left_bytes is not None
    ]
    if not found:
        gone = books.cycle is None and _is_nothing_there(books)
        return NOT_ACTIVE if gone else "rejected:unknown_lot"
    before_bytes = books.remaining_bytes
    for lot in found:
        delta_bytes = (lot.left_bytes or 0) - said_bytes
        lot.left_bytes, said_bytes = int(said_bytes), 0
        # What is raised above all that was taken was more to begin with.
        delta_bytes = max(delta_bytes, -lot.taken_bytes)
        lot.taken_bytes += delta_bytes
        books.note_taken(delta_bytes, is_main=lot.is_main)
    books.is_stale = True
    if before_bytes:
        start_due(books, books.clock_s)
    return ACCEPTED
