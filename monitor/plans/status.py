"""How a plan stands at an instant, in the words that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from monitor.plans.activation import deadline
from monitor.plans.books import HISTORY
from monitor.plans.contract import iccids
from monitor.plans.localtime import NEVER
from monitor.plans.members import MemberStatus, members
from monitor.plans.overage import bill, tier_of
from monitor.plans.scopes import Who
from monitor.units import format_share

if TYPE_CHECKING:
    from monitor.plans.account import Account
    from monitor.plans.books import Books
    from monitor.plans.offers import Tier

State = Literal[
    "pending",
    "lapsed",
    "active",
    "depleted",
    "throttled",
    "overage",
    "free",
    "expired",
]
_OF_TIER: Final[dict[str, State]] = {
    "block": "depleted",
    "throttle": "throttled",
    "bill": "overage",
    "free": "free",
}
_ANYBODY: Final = Who()
"""An untethered, anonymous byte of no application."""


class CapStatus(Struct, frozen=True):
    """How a cap stands in this cycle.

    Attributes:
        used_bytes: counted bytes that match it.
        remaining_bytes: until it is reached.
        reached: whether it is.
        behavior: what happens then; None before.
    """

    used_bytes: int
    remaining_bytes: int
    reached: bool
    behavior: str | None


class Status(Struct, frozen=True, kw_only=True):
    """A plan at an instant; instants are UTC seconds, money and percents text.

    Attributes:
        state: what a byte would meet now.
        kbps: of a throttled plan.
        usable_again_at: when a lot opens, if nothing is usable now.
        used_bytes: all that was counted in this cycle.
        main_used_bytes: from main lots, and overage.
        overage_bytes: beyond all lots.
        overage_blocks: billed.
        overage_cost: tax included.
        zero_rated_bytes: moved and not counted.
        uncovered_bytes: moved outside of the plan's countries or time.
        billed_bytes: used, rounded up as the carrier does.
        limit_bytes: of the main lots; None is unlimited.
        remaining_bytes: left in them; the same.
        usable_now_bytes: what would serve anybody's byte now; the same.
        pct_used: of the limit; None where there is none.
        lots: left by name of lot, live ones; None is unlimited.
        queued: top-ups that wait, by name.
        cycle_start: of the cycle that runs; None without one.
        cycle_end: the same.
        validity_start: of the segment that runs; None in a gap.
        validity_end: of the last segment; after it, of what still lives.
        activate_by: when it is too late to activate it.
        caps: by name.
        members: by name.
        history: closed cycles, the last `HISTORY`: start, end, bytes used.
        results: what became of the entries of the ledger, by id.
        iccids: of the line, normal forms.
    """

    state: State
    kbps: int | None = None
    usable_again_at: int | None = None
    used_bytes: int = 0
    main_used_bytes: int = 0
    overage_bytes: int = 0
    overage_blocks: int = 0
    overage_cost: str = "0.00"
    zero_rated_bytes: int = 0
    uncovered_bytes: int = 0
    billed_bytes: int = 0
    limit_bytes: int | None = None
    remaining_bytes: int | None = None
    usable_now_bytes: int | None = None
    pct_used: str | None = None
    lots: dict[str, int | None] = {}
    queued: dict[str, int] = {}
    cycle_start: int | None = None
    cycle_end: int | None = None
    validity_start: int | None = None
    validity_end: int | None = None
    activate_by: int | None = None
    caps: dict[str, CapStatus] = {}
    members: dict[str, MemberStatus] = {}
    history: tuple[tuple[int | None, int, int], ...] = ()
    results: dict[str, str] = {}
    iccids: tuple[str, ...] = ()


def status(account: Account, at_s: int) -> Status:
    """Say how a plan stands.

    Args:
        account: of the plan.
        at_s: UTC second asked about, not before what was charged last.

    Returns:
        Its status.

    Raises:
        PlanError: the account is beyond that instant.
    """
    books = account.seen_at(at_s).books
    plan, activate_by = books.contract.plan, _shown(deadline(books.contract.plan))
    line = tuple(iccids(plan, books.replaced))
    if books.phase in ("pending", "lapsed"):
        state: State = "lapsed" if books.phase == "lapsed" else "pending"
        return Status(state=state, activate_by=activate_by, iccids=line)
    remaining_bytes, limit_bytes = books.remaining_bytes, None
    if remaining_bytes is not None:
        limit_bytes = books.main_taken_bytes + remaining_bytes
    usable_bytes = usable_now(books)
    tier = _tier(books, usable_bytes)
    invoice = bill(plan.overage, books.overage_bytes)
    return Status(
        state=_state(books, tier),
        kbps=tier.kbps if tier else None,
        usable_again_at=_usable_again(books) if tier else None,
        used_bytes=books.used_bytes,
        main_used_bytes=books.main_used_bytes,
        overage_bytes=books.overage_bytes,
        overage_blocks=invoice.blocks,
        overage_cost=invoice.cost,
        zero_rated_bytes=books.zero_rated_bytes,
        uncovered_bytes=books.uncovered_bytes,
        billed_bytes=_billed(books),
        limit_bytes=limit_bytes,
        remaining_bytes=remaining_bytes,
        usable_now_bytes=usable_bytes,
        pct_used=_pct_used(limit_bytes, remaining_bytes),
        lots=_lots(books),
        queued={str(topup.id): int(topup.bytes) for topup in books.queue},
        cycle_start=_shown(books.cycle.from_s) if books.cycle else None,
        cycle_end=_shown(books.cycle.to_s) if books.cycle else None,
        validity_start=_shown(books.segment.from_s) if books.segment else None,
        validity_end=validity_end(books),
        activate_by=activate_by,
        caps=_caps(books),
        members=members(books),
        history=tuple(books.history[-HISTORY:]),
        results=dict(books.results),
        iccids=line,
    )


def usable_now(books: Books) -> int | None:
    """Bytes that would serve an untethered, anonymous byte of no application.

    Args:
        books: of the plan, at the instant.

    Returns:
        The sum of the lots; None is unlimited.
    """
    total_bytes = 0
    for lot in books.lots:
        reach = lot.offer.reach
        if lot.is_counted and reach.suits(_ANYBODY) and reach.is_open(books.clock_s):
            if lot.left_bytes is None:
                return None
            total_bytes += lot.left_bytes
    return total_bytes


def validity_end(books: Books) -> int | None:
    """The end of the last validity; in a gap the latest end of what still lives.

    Args:
        books: of the plan, at the instant.

    Returns:
        UTC seconds; None without an end.
    """
    if books.waiting:
        return _shown(books.waiting[-1].to_s)
    if books.segment is not None:
        return _shown(books.segment.to_s)
    ends = (lot.end_s for lot in books.lots if lot.is_counted)
    return _shown(max(ends, default=NEVER))


def _tier(books: Books, usable_bytes: int | None) -> Tier | None:
    """What the next byte meets beyond all lots; None while something is usable."""
    if usable_bytes is None or usable_bytes > 0:
        return None
    return tier_of(books.contract.plan.overage, books.overage_bytes)


def _state(books: Books, tier: Tier | None) -> State:
    if books.phase == "gap" and not any(lot.has_bytes for lot in books.lots):
        return "expired"
    return "active" if tier is None else _OF_TIER[tier.behavior]


def _usable_again(books: Books) -> int | None:
    """When a lot with bytes opens that would serve anybody, before it ends."""
    found = NEVER
    for lot in books.lots:
        reach = lot.offer.reach
        if lot.is_counted and lot.has_bytes and reach.suits(_ANYBODY):
            opens_s = NEVER
            if reach.openings is not None:
                opens_s = reach.openings.next_opening(books.clock_s)
            found = min(found, opens_s if opens_s < lot.end_s else NEVER)
    return _shown(found)


def _billed(books: Books) -> int:
    rounding = books.contract.plan.rounding
    unit_bytes = rounding.unit_bytes if rounding else 1
    return -(-books.used_bytes // unit_bytes) * unit_bytes


def _pct_used(limit_bytes: int | None, remaining_bytes: int | None) -> str | None:
    if not limit_bytes or remaining_bytes is None:
        return None
    return format_share(limit_bytes - remaining_bytes, limit_bytes)


def _lots(books: Books) -> dict[str, int | None]:
    """By name; lots of one name are one, which several validities may have left."""
    found: dict[str, int | None] = {}
    for lot in books.lots:
        total, left = found.get(lot.offer.id, 0), lot.left_bytes
        found[str(lot.offer.id)] = (
            None if total is None or left is None else total + left
        )
    return found


def _caps(books: Books) -> dict[str, CapStatus]:
    found: dict[str, CapStatus] = {}
    for cap, used_bytes in zip(books.contract.plan.caps, books.caps, strict=True):
        reached = used_bytes >= cap.bytes
        found[str(cap.id)] = CapStatus(
            used_bytes,
            max(0, int(cap.bytes) - used_bytes),
            reached,
            cap.behavior if reached else None,
        )
    return found


def _shown(at_s: int) -> int | None:
    return None if abs(at_s) == NEVER else int(at_s)
