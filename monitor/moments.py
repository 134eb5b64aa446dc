"""Instants for people: in the plan's zone, and in the viewer's where clocks differ."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


class Clocks(NamedTuple):
    """Whose clocks people look at.

    Attributes:
        plan: the plan's zone.
        viewer: that of who reads.
        now_s: UTC second; a year is written where it is not that of now.
    """

    plan: ZoneInfo
    viewer: ZoneInfo
    now_s: int

    def moment(self, at_s: int) -> str:
        """An instant, such as "17 Jun 11:00 PKT (14:00 CST)".

        Args:
            at_s: UTC seconds.
        """
        here = datetime.fromtimestamp(at_s, self.plan)
        there = datetime.fromtimestamp(at_s, self.viewer)
        text = f"{self._day(here)} {_hour(here)} {here.tzname()}"
        if here.utcoffset() == there.utcoffset():
            return text
        day = "" if here.date() == there.date() else f"{self._day(there)} "
        return f"{text} ({day}{_hour(there)} {there.tzname()})"

    def span(self, from_s: int, to_s: int) -> str:
        """From when until when, such as "10 Jun 11:00 - 17 Jun 11:00 PKT (14:00 CST)".

        Args:
            from_s: UTC seconds.
            to_s: the same.
        """
        begin = datetime.fromtimestamp(from_s, self.plan)
        is_same = begin.tzname() == datetime.fromtimestamp(to_s, self.plan).tzname()
        zone = "" if is_same else f" {begin.tzname()}"
        return f"{self._day(begin)} {_hour(begin)}{zone} - {self.moment(to_s)}"

    def edge(self, at_s: int) -> str:
        """An instant at which something begins or ends: its day, if it is midnight.

        Args:
            at_s: UTC seconds.

        Returns:
            Such as "1 Jul" where the viewer's clock shows the same, else as `moment`.
        """
        here = datetime.fromtimestamp(at_s, self.plan)
        there = datetime.fromtimestamp(at_s, self.viewer)
        if here.time() == time() and here.utcoffset() == there.utcoffset():
            return self._day(here)
        return self.moment(at_s)

    def hour(self, at_s: int) -> str:
        """An instant of today by its time alone, such as "10:40"; else as `moment`.

        Args:
            at_s: UTC seconds.
        """
        here = datetime.fromtimestamp(at_s, self.plan)
        today = datetime.fromtimestamp(self.now_s, self.plan)
        there = datetime.fromtimestamp(at_s, self.viewer)
        if here.date() == today.date() and here.utcoffset() == there.utcoffset():
            return _hour(here)
        return self.moment(at_s)

    def _day(self, local: datetime) -> str:
        this_year = datetime.fromtimestamp(self.now_s, self.plan).year
        year = "" if local.year == this_year else f" {local.year:04}"
        return f"{local.day} {local:%b}{year}"


def _hour(local: datetime) -> str:
    return f"{local:%H:%M}"  # seconds are for programs
