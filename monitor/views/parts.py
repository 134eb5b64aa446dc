"""A period cut by the clock: 5 minutes, local hours, days, weeks, months and years.

A local day is from its first instant to the first instant of the next day; it has 23
or 25 hours where clocks change, so nothing here ever adds 86,400 seconds.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from monitor.usage import SLOT_S, Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

LENGTHS: Final = ("5min", "hour", "day", "week", "month", "year")
"""What a period can be cut into, the shortest first."""
MINUTES: Final = LENGTHS[:2]
"""Those that a day has several of."""
_HOUR_S = 3600
_DECEMBER = 12


def local_parts(length: str, interval: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """The parts of an interval, the first and the last cut at its edges.

    Args:
        length: one of `LENGTHS`; weeks begin on Monday.
        interval: half-open.
        zone: whose clock; its offset need not be whole hours.

    Yields:
        Contiguous intervals.
    """
    from_s = interval.from_s
    while from_s < interval.to_s:
        next_s = _NEXT[length](from_s, zone)
        yield Interval(from_s, min(next_s, interval.to_s))
        from_s = next_s


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day, also where clocks change at midnight.

    Args:
        day: of the zone's calendar.
        zone: whose.

    Returns:
        UTC seconds.
    """
    # Python reads a skipped time with the offset before the change, which gives the
    # instant of the change for 00:00, and a doubled time as the first one (PEP 495).
    return int(datetime.combine(day, time(), zone).timestamp())


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // _DECEMBER, day.month % _DECEMBER + 1, 1)


def _slot(at_s: int, zone: ZoneInfo) -> int:
    del zone  # all zones of today keep to quarters of an hour
    return at_s - at_s % SLOT_S + SLOT_S


def _hour(at_s: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(at_s, zone)
    return at_s + _HOUR_S - (local.minute * 60 + local.second)


def _day(at_s: int, zone: ZoneInfo) -> int:
    return midnight(_date(at_s, zone) + timedelta(days=1), zone)


def _week(at_s: int, zone: ZoneInfo) -> int:
    day = _date(at_s, zone)
    return midnight(day + timedelta(days=7 - day.weekday()), zone)


def _month(at_s: int, zone: ZoneInfo) -> int:
    return midnight(month_after(_date(at_s, zone)), zone)


def _year(at_s: int, zone: ZoneInfo) -> int:
    return midnight(date(_date(at_s, zone).year + 1, 1, 1), zone)


def _date(at_s: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_s, zone).date()


_NEXT: Final[dict[str, Callable[[int, ZoneInfo], int]]] = dict(
    zip(LENGTHS, (_slot, _hour, _day, _week, _month, _year), strict=True)
)
