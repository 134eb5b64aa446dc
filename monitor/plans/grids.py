"""The boundaries of cycles as numbered instants, not cut to any validity.

Boundary k comes from the calendar or from the start directly, never from boundary
k - 1, so that a short month never moves the later ones.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

from monitor.plans.localtime import (
    FARTHEST_S,
    NEVER,
    day_begun,
    instant_of,
    local_time,
)
from monitor.plans.timing import CalendarDays, Cycle, Day, Elapsed, Month, Week

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MONTHS: Final = 12
_LAST_YEAR: Final = 9998
_MONDAY: Final = date(1, 1, 1).toordinal()
_WEEK: Final = 7


class Grid(Protocol):
    """Instants numbered in order; two neighbours may be one where a date is missing."""

    def at(self, index: int) -> int:
        """The boundary of a number, UTC seconds."""

    def index(self, at_s: int) -> int:
        """The number of the last boundary that is not after an instant."""


@dataclass(frozen=True, slots=True)
class DayGrid:
    """Every `step` local days.

    Attributes:
        zone: whose days.
        minute: wall time of the boundary.
        step: days.
        base: ordinal of the day with number 0.
    """

    zone: ZoneInfo
    minute: int = 0
    step: int = 1
    base: int = 0

    def at(self, index: int) -> int:
        """The boundary of a number."""
        return instant_of(self.base + index * self.step, self.minute, self.zone)

    def index(self, at_s: int) -> int:
        """The number of the last boundary that is not after an instant."""
        return (day_begun(at_s, self.minute, self.zone) - self.base) // self.step


@dataclass(frozen=True, slots=True)
class MonthGrid:
    """A day of every `step`th month.

    Attributes:
        zone: whose months.
        cycle: day, wall time, and what a shorter month does.
    """

    zone: ZoneInfo
    cycle: Month

    def at(self, index: int) -> int:
        """The boundary of a number."""
        month = self._base + index * self.cycle.interval
        year, number = divmod(month, _MONTHS)
        if year > _LAST_YEAR:
            return FARTHEST_S
        _, length = monthrange(year, number + 1)
        day = date(year, number + 1, 1).toordinal() - 1 + min(self._day, length)
        if self._day > length and self.cycle.month_end == "spill":
            day += 1
        return instant_of(day, self.cycle.reset_time, self.zone)

    def index(self, at_s: int) -> int:
        """The number of the last boundary that is not after an instant."""
        local = local_time(at_s, self.zone)
        month = local.year * _MONTHS + local.month - 1
        index = (month - self._base) // self.cycle.interval
        while self.at(index) > at_s:
            index -= 1
        while at_s < FARTHEST_S and self.at(index + 1) <= at_s:
            index += 1
        return index

    @property
    def _base(self) -> int:
        anchor = self.cycle.anchor
        return anchor.year * _MONTHS + anchor.month - 1 if anchor else 0

    @property
    def _day(self) -> int:
        anchor = self.cycle.anchor
        return self.cycle.billing_day or (anchor.day if anchor else 1)


@dataclass(frozen=True, slots=True)
class ElapsedGrid:
    """Every so many seconds from a start.

    Attributes:
        start_s: the boundary with number 0.
        length_s: at least 1.
    """

    start_s: int
    length_s: int

    def at(self, index: int) -> int:
        """The boundary of a number."""
        return self.start_s + index * self.length_s

    def index(self, at_s: int) -> int:
        """The number of the last boundary that is not after an instant."""
        return (at_s - self.start_s) // self.length_s


class WholeGrid:
    """No boundaries but those of the validity."""

    def at(self, index: int) -> int:
        """Before or after everything."""
        return -NEVER if index <= 0 else NEVER

    def index(self, at_s: int) -> int:
        """Always 0."""
        del at_s
        return 0


def grid_of(cycle: Cycle, zone: ZoneInfo, start_s: int) -> Grid:
    """The boundaries of a kind of cycle.

    Args:
        cycle: the kind.
        zone: of the plan.
        start_s: where the validity segment began; only used by the kinds that count
            from it.

    Returns:
        The grid.
    """
    match cycle:
        case Month():
            return MonthGrid(zone, cycle)
        case Week(weekday, minute):
            return DayGrid(zone, minute, _WEEK, _MONDAY + weekday - 1)
        case Day(minute):
            return DayGrid(zone, minute)
        case CalendarDays(days, minute):
            return DayGrid(zone, minute, days, day_begun(start_s, minute, zone))
        case Elapsed():
            return ElapsedGrid(start_s, cycle.length_s)
        case _:
            return WholeGrid()
