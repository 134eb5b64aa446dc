"""What `--period` and `--since` mean: local calendar words into UTC seconds.

A local day is from its first instant to the first instant of the next day; it has 23
or 25 hours where clocks change, so nothing here ever adds 86,400 seconds. Where the
clock shows a time twice, the first one is meant; where it skips one, the instant of
the change. An instant with an offset (or Z) is always exact.
"""

from __future__ import annotations

import os
import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.errors import UsageError
from monitor.units import parse_duration
from monitor.usage import Interval
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

CYCLE = "cycle"
"""The cycle of a plan, which the configuration knows."""
RUN = "run"
"""The last run of the daemon: the one period that only the store knows."""
EXAMPLES = (
    "today, yesterday, week, month, last-night, run, 2025, 2025-05, 2025-05-31, "
    "2025-05-01..2025-05-07 or 2025-05-01T08:00..2025-05-01T09:30Z"
)
_NIGHT_FROM = time(22)
_NIGHT_TO = time(6)
_HOUR_S = 3600
_DECEMBER = 12
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


def find_zone(name: str | None) -> ZoneInfo:
    """The time zone in which days and hours are meant.

    Args:
        name: such as "Asia/Karachi"; None for the machine's.

    Returns:
        The zone.

    Raises:
        UsageError: the name is unknown.
    """
    if name is None:
        return local_zone(os.environ)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(
            f'--tz "{name}" is no time zone known here. Use a name such as '
            "Asia/Karachi or UTC."
        ) from error


def parse_period(text: str, now_s: int, zone: ZoneInfo) -> Interval:
    """Find what a `--period` means now and here.

    Args:
        text: a word, a date or A..B; dates in A..B are both included, instants are
            half-open.
        now_s: UTC seconds.
        zone: whose days and hours are meant.

    Returns:
        Half-open; may reach into the future.

    Raises:
        UsageError: not understood, empty, or in need of a plan.
    """
    first, dots, last = text.partition("..")
    start = _named(first, now_s, zone)
    interval = Interval(start.from_s, _named(last, now_s, zone).to_s) if dots else start
    if interval.from_s >= interval.to_s:
        raise UsageError(
            f'period "{text}" is empty: its end is not after its beginning. '
            "Write it as A..B, earlier first."
        )
    return interval


def parse_since(text: str, now_s: int, zone: ZoneInfo) -> Interval:
    """Find what a `--since` means: from X up to now.

    Args:
        text: a duration such as "2h", or whatever a period can begin with.
        now_s: UTC seconds.
        zone: whose days and hours are meant.

    Returns:
        Half-open; the second that runs now is in it.

    Raises:
        UsageError: not understood, or in the future.
    """
    ago_s = parse_duration(text)
    from_s = _named(text, now_s, zone).from_s if ago_s is None else now_s - ago_s
    if from_s > now_s:
        raise UsageError(f'--since "{text}" is in the future.')
    return Interval(from_s, now_s + 1)


def local_days(interval: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """The local days of an interval, the first and the last cut at its edges.

    Args:
        interval: half-open.
        zone: whose days.

    Yields:
        Contiguous intervals.
    """
    from_s = interval.from_s
    while from_s < interval.to_s:
        day = _local(from_s, zone).date()
        next_s = _midnight(day + timedelta(days=1), zone)
        yield Interval(from_s, min(next_s, interval.to_s))
        from_s = next_s


def local_hours(interval: Interval, zone: ZoneInfo) -> Iterator[Interval]:
    """The local clock hours of an interval, cut at its edges.

    Args:
        interval: half-open.
        zone: whose hours; offsets need not be whole hours.

    Yields:
        Contiguous intervals.
    """
    from_s = interval.from_s
    while from_s < interval.to_s:
        local = _local(from_s, zone)
        next_s = from_s + _HOUR_S - (local.minute * 60 + local.second)
        yield Interval(from_s, min(next_s, interval.to_s))
        from_s = next_s


def _named(text: str, now_s: int, zone: ZoneInfo) -> Interval:
    """One word, date or instant; an instant has no length."""
    today = _local(now_s, zone).date()
    try:
        found = _word(text, today, zone) or _date(text, zone)
    except (ValueError, OverflowError):  # 2025-02-30, or the day after 9999-12-31
        found = None
    if found is not None:
        return found
    if text == CYCLE:
        raise UsageError(
            'a "cycle" stands by itself: --period cycle, or --since cycle.'
        )
    raise UsageError(f'period "{text}" is not understood. Use {EXAMPLES}.')


def _word(text: str, today: date, zone: ZoneInfo) -> Interval | None:
    yesterday = today - timedelta(days=1)
    match text:
        case "today":
            return _days(today, today, zone)
        case "yesterday":
            return _days(yesterday, yesterday, zone)
        case "week":
            monday = today - timedelta(days=today.weekday())
            return _days(monday, monday + timedelta(days=6), zone)
        case "month":
            return _month(today.year, today.month, zone)
        case "last-night":
            evening = datetime.combine(yesterday, _NIGHT_FROM, zone)
            morning = datetime.combine(today, _NIGHT_TO, zone)
            return Interval(_utc_s(evening), _utc_s(morning))
        case _:
            return None


def _date(text: str, zone: ZoneInfo) -> Interval | None:
    if _YEAR.fullmatch(text):
        return _days(date(int(text), 1, 1), date(int(text), 12, 31), zone)
    if _MONTH.fullmatch(text):
        return _month(int(text[:4]), int(text[5:]), zone)
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        return _days(day, day, zone)
    if _INSTANT.fullmatch(text):
        instant = datetime.fromisoformat(text.upper())
        at_s = _utc_s(instant if instant.tzinfo else instant.replace(tzinfo=zone))
        return Interval(at_s, at_s)
    return None


def _month(year: int, month: int, zone: ZoneInfo) -> Interval:
    first = date(year, month, 1)
    later = date(year + month // _DECEMBER, month % _DECEMBER + 1, 1)
    return _days(first, later - timedelta(days=1), zone)


def _days(first: date, last: date, zone: ZoneInfo) -> Interval:
    after = last + timedelta(days=1)
    return Interval(_midnight(first, zone), _midnight(after, zone))


def _midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day, also where clocks change at midnight."""
    return _utc_s(datetime.combine(day, time(), zone))


def _utc_s(local: datetime) -> int:
    # Python reads a skipped time with the offset before the change, which gives the
    # instant of the change for 00:00, and a doubled time as the first one (PEP 495).
    return int(local.timestamp())


def _local(at_s: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_s, zone)
