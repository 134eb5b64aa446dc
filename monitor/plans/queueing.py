"""Top-ups that wait: each starts when nothing is left in main lots, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.localtime import NEVER, day_begun, instant_of
from monitor.plans.lots import Lot, Offer

if TYPE_CHECKING:
    from monitor.plans.books import Books
    from monitor.plans.entries import Topup

_DAY_S, _HOUR_S = 86_400, 3600


def is_due(books: Books) -> bool:
    """Whether one waits, and nothing is left in main lots.

    Args:
        books: of the plan.
    """
    if not books.queue or books.is_running:
        return False
    return books.remaining_bytes == 0


def start_next(books: Books, at_s: int) -> Lot | None:
    """Start the one that has waited longest.

    Args:
        books: of the plan.
        at_s: UTC second at which it starts to run.

    Returns:
        Its lot, which may be over already; None where none waits.
    """
    if not books.queue:
        return None
    topup, *later = books.queue
    books.queue = tuple(later)
    lot = Lot(offer_of(books, topup), at_s, _end(books, topup, at_s))
    lot.is_queued = True
    return books.add(lot)


def start_due(books: Books, at_s: int) -> Lot | None:
    """Start the next one if it is due, and those after it that bring nothing.

    Args:
        books: of the plan.
        at_s: UTC seconds.

    Returns:
        The lot that runs now; None where none was started.
    """
    while is_due(books):
        lot = start_next(books, at_s)
        if lot is not None and lot.end_s <= at_s:
            books.drop([lot])
        elif lot is not None and lot.has_bytes:
            return lot
    return None


def offer_of(books: Books, topup: Topup) -> Offer:
    """What the lot of a top-up is made of.

    Args:
        books: of the plan.
        topup: the entry.
    """
    reach = books.contract.reach(topup.scope)
    return Offer(topup.id, topup.bytes, topup.lot_class, reach, topup.priority)


def own_end(books: Books, topup: Topup, at_s: int) -> int:
    """When the time of a top-up is over that begins now.

    Args:
        books: of the plan.
        topup: the entry.
        at_s: UTC seconds.

    Returns:
        UTC seconds; with `calendar` a local midnight, today is day 1.
    """
    validity, zone = topup.validity, books.contract.plan.tz
    if validity.calendar:
        midnight_s = instant_of(day_begun(at_s, 0, zone) + validity.days, 0, zone)
        return midnight_s + validity.hours * _HOUR_S
    return at_s + validity.days * _DAY_S + validity.hours * _HOUR_S


def _end(books: Books, topup: Topup, at_s: int) -> int:
    """One that waits has a time only if it says one; `until` is kept as an end."""
    validity = topup.validity
    if validity.mode == "until" and validity.at is not None:
        return validity.at
    if validity.mode == "never" or not (validity.days or validity.hours):
        return NEVER
    return own_end(books, topup, at_s)
