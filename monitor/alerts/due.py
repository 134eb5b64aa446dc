"""When a plan is to be looked at next, if nothing is used till then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.alerts.holding import ahead
from monitor.plans.localtime import NEVER

if TYPE_CHECKING:
    from monitor.alerts.holding import Watched

_HOUR_S: Final = 3600


def next_due(now_s: int, watched: Watched) -> int | None:
    """When a plan turns or a reminder of it falls due, if nothing is used till then.

    Args:
        now_s: UTC seconds.
        watched: the plan at that moment.

    Returns:
        UTC second; None when nothing is to come.
    """
    _, end_s = ahead(watched)
    marks = [watched.turns_s, watched.status.cycle_end, watched.status.usable_again_at]
    if end_s is not None:
        hours = watched.plan.alerts.remind_before_h
        marks += [end_s, *(end_s - each * _HOUR_S for each in hours)]
    due = (mark for mark in marks if mark is not None and now_s < mark < NEVER)
    return min(due, default=None)
