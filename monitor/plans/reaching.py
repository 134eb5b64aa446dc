"""How far back usage is needed to judge a plan, and how far back it is judged anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.plans.localtime import NEVER

if TYPE_CHECKING:
    from monitor.plans.account import Account

_DAY_S: Final = 86_400
JUDGED_S: Final = 62 * _DAY_S
"""So far back every plan is judged anew."""
FARTHEST_BACK_S: Final = 400 * _DAY_S
"""No plan needs more, however long it has lived."""


def needed_since_s(account: Account) -> int:
    """From when on usage says how what still lives stands.

    Args:
        account: of the plan, as it is now.

    Returns:
        UTC second: the start of its cycle, of a validity that has an end, of its oldest
        lot, or of the cycles of which bytes rolled over; `NEVER` where nothing lives.
    """
    books = account.books
    starts = [lot.start_s for lot in books.lots]
    if books.cycle is not None:
        starts.append(books.cycle.from_s)
    if books.segment is not None and books.segment.to_s < NEVER:
        starts.append(books.segment.from_s)
    rollover = books.contract.plan.rollover
    if rollover is not None and books.cycle is not None:
        before = [start_s for start_s, _, _ in books.history[-rollover.cycles :]]
        starts += [-NEVER if start_s is None else start_s for start_s in before]
    return min(starts, default=NEVER)


def kept_since_s(needed_s: int, at_s: int, kept_s: int) -> int:
    """From when on usage is to be kept as it was measured.

    Args:
        needed_s: from when on plans need it, UTC second.
        at_s: UTC second now.
        kept_s: how long it is kept in any case.

    Returns:
        UTC second.
    """
    return min(at_s - kept_s, max(needed_s, at_s - FARTHEST_BACK_S))


def finished(account: Account, at_s: int) -> list[tuple[int, int, int]]:
    """Cycles that are so long over that they are judged no more.

    Args:
        account: of the plan.
        at_s: UTC second now.

    Returns:
        Start, end and bytes used; a first one that has no start is left out.
    """
    until_s = kept_since_s(needed_since_s(account), at_s, JUDGED_S)
    return [
        (start_s, end_s, used_bytes)
        for start_s, end_s, used_bytes in account.books.history
        if start_s is not None and end_s <= until_s
    ]
