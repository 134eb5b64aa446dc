"""What a program usually moves at this hour of the week, from the hours of the past.

The statistic is the highest hour, of the last 13 weeks: at this hour of the week and
its two neighbours (people are late), and at any hour. What a program moves now is
unusual if it is `times` as much as both; or as the first alone, if the program avoids
this hour when it moves so much: by chance it had come five times, and it never did.

Why: most hours of most programs are empty, so that medians and deviations are 0; a
highest hour needs no distribution, and few data make it smaller but never wrong. The
hour of the week alone cries wolf: it comes 13 times in as many weeks, and of thirty
programs one has its update, film or folder nearly each day at an hour that knew none.
On 73 generated months of a machine (tests/benchmarks/unusual.py) that was 38 false
alarms a month; this is 0.9. The price is that what a program does at other hours, too,
passes: of anomalies five times as large as its highest hour 99 % are told; of those
five times as large as the highest at this hour of the week, 30 %.

Hours go by the clock on the wall, so that summer time moves no habit. Hours in which
no bytes of programs were seen on a network that may cost (machine off, at home, no
eBPF) are not known, and never count as empty.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from zoneinfo import ZoneInfo

HOUR_S: Final = 3600
_DAY: Final = 24
_WEEK: Final = 168
WEEKS: Final = 13
"""So far back habits go: a season."""
PAST_S: Final = WEEKS * _WEEK * HOUR_S
_SURE: Final = 5
"""So often it would have happened by chance: that it never did says something."""


@dataclass(frozen=True, slots=True)
class UnusualRule:
    """When a program moves more than usual.

    Attributes:
        floor_bytes: within an hour; less is never told.
        times: as much as ever before at such an hour, or more.
        weeks: of which this hour must be known.
    """

    floor_bytes: int
    times: int
    weeks: int

    @property
    def least_bytes(self) -> int:
        """An hour with less never makes a difference."""
        return self.floor_bytes // self.times


class Past(NamedTuple):
    """Clock hours on networks that may cost, from the oldest that counts.

    Attributes:
        seen: starts of those in which bytes of any program were seen, UTC seconds.
        first: of each program the first one.
        much: bytes by start and program, where they are `least_bytes` or more.
        least_bytes: in an hour.
    """

    seen: AbstractSet[int] = frozenset()
    first: Mapping[str, int] = {}
    much: Mapping[tuple[int, str], int] = {}
    least_bytes: int = 0

    def then(self, newer: Past, since_s: int) -> Past:
        """The same with what was read later.

        Args:
            newer: of the same least bytes; hours that were known may come again.
            since_s: UTC second; what is older is forgotten.
        """
        much = {**self.much, **newer.much}
        return Past(
            frozenset(each for each in self.seen | newer.seen if each >= since_s),
            {**newer.first, **self.first},
            {hour: much[hour] for hour in much if hour[0] >= since_s},
            newer.least_bytes,
        )


class Usual(NamedTuple):
    """What a program moved before.

    Attributes:
        here_bytes: the most in an hour at this time of the week; 0 for less than
            `least_bytes`.
        most_bytes: the most in any hour, likewise.
        least_bytes: what is less is not known exactly.
    """

    here_bytes: int
    most_bytes: int
    least_bytes: int


class Habits:
    """What every program moved in the hours that are known."""

    def __init__(self, past: Past, zone: ZoneInfo) -> None:
        """Learn it.

        Args:
            past: as the store has it.
            zone: whose clock people live by.
        """
        self._zone = zone
        self._least_bytes = past.least_bytes
        self._seen = frozenset(map(self._number, past.seen))
        self._first = {name: self._number(at_s) for name, at_s in past.first.items()}
        self._much: dict[str, dict[int, int]] = defaultdict(dict)
        for (at_s, name), amount in past.much.items():
            hours, number = self._much[name], self._number(at_s)
            # One number comes twice when clocks go back.
            hours[number] = max(amount, hours.get(number, 0))

    def _number(self, at_s: int) -> int:
        """The hours on the wall up to a second, from 1970 on."""
        ahead = datetime.fromtimestamp(at_s, self._zone).utcoffset() or timedelta()
        return (at_s + int(ahead.total_seconds())) // HOUR_S

    def broken(
        self, application: str, amount: int, now_s: int, rule: UnusualRule
    ) -> Usual | None:
        """Whether what a program moved within the last hour is unusual.

        Args:
            application: which program.
            amount: bytes.
            now_s: UTC seconds.
            rule: how much that is.

        Returns:
            What is usual; None if this is, or if too little is known.
        """
        at, first = self._number(now_s), self._first.get(application)
        is_enough = amount >= max(rule.floor_bytes, rule.times * self._least_bytes)
        if not is_enough or first is None or self._weeks(at, first) < rule.weeks:
            return None
        # What goes on now is no habit yet.
        much = self._much.get(application, {})
        before = {each: much[each] for each in much if each < at - 1}
        reached = {each for each in before if before[each] * rule.times > amount}
        if reached and not self._is_avoided(reached, at, first):
            return None
        here = (before[each] for each in before if is_near(each, at, _WEEK))
        most = max(before.values(), default=0)
        return Usual(max(here, default=0), most, self._least_bytes)

    def _weeks(self, at: int, first: int) -> int:
        """Of how many weeks this hour is known."""
        near = (
            range(at - week * _WEEK - 1, at - week * _WEEK + 2)
            for week in range(1, WEEKS + 1)
        )
        return sum(
            any(each >= first and each in self._seen for each in hours)
            for hours in near
        )

    def _is_avoided(self, reached: Iterable[int], at: int, first: int) -> bool:
        """Whether a program keeps to other hours when it moves much.

        Args:
            reached: hours in which it did.
            at: the hour now.
            first: hour of the program.
        """
        seen = [each for each in self._seen if first <= each < at - 1]
        hours = [*reached]
        for period in (_WEEK, _DAY):
            if any(is_near(each, at, period) for each in hours):
                continue
            days = {
                (each - at + 1) // _DAY for each in seen if is_near(each, at, period)
            }
            if len(days) * len(hours) >= _SURE * len(seen):
                return True
        return False


def is_near(hour: int, at: int, period: int) -> bool:
    """Whether an hour is the same as another of each period, or next to it."""
    return (hour - at + 1) % period <= 2  # noqa: PLR2004 - before, the same, after
