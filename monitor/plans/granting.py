"""Validity segments and cycles begin: lots are granted, what was left rolls over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.plans.grids import grid_of
from monitor.plans.localtime import local_time
from monitor.plans.lots import Lot, Offer
from monitor.plans.offers import Scope
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.plans.books import Books
    from monitor.plans.offers import Bucket


_VALIDITIES: Final = 1000
"""That are remembered."""


def open_segment(books: Books, segment: Interval) -> None:
    """A validity begins, and with it the first cycle.

    Args:
        books: of the plan, at an instant within the segment or after it.
        segment: when the plan is valid; one that is over at once leaves a gap.
    """
    if books.clock_s >= segment.to_s:
        leave_segment(books, segment.to_s)
        return
    plan = books.contract.plan
    books.phase = "valid"
    books.segment = Interval(int(segment.from_s), int(segment.to_s))
    books.validities = (*books.validities[-_VALIDITIES:], books.segment)
    books.granted = frozenset()
    books.grid = grid_of(plan.cycle, plan.tz, segment.from_s)
    start_cycle(books)


def leave_segment(books: Books, over_s: int) -> None:
    """A validity is over, and none follows.

    Args:
        books: of the plan.
        over_s: UTC second at which it ended.
    """
    books.phase = "gap"
    books.segment = books.cycle = None
    books.over_s = over_s
    books.clear()


def start_cycle(books: Books) -> None:
    """The cycle that holds the present begins, cut to the validity.

    Args:
        books: of the plan, within a segment.
    """
    if books.segment is None:
        return
    if books.next_buckets is not None:
        books.change_buckets(books.next_buckets)
        books.next_buckets = None
    index = books.grid.index(books.clock_s)
    books.cycle = Interval(
        max(books.grid.at(index), books.segment.from_s),
        min(books.grid.at(index + 1), books.segment.to_s),
    )
    books.clear()
    grant(books, books.buckets)


def grant(books: Books, buckets: Iterable[Bucket]) -> None:
    """Buckets yield their lots, those of a validity once in it.

    Args:
        books: of the plan, within a cycle.
        buckets: which.
    """
    if books.cycle is None or books.segment is None:
        return
    for bucket in buckets:
        end_s = books.cycle.to_s
        if bucket.per == "validity":
            if bucket.id in books.granted:
                continue
            books.granted |= {bucket.id}
            end_s = books.segment.to_s
        lot = Lot(books.contract.offer(bucket), books.clock_s, end_s)
        lot.is_cyclic = bucket.per == "cycle"
        books.add(lot)


def leftover(books: Books) -> int:
    """What rolls over of the lots that end with this cycle.

    Args:
        books: of the plan, at the end of a cycle.

    Returns:
        Bytes, before any cap.
    """
    if books.contract.plan.rollover is None:
        return 0
    return sum(
        lot.left_bytes or 0
        for lot in books.lots
        if lot.end_s <= books.clock_s
        and lot.offer.lot_class == "base"
        and lot.is_counted
        and not lot.offer.reach.keys
    )


def roll_over(books: Books, left_bytes: int, old_start_s: int) -> None:
    """What was left becomes a lot of the new cycle.

    Args:
        books: of the plan, at the start of a cycle.
        left_bytes: what was left.
        old_start_s: UTC second at which the old cycle began.
    """
    contract, segment = books.contract, books.segment
    terms = contract.plan.rollover
    if terms is None or segment is None:
        return
    if terms.cap_bytes is not None:
        rolled = (
            lot
            for lot in books.lots
            if lot.offer.lot_class == "rollover" and lot.end_s > books.clock_s
        )
        kept_bytes = sum(lot.left_bytes or 0 for lot in rolled)
        left_bytes = min(left_bytes, terms.cap_bytes - kept_bytes)
    if left_bytes <= 0:
        return
    day = local_time(old_start_s, contract.plan.tz).date()
    offer = Offer(
        f"rollover:{day.isoformat()}",
        left_bytes,
        "rollover",
        contract.reach(Scope()),
        terms.priority,
    )
    last = books.grid.at(books.grid.index(books.clock_s) + terms.cycles)
    books.add(Lot(offer, books.clock_s, min(last, segment.to_s)))
