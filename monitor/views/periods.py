"""What `--period` and `--since` mean: local calendar words into UTC seconds.

Days are those of `parts`. Where the clock shows a time twice, the first one is meant;
where it skips one, the instant of the change. An instant with an offset (or Z) is
always exact.
"""

from __future__ import annotations

import os
import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.errors import UsageError
from monitor.units import parse_duration
from monitor.usage import Interval
from monitor.views.parts import midnight, month_after
from monitor.zones import local_zone

CYCLE = "cycle"
"""The cycle of a plan, which the configuration knows."""
RUN = "run"
"""The last run of the daemon: the one period that only the store knows."""
EXAMPLES = (
    "today, yesterday, week, month, year, last-night, run, 2025, 2025-05, 2025-05-31, "
    "2025-05-01..2025-05-07 or 2025-05-01T08:00..2025-05-01T09:30Z"
)
_NIGHT_FROM = time(22)
_NIGHT_TO = time(6)
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


def refuse_both(period: str | None, since: str | None) -> None:
    """Insist on one of the two options.

    Args:
        period: what `--period` said.
        since: what `--since` said.

    Raises:
        UsageError: both were given.
    """
    if period is not None and since is not None:
        raise UsageError("--period and --since exclude each other: give one of them.")


def parse_either(
    period: str | None, since: str | None, now_s: int, zone: ZoneInfo
) -> Interval | None:
    """Find what `--period` or `--since` means.

    Args:
        period: see `parse_period`.
        since: see `parse_since`.
        now_s: UTC seconds.
        zone: whose days and hours are meant.

    Returns:
        None where neither was given.

    Raises:
        UsageError: both were, or it is not understood.
    """
    refuse_both(period, since)
    if period is not None:
        return parse_period(period, now_s, zone)
    return None if since is None else parse_since(since, now_s, zone)


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
    monday = today - timedelta(days=today.weekday())
    days = {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "week": (monday, monday + timedelta(days=6)),
    }
    if text in days:
        return _days(*days[text], zone)
    if text == "last-night":
        evening = datetime.combine(yesterday, _NIGHT_FROM, zone)
        morning = datetime.combine(today, _NIGHT_TO, zone)
        return Interval(_utc_s(evening), _utc_s(morning))
    if text == "month":
        return _month(today.year, today.month, zone)
    return _year(today.year, zone) if text == "year" else None


def _date(text: str, zone: ZoneInfo) -> Interval | None:
    if _YEAR.fullmatch(text):
        return _year(int(text), zone)
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


def _year(year: int, zone: ZoneInfo) -> Interval:
    return _days(date(year, 1, 1), date(year, 12, 31), zone)


def _month(year: int, month: int, zone: ZoneInfo) -> Interval:
    first = date(year, month, 1)
    return _days(first, month_after(first) - timedelta(days=1), zone)


def _days(first: date, last: date, zone: ZoneInfo) -> Interval:
    after = last + timedelta(days=1)
    return Interval(midnight(first, zone), midnight(after, zone))


def _utc_s(local: datetime) -> int:
    # As `midnight`: a skipped time gives the change, a doubled one the first (PEP 495).
    return int(local.timestamp())


def _local(at_s: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_s, zone)
