"""Entries that bring lots or take from them: top-ups, gifts, revocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.plans.localtime import NEVER
from monitor.plans.lots import Lot, Offer
from monitor.plans.offers import Scope
from monitor.plans.queueing import offer_of, own_end, start_due

if TYPE_CHECKING:
    from monitor.plans.books import Books
    from monitor.plans.entries import Revoke, Topup, TransferIn, TransferOut

ACCEPTED: Final = "accepted"
NOT_ACTIVE: Final = "rejected:not_active"
_DAY_S, _HOUR_S = 86_400, 3600


def topup(books: Books, entry: Topup) -> str:
    """More data was bought: a lot now, or one that waits.

    Args:
        books: of the plan.
        entry: the purchase.

    Returns:
        What became of it.
    """
    if entry.starts == "on_depletion":
        books.queue += (entry,)
        start_due(books, books.clock_s)
        return ACCEPTED
    match entry.validity.mode:
        case "with_base":
            if books.cycle is None:
                return NOT_ACTIVE
            end_s = books.cycle.to_s
        case "own":
            end_s = own_end(books, entry, books.clock_s)
        case "until" if entry.validity.at is not None:
            end_s = entry.validity.at
        case _:
            end_s = NEVER
    books.add(Lot(offer_of(books, entry), books.clock_s, end_s))
    return ACCEPTED


def transfer_in(books: Books, entry: TransferIn) -> str:
    """A gift was received.

    Args:
        books: of the plan.
        entry: the gift.

    Returns:
        What became of it.
    """
    terms = books.contract.plan.gifting.recipient_expiry
    if entry.expires_at is not None:
        end_s: int = entry.expires_at
    elif terms != "cycle_end":
        end_s = books.clock_s + terms.days * _DAY_S + terms.hours * _HOUR_S
    elif books.cycle is None:
        return NOT_ACTIVE
    else:
        end_s = books.cycle.to_s
    offer = Offer(entry.id, entry.bytes, "gift", books.contract.reach(Scope()))
    books.add(Lot(offer, books.clock_s, end_s))
    return ACCEPTED


def transfer_out(books: Books, entry: TransferOut) -> str:
    """Something is given away: lots shrink, use does not.

    Args:
        books: of the plan.
        entry: the gift.

    Returns:
        What became of it.
    """
    reason = _refusal(books, entry.bytes)
    if reason:
        return f"rejected:{reason}"
    wanted_bytes: int = entry.bytes
    for lot in _givable(books):
        if lot.left_bytes is None:
            break
        part_bytes = min(wanted_bytes, lot.left_bytes)
        lot.left_bytes -= part_bytes
        wanted_bytes -= part_bytes
    books.given_bytes += entry.bytes
    books.is_stale = True
    return ACCEPTED


def revoke(books: Books, entry: Revoke) -> str:
    """A lot ends now, live or waiting; what was used stays used.

    Args:
        books: of the plan.
        entry: which lot.

    Returns:
        What became of it.
    """
    gone = [lot for lot in books.lots if lot.offer.id == entry.lot]
    waiting = tuple(each for each in books.queue if each.id != entry.lot)
    if not gone and len(waiting) == len(books.queue):
        return "rejected:unknown_lot"
    books.drop(gone)
    books.queue = waiting
    return ACCEPTED


def _refusal(books: Books, wanted_bytes: int) -> str | None:
    """Why a gift is not possible; the first rule that it breaks."""
    terms = books.contract.plan.gifting
    if not terms.allowed:
        return "not_allowed"
    if wanted_bytes < terms.min_bytes:
        return "below_min"
    if terms.step_bytes and wanted_bytes % terms.step_bytes:
        return "not_step"
    if _is_over_max(books, wanted_bytes):
        return "over_max"
    if _left(_givable(books), wanted_bytes):
        return None
    return "regift" if _left(list(books.main_lots), wanted_bytes) else "insufficient"


def _is_over_max(books: Books, wanted_bytes: int) -> bool:
    """Whether more would be given in this cycle than a part of the unscoped buckets."""
    most_pct = books.contract.plan.gifting.max_pct
    own = [
        bucket.bytes
        for bucket in books.buckets
        if bucket.scope == Scope() and not bucket.zero_rated
    ]
    if most_pct is None or None in own:
        return False
    whole_bytes = sum(size for size in own if size is not None)
    return (books.given_bytes + wanted_bytes) * 100 > most_pct * whole_bytes


def _givable(books: Books) -> list[Lot]:
    classes = books.contract.plan.gifting.classes
    return [lot for lot in books.main_lots if lot.offer.lot_class in classes]


def _left(lots: list[Lot], wanted_bytes: int) -> bool:
    """Whether lots have enough together."""
    left = [lot.left_bytes for lot in lots]
    return None in left or sum(each or 0 for each in left) >= wanted_bytes
