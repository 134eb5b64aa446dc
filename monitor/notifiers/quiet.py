"""Quiet hours: times of each local day in which a person is told nothing but the worst.

They are times of the clock on the wall, looked at anew whenever there is something to
show. So neither midnight, nor a clock that is set forward for the summer, nor a night
that the machine slept through has to be reckoned with.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

from monitor import clock
from monitor.notifiers.manners import Urgency
from monitor.zones import local_zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_HOUR_MINUTES: Final = 60
_TIME: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY_TIMES: Final = re.compile(f"{_TIME}-{_TIME}", re.ASCII)


class DayTimes(str):
    """A part of each day as local times, "22:00-07:00"; empty for none."""

    __slots__ = ()

    @classmethod
    def read(cls, found: object) -> Self | None:
        """What somebody wrote.

        Args:
            found: of any type.

        Returns:
            None where it is no such thing.
        """
        text = found.replace(" ", "") if isinstance(found, str) else None
        if text == "":
            return cls()
        if text is None or not _DAY_TIMES.fullmatch(text) or text[:5] == text[6:]:
            return None
        return cls(text)

    def has(self, minute: int) -> bool:
        """Whether a minute of the day, from 0, is inside."""
        if not self:
            return False
        begin, end = (_minute(text) for text in self.split("-"))
        if begin < end:
            return begin <= minute < end
        return minute >= begin or minute < end


def waits(urgency: Urgency, quiet: DayTimes, minute: int) -> bool:
    """Whether an alert is to be told later, if it still holds then.

    Args:
        urgency: of the alert.
        quiet: when a person wants to be left alone.
        minute: of the local day, from 0.
    """
    return urgency is not Urgency.CRITICAL and quiet.has(minute)


def minute_of_day(at_s: int, zone: ZoneInfo) -> int:
    """What a clock on the wall shows, as minutes from 0.

    Args:
        at_s: UTC second.
        zone: where it hangs.
    """
    there = datetime.fromtimestamp(at_s, zone)
    return there.hour * _HOUR_MINUTES + there.minute


def minute_now() -> int:
    """The minute of the day by this machine's clock and time zone."""
    return minute_of_day(clock.now_s(), local_zone(os.environ))


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * _HOUR_MINUTES + int(minutes)
