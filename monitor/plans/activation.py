"""When a plan begins and how long it lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.entries import Activate, Attach
from monitor.plans.localtime import FARTHEST_S, NEVER, day_begun, instant_of
from monitor.plans.timing import CalendarDays, Elapsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.plans.entries import Entry
    from monitor.plans.terms import Plan

_DAY_S = 86_400


class Activation(NamedTuple):
    """What begins a plan.

    Attributes:
        at_s: UTC second at which it begins, if nothing but time is needed; `NEVER`
            while it is not known, and where that is too late.
        deadline_s: from then on it is too late; `NEVER` without one.
        is_by_use: whether the first bytes begin it.
        is_always: whether it has always been valid: its history begins with the first
            sample or entry.
    """

    at_s: int
    deadline_s: int
    is_by_use: bool = False
    is_always: bool = False


def activation(plan: Plan, entries: Sequence[Entry] = ()) -> Activation:
    """Find what begins a plan.

    An instant that the owner knows goes before all rules, also before a fixed start.

    Args:
        plan: the plan.
        entries: of its ledger, in the order of their effect.

    Returns:
        The rule with what is known.
    """
    deadline_s = deadline(plan)
    at_s = plan.activated_at or _first(entries, Activate, None)
    if at_s is None:
        if plan.validity.starts_on == "first_use":
            return Activation(NEVER, deadline_s, is_by_use=True)
        at_s = _by_rule(plan, entries)
        if at_s is None and _is_always(plan):
            return Activation(NEVER, NEVER, is_always=True)
    if at_s is None or at_s >= deadline_s:
        at_s = NEVER
    return Activation(at_s, deadline_s)


def deadline(plan: Plan) -> int:
    """From when on it is too late to activate a plan.

    Args:
        plan: the plan.

    Returns:
        UTC seconds; `NEVER` without a deadline.
    """
    validity = plan.validity
    if validity.activate_by is not None:
        return validity.activate_by
    if validity.activate_by_days is None or plan.purchased_at is None:
        return NEVER
    return plan.purchased_at + validity.activate_by_days * _DAY_S


def validity_end(plan: Plan, start_s: int) -> int:
    """When a validity that begins at an instant is over.

    Args:
        plan: the plan.
        start_s: UTC seconds.

    Returns:
        UTC seconds; `NEVER` for one without an end.
    """
    validity = plan.validity
    match validity.kind:
        case "elapsed":
            return min(start_s + validity.length_s, FARTHEST_S)
        case "days_calendar":
            day = day_begun(start_s, validity.reset_time, plan.tz)
            return instant_of(day + validity.days, validity.reset_time, plan.tz)
        case "fixed" if validity.end is not None:
            return validity.end
    return NEVER


def _by_rule(plan: Plan, entries: Sequence[Entry]) -> int | None:
    match plan.validity.starts_on:
        case "purchase":
            return plan.purchased_at
        case "install":
            return plan.installed_at
        case "first_attach":
            return _first(entries, Attach, plan.zones.included)
        case _:
            return plan.validity.start


def _is_always(plan: Plan) -> bool:
    validity = plan.validity
    is_fixed = validity.kind in ("open", "fixed") and validity.starts_on == "fixed"
    # Cycles that count from the activation need one.
    return is_fixed and not isinstance(plan.cycle, Elapsed | CalendarDays)


def _first(
    entries: Sequence[Entry],
    kind: type[Activate | Attach],
    included: Sequence[str] | None,
) -> int | None:
    """The first entry of a kind in a country of the plan, or without a country."""
    for entry in entries:
        if isinstance(entry, kind) and (
            entry.mcc is None or included is None or entry.mcc in included
        ):
            return entry.at_s
    return None
