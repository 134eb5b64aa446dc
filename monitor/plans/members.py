"""Those who share a plan: who used what, who may use how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from monitor.plans.topups import ACCEPTED, NOT_ACTIVE

if TYPE_CHECKING:
    from monitor.plans.books import Books
    from monitor.plans.entries import Borrow


class MemberStatus(Struct, frozen=True):
    """How a member stands in this cycle.

    Attributes:
        used_bytes: counted bytes of theirs.
        remaining_bytes: what they may use; None for no bound.
        blocked: whether that is nothing.
        allocation_bytes: with what was borrowed or lent; None for no bound.
    """

    used_bytes: int
    remaining_bytes: int | None
    blocked: bool
    allocation_bytes: int | None


def members(books: Books) -> dict[str, MemberStatus]:
    """How each member stands.

    Args:
        books: of the plan.

    Returns:
        Their status by id, in the order of the configuration.
    """
    reserved: dict[str, int] = {
        member.id: max(0, member.reserve_bytes - books.member_used[member.id])
        for member in books.contract.members.values()
    }
    all_reserved_bytes, pool_bytes = sum(reserved.values()), books.remaining_bytes
    found: dict[str, MemberStatus] = {}
    for name in books.contract.members:
        used_bytes, allocation_bytes = books.member_used[name], _allocation(books, name)
        bounds = []
        if pool_bytes is not None:
            bounds.append(pool_bytes - (all_reserved_bytes - reserved[name]))
        if allocation_bytes is not None:
            bounds.append(allocation_bytes - used_bytes)
        remaining_bytes = max(0, min(bounds)) if bounds else None
        found[name] = MemberStatus(
            used_bytes, remaining_bytes, remaining_bytes == 0, allocation_bytes
        )
    return found


def borrow(books: Books, entry: Borrow) -> str:
    """Allocation goes from one member to another until the cycle ends.

    Args:
        books: of the plan.
        entry: from whom to whom; without a cycle there is no allocation.

    Returns:
        What became of it.
    """
    if not {entry.lender, entry.borrower} <= books.contract.members.keys():
        return "rejected:unknown_member"
    if books.cycle is None:
        return NOT_ACTIVE
    allocation_bytes = _allocation(books, entry.lender)
    used_bytes = books.member_used[entry.lender]
    if allocation_bytes is not None and entry.bytes > allocation_bytes - used_bytes:
        return "rejected:insufficient_allocation"
    for name, signed_bytes in (
        (entry.lender, -entry.bytes),
        (entry.borrower, entry.bytes),
    ):
        books.borrowed[name] = books.borrowed.get(name, 0) + signed_bytes
    return ACCEPTED


def _allocation(books: Books, name: str) -> int | None:
    own_bytes = books.contract.members[name].allocation_bytes
    return None if own_bytes is None else int(own_bytes) + books.borrowed.get(name, 0)
