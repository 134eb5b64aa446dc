"""Phrases about plans that verbs, the ledger and the overview share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans import entries as kinds
from monitor.plans.iccid import shortened
from monitor.plans.writing import utc_text
from monitor.units import format_size

if TYPE_CHECKING:
    from monitor.plans.entries import Entry
    from monitor.plans.status import Status


def amount(size_bytes: int | None) -> str:
    """A size that may be unlimited.

    Args:
        size_bytes: None is unlimited.
    """
    return "unlimited" if size_bytes is None else format_size(size_bytes)


def left(status: Status) -> str:
    """What is left of the main lots.

    Args:
        status: of a plan that runs.

    Returns:
        Such as "left 3.50 GB", or "unlimited".
    """
    remaining_bytes = status.remaining_bytes
    if remaining_bytes is None:
        return "unlimited"
    return f"left {format_size(remaining_bytes)}"


def left_now_and_before(before: Status, after: Status) -> str:
    """What is left, and what was left before an entry.

    Args:
        before: without it.
        after: with it.

    Returns:
        A sentence.
    """
    now = left(after)
    sentence = f"{now[0].upper()}{now[1:]}"
    if before.remaining_bytes == after.remaining_bytes:
        return f"{sentence}, as before."
    return f"{sentence} (before: {amount(before.remaining_bytes)})."


def entry_text(entry: Entry) -> str:  # noqa: C901, PLR0911, PLR0912 - a line for each kind
    """An entry of the ledger in words.

    Args:
        entry: what happened.

    Returns:
        Such as "top-up of 1.00 GB"; not escaped.
    """
    match entry:
        case kinds.Activate():
            return "activated" + _in_country(entry.mcc)
        case kinds.Attach():
            return "attached to a network" + _in_country(entry.mcc)
        case kinds.Topup():
            return f"top-up of {format_size(entry.bytes)}"
        case kinds.TransferIn():
            return f"gift of {format_size(entry.bytes)} received"
        case kinds.TransferOut():
            return f"gift of {format_size(entry.bytes)} given away"
        case kinds.Borrow():
            size = format_size(entry.bytes)
            return f"{entry.borrower} borrowed {size} from {entry.lender}"
        case kinds.Sync():
            return _sync_text(entry)
        case kinds.Adjust():
            more = "more" if entry.delta_bytes >= 0 else "less"
            return f"{format_size(abs(entry.delta_bytes))} {more} used than measured"
        case kinds.Renewal():
            return "renewed" + (f" ({entry.mode})" if entry.mode else "")
        case kinds.PlanChange():
            return f"other data: {buckets_text(entry)} ({entry.mode})"
        case kinds.Replacement():
            return f"new profile {shortened(entry.new_iccid)}"
        case kinds.Revoke():
            return f"lot {entry.lot} taken back"
        case kinds.Undo():
            return f"undo of {entry.entry}"
        case kinds.Snooze():
            until = "the cycle ends" if entry.until is None else utc_text(entry.until)
            return f"alert {entry.alert} silent until {until}"


def _in_country(mcc: str | None) -> str:
    return f" in {mcc}" if mcc else ""


def _sync_text(entry: kinds.Sync) -> str:
    of_lot = f" in lot {entry.lot}" if entry.lot else ""
    if entry.remaining_bytes is not None:
        return f"operator: {format_size(entry.remaining_bytes)} left{of_lot}"
    return f"operator: {format_size(entry.used_bytes or 0)} used"


def buckets_text(entry: kinds.PlanChange) -> str:
    """The buckets of a change in words, such as "main 20.00 GB".

    Args:
        entry: the change.
    """
    parts = [f"{bucket.id} {amount(bucket.bytes)}" for bucket in entry.buckets]
    return ", ".join(parts) or "none"
