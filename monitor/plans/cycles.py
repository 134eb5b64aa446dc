"""Where the time of a plan begins and ends: months of a billing day, blocks of days.

Local time to instant: in a spring gap the time moves forward by the gap (a reset at
00:00 where clocks jump to 01:00 is at 01:00), in an autumn fold the earlier instant is
taken. Nothing here adds 86,400 seconds to find the next local day.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.usage import Interval

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.plans.model import Plan

_DECEMBER = 12


def instant_of(local: datetime, zone: ZoneInfo) -> int:
    """When a clock in a zone shows a time.

    Args:
        local: wall time, whose own zone is ignored.
        zone: where the clock is.

    Returns:
        UTC seconds.
    """
    # fold=0 is the earlier of two instants, and for a skipped time the offset before
    # the gap, which is the same time moved forward by the gap (PEP 495).
    return int(local.replace(tzinfo=zone, fold=0).timestamp())


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a local day begins.

    Args:
        day: the date.
        zone: where.

    Returns:
        UTC seconds.
    """
    return instant_of(datetime.combine(day, time()), zone)


def calendar_end(start_s: int, days: int, zone: ZoneInfo) -> int:
    """The end of n calendar days; the day of the start is day 1.

    Args:
        start_s: UTC seconds.
        days: at least 1.
        zone: whose days.

    Returns:
        The local midnight after the last day.
    """
    first = datetime.fromtimestamp(start_s, zone).date()
    return midnight(first + timedelta(days=days), zone)


def cycle_at(plan: Plan, at_s: int) -> Interval | None:
    """The cycle that runs at an instant, cut to the plan's validity.

    Args:
        plan: the plan.
        at_s: UTC seconds; a boundary belongs to the cycle that starts there.

    Returns:
        None before the plan begins and after its end.
    """
    if not plan.is_valid_at(at_s):
        return None
    start_s, end_s = plan.validity
    if plan.billing_day is None:
        # The configuration gives such a plan a start and an end.
        return Interval(start_s or 0, at_s + 1 if end_s is None else end_s)
    marks = _month_starts(at_s, at_s, plan.billing_day, plan.zone)
    begin_s, next_s = next(pair for pair in pairwise(marks) if at_s < pair[1])
    return Interval(
        begin_s if start_s is None else max(begin_s, start_s),
        next_s if end_s is None else min(next_s, end_s),
    )


def boundaries(plan: Plan, interval: Interval) -> list[int]:
    """The instants at which usage of a plan must be cut.

    Args:
        plan: the plan.
        interval: the time in question; instants at its edges are included.

    Returns:
        Starts of cycles, start and end of the validity, and the calibration; ascending.
    """
    from_s, to_s = interval
    found = set()
    if plan.billing_day is not None:
        found |= set(_month_starts(from_s, to_s, plan.billing_day, plan.zone))
    found |= {mark for mark in plan.validity if mark is not None}
    if plan.calibration is not None:
        found.add(plan.calibration.at_s)
    return sorted(mark for mark in found if from_s <= mark <= to_s)


def _month_starts(
    from_s: int, to_s: int, billing_day: int, zone: ZoneInfo
) -> list[int]:
    """Starts of cycles: the last one before an interval up to the first one after it.

    Always from the calendar, so that a short month never moves the later ones.
    """
    first = datetime.fromtimestamp(from_s, zone)
    last = datetime.fromtimestamp(to_s, zone)
    # A month earlier and later: the billing day may be on the other side.
    months = range(_month(first) - 1, _month(last) + 2)
    return [_billing_instant(month, billing_day, zone) for month in months]


def _month(local: datetime) -> int:
    return local.year * _DECEMBER + local.month - 1


def _billing_instant(month: int, billing_day: int, zone: ZoneInfo) -> int:
    year, index = divmod(month, _DECEMBER)
    _, length = monthrange(year, index + 1)
    return midnight(date(year, index + 1, min(billing_day, length)), zone)
