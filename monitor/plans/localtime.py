"""Wall time in a zone and instants: which day it is, when a clock shows a time.

In a spring gap the time moves forward by the gap (02:30 is at 03:30), in an autumn fold
the earlier instant is taken. Nothing here adds 86,400 seconds to find the next local
day. Days are ordinals as of `date.toordinal`, wall times minutes after midnight.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

NEVER: Final = 2**62
"""Later than any instant; `-NEVER` is before all of them."""
_SECOND: Final = timedelta(seconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Sums of days may leave the calendar of `datetime`: they stop a year before its ends.
_FIRST_DAY: Final = date(2, 1, 1).toordinal()
_LAST_DAY: Final = date(9998, 12, 31).toordinal()
FARTHEST_S: Final = int(datetime(9999, 1, 2, tzinfo=UTC).timestamp())
"""All that would be beyond the calendar is here."""


@lru_cache(maxsize=8192)  # the same midnights and windows are asked for again
def instant_of(day: int, minute: int, zone: ZoneInfo) -> int:
    """When a clock in a zone shows a time.

    Args:
        day: the ordinal of the date.
        minute: wall time, minutes after midnight.
        zone: where the clock is.

    Returns:
        UTC seconds; `FARTHEST_S` for days beyond the calendar.
    """
    if day > _LAST_DAY:
        return FARTHEST_S
    midnight = datetime.fromordinal(max(day, _FIRST_DAY))
    return second_of(midnight + timedelta(minutes=minute), zone)


def second_of(wall: datetime, zone: ZoneInfo) -> int:
    """When a clock in a zone shows a date and time.

    Args:
        wall: what it shows; a zone of its own is ignored.
        zone: where the clock is.

    Returns:
        UTC seconds.
    """
    # fold=0 is the earlier of two instants, and for a skipped time the offset before
    # the gap, which is the same time moved forward by the gap (PEP 495).
    return (wall.replace(tzinfo=zone, fold=0) - _EPOCH) // _SECOND


def local_time(at_s: int, zone: ZoneInfo) -> datetime:
    """What clocks in a zone show.

    Args:
        at_s: UTC seconds.
        zone: where.

    Returns:
        Aware wall time.
    """
    return datetime.fromtimestamp(min(at_s, FARTHEST_S), zone)


def day_begun(at_s: int, minute: int, zone: ZoneInfo) -> int:
    """The day whose `minute` has come last; before it the day before counts.

    Args:
        at_s: UTC seconds.
        minute: wall time at which a day begins.
        zone: whose days.

    Returns:
        Its ordinal.
    """
    day = local_time(at_s, zone).toordinal()
    while instant_of(day, minute, zone) > at_s:
        day -= 1
    # Where clocks went back over midnight, the next day has begun already; where a
    # date was left out, two days begin at one instant.
    while day < _LAST_DAY and instant_of(day + 1, minute, zone) <= at_s:
        day += 1
    return day
