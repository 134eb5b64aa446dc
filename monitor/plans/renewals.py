"""Entries that buy again or buy something else: `renewal` and `plan_change`.

A base lot here is any live lot of class `base`, scoped, zero-rated or empty ones
included. What it had left is lost where it ends: only a cycle that ends by itself
rolls over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.activation import validity_end
from monitor.plans.granting import grant, open_segment
from monitor.plans.localtime import FARTHEST_S
from monitor.plans.timing import Whole
from monitor.plans.topups import ACCEPTED, NOT_ACTIVE
from monitor.usage import Interval

if TYPE_CHECKING:
    from monitor.plans.books import Books
    from monitor.plans.entries import PlanChange, Renewal
    from monitor.plans.lots import Lot


def renew(books: Books, entry: Renewal) -> str:
    """The plan was bought again.

    Args:
        books: of the plan.
        entry: the purchase.

    Returns:
        What became of it.
    """
    plan, now_s = books.contract.plan, books.clock_s
    if plan.validity.kind not in ("elapsed", "days_calendar"):
        return "rejected:no_length"
    new_end_s = validity_end(plan, now_s)
    if books.segment is None:
        open_segment(books, Interval(now_s, new_end_s))
        return ACCEPTED
    mode = entry.mode or plan.renewal.early
    if mode == "stack":
        _stack(books, books.segment)
        return ACCEPTED
    if not isinstance(plan.cycle, Whole):
        return "rejected:not_whole"
    if books.waiting:
        return "rejected:stacked"
    if mode == "extend":
        new_end_s = min(books.segment.to_s + new_end_s - now_s, FARTHEST_S)
    _begin_anew(books, Interval(now_s, new_end_s), is_carried=mode != "restart")
    return ACCEPTED


def change(books: Books, entry: PlanChange) -> str:
    """The plan has other buckets.

    The last order counts: one for now takes back one for the next cycle.

    Args:
        books: of the plan.
        entry: which, and from when on.

    Returns:
        What became of it.
    """
    if entry.mode == "next_cycle":
        books.next_buckets = entry.buckets
        return ACCEPTED
    if books.cycle is None:
        return NOT_ACTIVE
    base = _base_lots(books)
    # What the new main lots will be charged with, where use is kept.
    kept_bytes = books.overage_bytes
    kept_bytes += sum(lot.taken_bytes for lot in base if lot.is_main)
    if entry.mode == "immediate_reset":
        books.close()
        books.cycle = Interval(books.clock_s, books.cycle.to_s)
    books.drop(base)
    books.change_buckets(entry.buckets)
    books.next_buckets = None
    books.granted = frozenset()
    others = list(books.lots)
    grant(books, entry.buckets)
    if entry.mode == "immediate_keep":
        books.main_taken_bytes -= kept_bytes - books.overage_bytes
        new = [lot for lot in books.main_lots if lot not in others]
        for lot in new:
            part_bytes = lot.take(kept_bytes)
            books.main_taken_bytes += part_bytes
            kept_bytes -= part_bytes
        books.overage_bytes = kept_bytes
    return ACCEPTED


def _begin_anew(books: Books, segment: Interval, *, is_carried: bool) -> None:
    """A new validity and a new cycle; base lots end, or live on in it."""
    base = _base_lots(books)
    books.close()
    books.drop(base)
    if is_carried:
        for lot in base:
            books.add(lot.carried(segment.to_s))
    open_segment(books, segment)


def _stack(books: Books, running: Interval) -> None:
    """Another segment right after the last one; nothing changes now."""
    start_s = (books.waiting[-1] if books.waiting else running).to_s
    if start_s < FARTHEST_S:
        end_s = validity_end(books.contract.plan, start_s)
        books.waiting += (Interval(start_s, end_s),)


def _base_lots(books: Books) -> list[Lot]:
    return [lot for lot in books.lots if lot.offer.lot_class == "base"]
