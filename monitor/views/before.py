"""The period before the one of a report, and what was moved in it.

Fair means: as long by the calendar (a month is compared with the month before), and of
a period that is not over only the part that is.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from monitor.usage import Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from zoneinfo import ZoneInfo

    from monitor.views.rows import Row

_MONTHS: Final = 12
_NIGHT_S: Final = 12 * 3600


@dataclass(frozen=True, slots=True)
class Before:
    """What was moved in the period before.

    Attributes:
        period: half-open.
        traffic: of all that the question means.
    """

    period: Interval
    traffic: Traffic


def period_before(
    period: Interval, now_s: int, zone: ZoneInfo, whole: Interval | None = None
) -> Interval | None:
    """The period to compare with.

    Args:
        period: half-open; may reach into the future.
        now_s: UTC second.
        zone: whose days and months are meant.
        whole: of a part of a period, such as the cycle so far, all of that.

    Returns:
        As long by the calendar, or the same part of it; None where nothing of the
        period is past.
    """
    past_s = min(period.to_s, now_s + 1) - period.from_s
    if past_s <= 0:
        return None
    shown = whole or period
    start, end = (
        datetime.fromtimestamp(at_s, zone).replace(tzinfo=None) for at_s in shown
    )
    try:
        begin_s, turn_s = _shifted(shown, start, end, zone)
    except (ValueError, OverflowError):  # before the year 1
        return None
    is_over = period.to_s <= now_s
    end_s = turn_s if is_over and shown == period else min(begin_s + past_s, turn_s)
    return Interval(begin_s, end_s) if begin_s < end_s else None


def _shifted(
    shown: Interval, start: datetime, end: datetime, zone: ZoneInfo
) -> tuple[int, int]:
    """As far back as the period is long; it ends where that begins, but for nights."""
    months = (end.year - start.year) * _MONTHS + end.month - start.month
    is_of_months = (start.day, start.time()) == (end.day, end.time()) and months > 0
    if is_of_months:
        return _utc_s(_months_back(start, months), zone), shown.from_s
    length_s = shown.to_s - shown.from_s
    if start.time() == end.time():
        days = (end - start).days
        return _utc_s(start - timedelta(days=days), zone), shown.from_s
    crosses_midnight = (end.date() - start.date()).days == 1 and length_s < _NIGHT_S
    if crosses_midnight:  # with the night before, not with the day between
        day = timedelta(days=1)
        return _utc_s(start - day, zone), _utc_s(end - day, zone)
    return shown.from_s - length_s, shown.from_s


def _months_back(local: datetime, months: int) -> datetime:
    year, month = divmod(local.year * _MONTHS + local.month - 1 - months, _MONTHS)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def _utc_s(local: datetime, zone: ZoneInfo) -> int:
    return int(local.replace(tzinfo=zone).timestamp())


def compared(rows: Iterable[Row], old: Iterable[Row]) -> list[Row]:
    """Put beside each row what it was in the period before.

    Args:
        rows: of a report.
        old: of the same report of the period before.

    Returns:
        The rows, and those that were moved before only, with nothing now.
    """
    were = {_identity(row): row for row in old}
    found = []
    for row in rows:
        was = were.pop(_identity(row), None)
        found.append(replace(row, before=was.traffic if was else Traffic()))
    gone = (replace(row, before=row.traffic) for row in were.values() if row.traffic)
    nothing = Traffic()
    return found + [
        replace(row, traffic=nothing, counter=None if row.counter is None else nothing)
        for row in gone
    ]


def _identity(row: Row) -> Hashable:
    return row.place, row.subject, row.reason, row.via, row.app_class
