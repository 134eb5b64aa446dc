"""Times of a plan as people write them: "30 days", "month", "first_use", a date.

Whether days are those of the calendar or blocks of 24 hours depends on what the plan
begins with: a date, or an instant and whatever happens at an instant. Who means days
of the calendar all the same writes "30 calendar days".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from monitor.config.values import Instant, Moment, as_moment
from monitor.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

_HOUR_S: Final = 3600
_DAY_H: Final = 24
_MOST_H: Final = 3660 * _DAY_H
_MOST_MONTHS: Final = 120
_SUNDAY: Final = 7
_MONTHS = re.compile(r"([0-9]{1,3}) ?months?", re.ASCII)
_CALENDAR = re.compile(r"([0-9]{1,4}) ?calendar days?", re.ASCII)
_PERIODS: Final = ("month", "week", "day")
_WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
EVENTS: Final = ("first_use", "first_attach", "purchase", "install")
"""What may begin a plan, beside a date and an instant."""
_LENGTH: Final = 'whole hours or days, from "1 h" to "3660 days"'
_BEGIN: Final = (
    'a date, such as "2026-11-20", or an instant, such as "2026-11-20T10:00:00+05:00", '
    f"or one of {', '.join(EVENTS)}"
)


class Length(str):
    """How long: "12 h", "30 days", or "30 calendar days"."""

    __slots__ = ()

    @property
    def hours(self) -> int:
        """The same in hours; of a calendar day 24."""
        number, _, unit = self.partition(" ")
        return int(number) * (1 if unit == "h" else _DAY_H)

    @property
    def is_in_hours(self) -> bool:
        """Whether it was written as hours."""
        return self.endswith("h")

    @property
    def is_calendar(self) -> bool:
        """Whether days of the calendar are meant whatever the plan begins with."""
        return "calendar" in self


class Every(str):
    """How often data comes anew: month, week, day, "3 months", or a `Length`."""

    __slots__ = ()

    @property
    def months(self) -> int | None:
        """Months from one to the next; None for what is not of months."""
        if self == "month":
            return 1
        match = _MONTHS.fullmatch(self)
        return int(match[1]) if match else None

    @property
    def length(self) -> Length | None:
        """The time from one to the next; None for months, weeks and single days."""
        return None if self in _PERIODS or self.months else Length(self)


class Start(Moment):
    """What a plan begins with: a date, an instant, or an event."""

    __slots__ = ()

    @property
    def is_event(self) -> bool:
        """Whether it is one of `EVENTS`."""
        return self in EVENTS

    @property
    def is_date(self) -> bool:
        """Whether it begins with a day of the calendar."""
        return not self.is_event and not self.is_instant

    @property
    def is_instant(self) -> bool:
        """Whether it has a time of day."""
        return "T" in self


class Deadline(str):
    """An instant, or whole days after the purchase."""

    __slots__ = ()

    @property
    def days(self) -> int | None:
        """Days after the purchase; None for an instant."""
        return None if "T" in self else Length(self).hours // _DAY_H


class Weekday(int):
    """1 for Monday to 7 for Sunday."""


def _length(found: object) -> Length:
    text = _lower(found)
    match = _CALENDAR.fullmatch(text)
    if match:
        length, hours = f"{int(match[1])} calendar days", int(match[1]) * _DAY_H
    else:
        # A bare number would be a time without its unit: always a misreading.
        length_s = None if text.isdigit() else parse_duration(text)
        hours, rest = divmod(length_s or 1, _HOUR_S)
        if rest:
            raise ValueError(f'{_LENGTH}, such as "30 days"')
        days, rest = divmod(hours, _DAY_H)
        is_in_hours = rest or text.endswith(("h", "hour", "hours"))
        length = f"{hours} h" if is_in_hours else f"{days} days"
    if not 1 <= hours <= _MOST_H:
        raise ValueError(_LENGTH)
    return Length(length)


def _every(found: object) -> Every:
    text = _lower(found)
    match = _MONTHS.fullmatch(text)
    if match and 1 <= int(match[1]) <= _MOST_MONTHS:
        months = int(match[1])
        return Every("month" if months == 1 else f"{months} months")
    try:
        return Every(text if text in _PERIODS else _length(found))
    except ValueError as error:
        allowed = '"month", "week", "day", or a time such as "30 days", "3 months"'
        raise ValueError(allowed) from error


def _start(found: object) -> Start:
    event = _lower(found).replace(" ", "_").replace("-", "_")
    if event in EVENTS:
        return Start(event)
    moment = as_moment(found)
    if moment is None:
        raise ValueError(_BEGIN)
    return Start(moment)


def _deadline(found: object) -> Deadline:
    moment = as_moment(found)
    if moment is not None and "T" in moment:
        return Deadline(Instant(moment))
    try:
        length = _length(found)
    except ValueError:
        length = Length("1 h")
    if length.is_in_hours or length.is_calendar:
        raise ValueError(
            'an instant, such as "2026-11-20T10:00:00+05:00", or days after the '
            'purchase, such as "30 days"'
        )
    return Deadline(length)


def _weekday(found: object) -> Weekday:
    name = _lower(found)
    for number, full in enumerate(_WEEKDAYS, start=1):
        if name in (full, full[:3]):
            return Weekday(number)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    if not is_number or not 1 <= int(str(found)) <= _SUNDAY:
        raise ValueError('a day such as "Monday", or from 1 (Monday) to 7')
    return Weekday(int(str(found)))


def _lower(found: object) -> str:
    return " ".join(found.lower().split()) if isinstance(found, str) else ""


DECODERS: Final[dict[type, Callable[[object], object]]] = {
    Length: _length,
    Every: _every,
    Start: _start,
    Deadline: _deadline,
    Weekday: _weekday,
}
"""How each of these is read; see `monitor.config.decoding`."""
