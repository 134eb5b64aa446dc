"""The times of a plan's table in the words of its contract."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from monitor.config.instants import second_of
from monitor.plans.timing import (
    MIDNIGHT,
    CalendarDays,
    Cycle,
    Day,
    Elapsed,
    Month,
    Validity,
    Week,
    Whole,
)
from monitor.plans.values import Second

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.config.plans import PlanTable
    from monitor.config.times import Every, Start

_DAY_H: Final = 24


def plan_second(moment: str, zone: ZoneInfo) -> Second:
    """When a moment of the configuration is, as plans have it.

    Args:
        moment: checked.
        zone: the plan's.
    """
    return Second(second_of(moment, zone))


def optional_second(moment: str | None, zone: ZoneInfo) -> Second | None:
    """The same for a moment that may not be given.

    Args:
        moment: checked; None for none.
        zone: the plan's.
    """
    return None if moment is None else plan_second(moment, zone)


def cycle_of(table: PlanTable, zone: ZoneInfo) -> Cycle:
    """When data comes anew.

    Args:
        table: checked values.
        zone: the plan's.
    """
    every, reset = table.every, table.reset_time or MIDNIGHT
    if every is None:
        return table.cycle or Whole()
    if every.months is not None:
        return Month(
            billing_day=table.billing_day,
            reset_time=reset,
            month_end=table.month_end or "clamp",
            interval=every.months,
            anchor=_anchor(table.starts_on, zone) if every.months > 1 else None,
        )
    if every.length is None:
        weekday = int(table.weekday or 1)
        return Week(weekday, reset) if every == "week" else Day(reset)
    return _counted(table, every)


def _counted(table: PlanTable, every: Every) -> CalendarDays | Elapsed:
    """Every so many days or hours from the start of the validity."""
    length = every.length
    assert length is not None  # noqa: S101 - what is not of months has a length
    days, hours = divmod(length.hours, _DAY_H)
    is_calendar = length.is_calendar or _begins_with_a_day(table)
    if is_calendar and not length.is_in_hours:
        return CalendarDays(days, table.reset_time or MIDNIGHT)
    return Elapsed(days, hours)


def _begins_with_a_day(table: PlanTable) -> bool:
    if table.starts_on is not None:
        return table.starts_on.is_date
    return table.validity is not None and table.validity.kind == "days_calendar"


def _anchor(begin: Start | None, zone: ZoneInfo) -> date | None:
    if begin is None:
        return None
    return datetime.fromtimestamp(second_of(begin, zone), zone).date()


def validity_of(table: PlanTable, zone: ZoneInfo) -> Validity:
    """How long the plan lasts, and what begins it.

    Args:
        table: checked values.
        zone: the plan's.
    """
    if table.validity is not None:
        return table.validity
    begin, length, by = table.starts_on, table.valid, table.activate_by
    validity = Validity(
        start=None if begin is None or begin.is_event else plan_second(begin, zone),
        starts_on=begin if begin is not None and begin.is_event else "fixed",  # type: ignore[arg-type]
        activate_by=None
        if by is None or by.days is not None
        else plan_second(by, zone),
        activate_by_days=None if by is None else by.days,
        on_deadline=table.on_deadline or "lapse",
    )
    if length is None:
        return validity
    days, hours = divmod(length.hours, _DAY_H)
    if length.is_calendar or (begin is not None and begin.is_date):
        reset = table.reset_time or MIDNIGHT
        return replace(validity, kind="days_calendar", days=days, reset_time=reset)
    return replace(validity, kind="elapsed", days=days, hours=hours)
