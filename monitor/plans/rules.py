"""Why an entry of the ledger is refused, in words with the figures of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitor.plans import entries as kinds
from monitor.units import exact_size, format_size

if TYPE_CHECKING:
    from monitor.plans.entries import Entry
    from monitor.plans.status import Status
    from monitor.plans.terms import Plan

_SENTENCES: Final = {
    "not_active": "the plan has no running cycle, so there is nothing to change",
    "not_allowed": "gifts are not allowed in this plan (gifting.allowed)",
    "below_min": "gifts are at least {min} (gifting.min_bytes)",
    "not_step": "gifts go in steps of {step} (gifting.step_bytes)",
    "over_max": "at most {max_pct} % of the plan may be given in a cycle "
    "(gifting.max_pct)",
    "regift": "only data of the class {classes} may be given (gifting.classes)",
    "insufficient": "only {left} are left",
    "unknown_member": "the plan has no such member (members)",
    "insufficient_allocation": "{lender} has not that much left to lend (members)",
    "unlimited": "the plan is unlimited, so nothing remains; say what was used",
    "unknown_lot": "there is no such lot with a limit that is alive: {lots}",
    "no_length": "it has no length that could be bought again (validity)",
    "not_whole": "only a plan that is one cycle can be renewed that way (cycle)",
    "stacked": "a renewal is waiting already; only --early stack can follow it",
    "bad_iccid": "that is no ICCID: 89 and 16 to 18 more digits",
    "unknown_entry": "the ledger has no such entry",
}


def rule_against(plan: Plan, entry: Entry, reason: str, before: Status) -> str:
    """Say which rule forbids an entry.

    Args:
        plan: whose ledger it is.
        entry: what was tried.
        reason: as the engine calls it.
        before: how the plan stands without it.

    Returns:
        A sentence without a full stop; not escaped.
    """
    sentence = _SENTENCES.get(reason, f"a rule forbids it ({reason})")
    gifting = plan.gifting
    facts: dict[str, Any] = {
        "min": exact_size(gifting.min_bytes),
        "step": exact_size(gifting.step_bytes),
        "max_pct": gifting.max_pct,
        "classes": ", ".join(gifting.classes),
        "left": format_size(before.remaining_bytes or 0),
        "lender": entry.lender if isinstance(entry, kinds.Borrow) else "",
        "lots": ", ".join([*before.lots, *before.queued]) or "there is none",
    }
    return sentence.format(**facts)
