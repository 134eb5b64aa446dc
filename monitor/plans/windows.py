"""Windows of the day as intervals of instants: what is open, and until when."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import TYPE_CHECKING, Final

from monitor.plans.localtime import NEVER, day_begun, instant_of
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from monitor.plans.timing import Window

_WEEK: Final = 7
_KEPT: Final = 64
"""Weeks that are remembered; each is worked out anew when it is asked for again."""
_AHEAD: Final = 3
"""Weeks in which the next change is looked for; every window comes once in two."""


def occurrence(window: Window, day: int, zone: ZoneInfo) -> Interval | None:
    """A window as it is on one day.

    Args:
        window: when.
        day: ordinal of the local day on which it starts.
        zone: whose clocks.

    Returns:
        None on other weekdays, and where a change of the clocks swallows it.
    """
    if window.weekdays and date.fromordinal(day).isoweekday() not in window.weekdays:
        return None
    from_s = instant_of(day, window.start, zone)
    to_s = instant_of(day + (window.end <= window.start), window.end, zone)
    return Interval(from_s, to_s) if from_s < to_s else None


def occurrences(window: Window, zone: ZoneInfo, within: Interval) -> Iterator[Interval]:
    """A window wherever it meets an interval, in order of its start.

    Args:
        window: when.
        zone: whose clocks.
        within: the interval; a window that only touches it counts.

    Yields:
        The whole windows, not cut to the interval.
    """
    first = day_begun(within.from_s, 0, zone) - 2
    for day in range(first, day_begun(within.to_s, 0, zone) + 2):
        found = occurrence(window, day, zone)
        if found and found.from_s <= within.to_s and found.to_s >= within.from_s:
            yield found


class Openings:
    """The union of some windows, asked about instants.

    Weeks that were asked for are kept, so hundreds of windows cost no more than one.
    """

    __slots__ = ("_weeks", "_windows", "_zone")

    def __init__(self, windows: Sequence[Window], zone: ZoneInfo) -> None:
        """Take the windows and whose clocks they mean."""
        self._windows = tuple(dict.fromkeys(windows))
        self._zone = zone
        self._weeks: dict[int, list[int]] = {}

    def is_open(self, at_s: int) -> bool:
        """Whether one of them is open.

        Args:
            at_s: UTC seconds; a window is open at its start, not at its end.
        """
        return bisect_right(self._edges(self._week(at_s)), at_s) % 2 == 1

    def next_edge(self, at_s: int) -> int:
        """The next instant at which they open or close.

        Args:
            at_s: UTC seconds.

        Returns:
            After `at_s`; where nothing changes for weeks, an instant to ask again.
        """
        week, seen_s = self._week(at_s), at_s
        for each in range(week, week + _AHEAD):
            edges = self._edges(each)
            ahead = bisect_right(edges, seen_s)
            # A week's list says what is so within that week, its end included.
            ends_s = instant_of((each + 1) * _WEEK, 0, self._zone)
            if ahead < len(edges) and edges[ahead] <= ends_s:
                return edges[ahead]
            seen_s = ends_s
        return seen_s

    def next_opening(self, at_s: int) -> int:
        """When they open next.

        Args:
            at_s: UTC seconds.

        Returns:
            After `at_s`; `NEVER` if not within weeks.
        """
        edge_s = at_s
        for _ in range(_AHEAD):
            edge_s = self.next_edge(edge_s)
            if self.is_open(edge_s):
                return edge_s
        return NEVER

    def _week(self, at_s: int) -> int:
        return day_begun(at_s, 0, self._zone) // _WEEK

    def _edges(self, week: int) -> list[int]:
        """Opening, closing, opening … around a week, ascending."""
        edges = self._weeks.get(week)
        if edges is None:
            if len(self._weeks) >= _KEPT:
                self._weeks.clear()
            edges = self._weeks[week] = self._worked_out(week * _WEEK)
        return edges

    def _worked_out(self, monday: int) -> list[int]:
        days = range(monday - 2, monday + _WEEK + 2)
        found = [
            each
            for day in days
            for window in self._windows
            if (each := occurrence(window, day, self._zone))
        ]
        edges: list[int] = []
        for from_s, to_s in sorted(found):
            if edges and from_s <= edges[-1]:
                edges[-1] = max(edges[-1], to_s)
            else:
                edges += [from_s, to_s]
        return edges
