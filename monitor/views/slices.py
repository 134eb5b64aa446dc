"""A period cut into few parts of one length, for a picture of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.usage import Interval
from monitor.views.parts import midnight

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAY_S: Final = 86_400
_MINUTE_S: Final = 60
# Within a day by the clock, beyond it by whole local days.
_MINUTES: Final = (5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
_DAYS: Final = (1, 2, 4, 7, 14, 28, 56, 91, 182, 364, 728, 1820, 3640, 36_400)
_MONDAY: Final = date(1969, 12, 29)


class Slices(NamedTuple):
    """Parts of a period, as long as each other.

    Attributes:
        parts: contiguous; the first and the last may be cut, and one in which clocks
            change is longer or shorter.
        length_s: of the others, in seconds of a day without such a change.
    """

    parts: tuple[Interval, ...] = ()
    length_s: int = 0


def slices_of(
    period: Interval, recorded: Interval, zone: ZoneInfo, most: int
) -> Slices:
    """Cut what was recorded of a period into about so many parts.

    Args:
        period: half-open.
        recorded: first and last second with records.
        zone: whose days and hours they keep to.
        most: parts of the whole period; one more where it begins within one.

    Returns:
        None where nothing was recorded.
    """
    begin_s = max(period.from_s, recorded.from_s)
    end_s = min(period.to_s, recorded.to_s + 1)
    if begin_s >= end_s:
        return Slices()
    # A day has 24 hours to show in its morning; a period without end has not.
    shown = Interval(
        max(period.from_s, begin_s - _DAY_S), min(period.to_s, end_s + _DAY_S)
    )
    length_s = _length_s(shown.to_s - shown.from_s, most)
    marks = _marks(Interval(begin_s, end_s), zone, length_s)
    edges = [max(period.from_s, marks[0]), *marks[1:], end_s]
    return Slices(tuple(Interval(*pair) for pair in pairwise(edges)), length_s)


def _length_s(shown_s: int, most: int) -> int:
    every = [minutes * _MINUTE_S for minutes in _MINUTES]
    every += [days * _DAY_S for days in _DAYS]
    return next((step_s for step_s in every if shown_s <= step_s * most), every[-1])


def _marks(inside: Interval, zone: ZoneInfo, length_s: int) -> list[int]:
    """Where parts begin: the first is the one in which the interval begins."""
    days = length_s // _DAY_S
    local = datetime.fromtimestamp(inside.from_s, zone)
    if days:
        day = local.date() - timedelta(days=(local.date() - _MONDAY).days % days)
        marks = [midnight(day, zone)]
        while marks[-1] < inside.to_s:
            day += timedelta(days=days)
            marks.append(midnight(day, zone))
        return marks[:-1]
    offset = local.utcoffset() or timedelta()
    shift_s = int(offset.total_seconds())
    first_s = inside.from_s - (inside.from_s + shift_s) % length_s
    return list(range(first_s, inside.to_s, length_s))
