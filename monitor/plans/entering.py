"""What each entry of a ledger does to a plan, and what became of it.

A rejected entry changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.corrections import adjust, sync
from monitor.plans.entries import (
    Adjust,
    Borrow,
    PlanChange,
    Renewal,
    Replacement,
    Revoke,
    Snooze,
    Sync,
    Topup,
    TransferIn,
    TransferOut,
    Undo,
)
from monitor.plans.iccid import normalize
from monitor.plans.members import borrow
from monitor.plans.renewals import change, renew
from monitor.plans.topups import ACCEPTED, revoke, topup, transfer_in, transfer_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from monitor.plans.books import Books
    from monitor.plans.entries import Entry


def enter(books: Books, entry: Entry) -> str:
    """Let an entry take effect now.

    Args:
        books: of the plan, whose clock is at that instant.
        entry: which.

    Returns:
        `accepted`, or `rejected:` and the rule that it breaks.
    """
    effect = _EFFECTS.get(type(entry))
    return ACCEPTED if effect is None else effect(books, entry)


def _replace(books: Books, entry: Replacement) -> str:
    if normalize(entry.new_iccid) is None:
        return "rejected:bad_iccid"
    books.replaced += (entry.new_iccid,)
    return ACCEPTED


def _undo(books: Books, entry: Undo) -> str:
    """It was heard when the ledger was put in order."""
    return books.contract.ledger.undone[entry.id]


def _snooze(books: Books, entry: Snooze) -> str:
    """Silent until then; without an instant or a cycle there is nothing to wait for."""
    if entry.until is not None or books.cycle is not None:
        books.snoozed = {**books.snoozed, entry.alert: entry.until}
    return ACCEPTED


# `activate` and `attach` were heard when the plan's beginning was looked for.
_EFFECTS: dict[type, Callable[[Books, Any], str]] = {
    Topup: topup,
    TransferIn: transfer_in,
    TransferOut: transfer_out,
    Revoke: revoke,
    Borrow: borrow,
    Sync: sync,
    Adjust: adjust,
    Renewal: renew,
    PlanChange: change,
    Replacement: _replace,
    Undo: _undo,
    Snooze: _snooze,
}
