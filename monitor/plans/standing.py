"""How a plan stands at an instant. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from monitor.plans.cycles import cycle_at
from monitor.units import format_share
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.plans.model import Plan

State = Literal["pending", "active", "depleted", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStatus:
    """A plan at an instant; instants are UTC seconds.

    Attributes:
        id: the plan.
        state: `pending` (not begun), `active`, `depleted` (nothing is left), `expired`.
        used_bytes: in this cycle, as the carrier would count; 0 outside of one.
        limit_bytes: of this cycle; None without a limit and before the plan begins.
        remaining_bytes: of the limit; None where there is none.
        pct_used: of the limit with one decimal, never above 100; None where there is
            none.
        warning_pct: the highest of the plan's `warn_pct` that is reached.
        cycle_start: of the cycle that runs.
        cycle_end: the same.
        validity_start: of a plan that has begun and is not over.
        validity_end: the same.
        uncovered_bytes: moved after the end of the plan.
    """

    id: str
    state: State
    used_bytes: int = 0
    limit_bytes: int | None = None
    remaining_bytes: int | None = None
    pct_used: str | None = None
    warning_pct: int | None = None
    cycle_start: int | None = None
    cycle_end: int | None = None
    validity_start: int | None = None
    validity_end: int | None = None
    uncovered_bytes: int = 0


def standing(plan: Plan, used: Callable[[Interval], int], at_s: int) -> PlanStatus:
    """Judge a plan.

    Args:
        plan: the plan.
        used: the bytes measured in an interval that the plan was charged for.
        at_s: UTC seconds; what is dated at this very second counts.

    Returns:
        Its status.
    """
    cycle = cycle_at(plan, at_s)
    if cycle is None:
        end_s = plan.validity.end_s
        if end_s is None or at_s < end_s:
            return PlanStatus(id=plan.id, state="pending")
        return PlanStatus(
            id=plan.id,
            state="expired",
            limit_bytes=0,
            remaining_bytes=0,
            uncovered_bytes=used(Interval(end_s, at_s + 1)),
        )
    used_bytes = _used_in(plan, cycle, used, at_s)
    limit_bytes, remaining_bytes = plan.quota_bytes, None
    if limit_bytes is not None:
        remaining_bytes = max(0, limit_bytes - used_bytes)
    return PlanStatus(
        id=plan.id,
        state="active" if remaining_bytes != 0 else "depleted",
        used_bytes=used_bytes,
        limit_bytes=limit_bytes,
        remaining_bytes=remaining_bytes,
        pct_used=_pct_used(limit_bytes, remaining_bytes),
        warning_pct=_warning_pct(plan, remaining_bytes),
        cycle_start=cycle.from_s,
        cycle_end=cycle.to_s,
        validity_start=plan.validity.start_s,
        validity_end=plan.validity.end_s,
    )


def _used_in(
    plan: Plan, cycle: Interval, used: Callable[[Interval], int], at_s: int
) -> int:
    """What was used in a cycle so far, beginning with the carrier's own figure."""
    said = plan.calibration
    if said is None or not cycle.from_s <= said.at_s <= at_s:
        return used(Interval(cycle.from_s, at_s + 1))
    before_bytes = (plan.quota_bytes or 0) - said.remaining_bytes
    return before_bytes + used(Interval(said.at_s, at_s + 1))


def _pct_used(limit_bytes: int | None, remaining_bytes: int | None) -> str | None:
    if not limit_bytes or remaining_bytes is None:
        return None
    return format_share(limit_bytes - remaining_bytes, limit_bytes)


def _warning_pct(plan: Plan, remaining_bytes: int | None) -> int | None:
    limit_bytes = plan.quota_bytes
    if not limit_bytes or remaining_bytes is None:
        return None
    taken_bytes = limit_bytes - remaining_bytes
    reached = [pct for pct in plan.warn_pct if taken_bytes * 100 >= pct * limit_bytes]
    return max(reached, default=None)
