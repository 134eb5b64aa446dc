"""When: windows of the day, cycles, how long a plan lasts.

Instants are UTC seconds, wall times minutes after midnight in the plan's zone.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from monitor.plans.values import Minute, Second

Weekday = Annotated[int, Meta(ge=1, le=7)]
"""1 is Monday."""
DayOfMonth = Annotated[int, Meta(ge=1, le=31)]
Days = Annotated[int, Meta(ge=0, le=3660)]
Hours = Annotated[int, Meta(ge=0, le=87840)]
MIDNIGHT: Final = Minute(0)


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a contract: immutable, and no key is overlooked."""


class Window(Part, frozen=True):
    """A time of day; `end` at or before `start` is on the next day.

    Attributes:
        start: local wall time.
        end: the same; equal to `start` for 24 hours.
        weekdays: on which it starts; all when empty.
    """

    start: Minute
    end: Minute
    weekdays: tuple[Weekday, ...] = ()


class Month(Part, frozen=True, tag_field="kind", tag="month"):
    """From a day of the month to the same day some months later.

    Attributes:
        billing_day: 1 to 31; None for the anchor's day, or 1.
        reset_time: local wall time.
        month_end: a shorter month takes its last day, or the 1st of the next one.
        interval: months from one to the next.
        anchor: a date from whose month they are counted.
    """

    billing_day: DayOfMonth | None = None
    reset_time: Minute = MIDNIGHT
    month_end: Literal["clamp", "spill"] = "clamp"
    interval: Annotated[int, Meta(ge=1, le=120)] = 1
    anchor: date | None = None


class Week(Part, frozen=True, tag_field="kind", tag="week"):
    """From a weekday to the next."""

    weekday: Weekday = 1
    reset_time: Minute = MIDNIGHT


class Day(Part, frozen=True, tag_field="kind", tag="day"):
    """Each local day, however long it is."""

    reset_time: Minute = MIDNIGHT


class CalendarDays(Part, frozen=True, tag_field="kind", tag="days_calendar"):
    """Every n local days from that on which the validity began."""

    days: Annotated[int, Meta(ge=1, le=3660)]
    reset_time: Minute = MIDNIGHT


class Elapsed(Part, frozen=True, tag_field="kind", tag="elapsed"):
    """Every n times 24 hours, and hours, from the instant the validity began."""

    days: Days = 0
    hours: Hours = 0

    @property
    def length_s(self) -> int:
        """Seconds."""
        return self.days * 86_400 + self.hours * 3600


class Whole(Part, frozen=True, tag_field="kind", tag="whole"):
    """One cycle: the validity."""


Cycle = Month | Week | Day | CalendarDays | Elapsed | Whole

StartsOn = Literal["fixed", "purchase", "install", "first_use", "first_attach"]


class Validity(Part, frozen=True, kw_only=True):
    """How long a plan lasts, and what begins it.

    Attributes:
        kind: `open` never ends; `elapsed` after `days` of 24 hours and `hours`;
            `days_calendar` at the local `reset_time` after `days` days, of which the
            first is that of the activation; `fixed` at `end`.
        start: of `fixed`; also where an open plan begins.
        end: of `fixed`.
        days: of `elapsed` and `days_calendar`.
        hours: of `elapsed`.
        reset_time: of `days_calendar`.
        starts_on: what activates it.
        activate_by: the instant from which it is too late.
        activate_by_days: the same as days of 24 hours after the purchase.
        on_deadline: what happens then.
    """

    kind: Literal["open", "elapsed", "days_calendar", "fixed"] = "open"
    start: Second | None = None
    end: Second | None = None
    days: Days = 0
    hours: Hours = 0
    reset_time: Minute = MIDNIGHT
    starts_on: StartsOn = "fixed"
    activate_by: Second | None = None
    activate_by_days: Days | None = None
    on_deadline: Literal["lapse", "autostart"] = "lapse"

    @property
    def length_s(self) -> int:
        """Seconds of `elapsed`."""
        return self.days * 86_400 + self.hours * 3600
