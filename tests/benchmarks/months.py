"""Months of a generated machine, as the daemon would see them; see `people`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.alerts.habits import HOUR_S, Past
from tests.benchmarks.people import PROGRAMS, STEADY, WEEK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.benchmarks.people import Machine, Moved

MONDAY_S: Final = 1_741_564_800
"""2025-03-10 00:00:00 UTC, where a history begins."""


class Program(NamedTuple):
    """What one program moved.

    Attributes:
        kind: what it is.
        hours: bytes of each hour.
        bursts: the first minute of it in that hour, and how many it took.
    """

    kind: str
    hours: dict[int, int]
    bursts: dict[int, tuple[int, int]]

    def within_hour(self, hour: int, minute: int) -> int:
        """Bytes of the sixty minutes up to a minute of an hour."""
        before = self.hours.get(hour - 1, 0) - self._until(hour - 1, minute)
        return before + self._until(hour, minute)

    def _until(self, hour: int, minute: int) -> int:
        amount = self.hours.get(hour, 0)
        if not amount:
            return 0
        begin, length = self.bursts[hour]
        return amount * max(0, min(minute - begin, length)) // length


def programs(machine: Machine) -> dict[str, Program]:
    """All programs of a machine, some with a habit that changed."""
    return {
        f"{make.__name__}-{number}": _program(machine, make)
        for number, make in enumerate(PROGRAMS)
    }


def _program(machine: Machine, make: Callable[[Machine], Moved]) -> Program:
    random = machine.random
    hours = _drawn(machine, make)
    if random.random() < 0.12:  # from some week on it is used otherwise
        week = random.randrange(5, machine.weeks)
        later = _drawn(machine, make)
        hours = {hour: hours[hour] for hour in hours if hour < week * WEEK}
        hours |= {hour: later[hour] for hour in later if hour >= week * WEEK}
    if random.random() < 0.08:  # nobody had it before some week
        week = random.randrange(1, machine.weeks)
        hours = {hour: hours[hour] for hour in hours if hour >= week * WEEK}
    bursts = {}
    for hour in hours:
        is_steady = make in STEADY and random.random() < 0.8
        length = 60 if is_steady else random.choice([5, 10, 20, 40])
        bursts[hour] = random.randrange(0, 61 - length, 5), length
    return Program(make.__name__, hours, bursts)


def _drawn(machine: Machine, make: Callable[[Machine], Moved]) -> dict[int, int]:
    moved: Counter[int] = Counter()
    for hour, amount in make(machine):
        if hour in machine.on:
            moved[hour] += amount
    return dict(moved)


def past_of(found: Mapping[str, Program], least_bytes: int) -> Past:
    """All hours of a machine, as its store would have them.

    Args:
        found: its programs.
        least_bytes: hours with less are left out.
    """
    return Past(
        frozenset(at_s(hour) for each in found.values() for hour in each.hours),
        {name: at_s(min(each.hours)) for name, each in found.items() if each.hours},
        {
            (at_s(hour), name): amount
            for name, each in found.items()
            for hour, amount in each.hours.items()
            if amount >= least_bytes
        },
        least_bytes,
    )


def at_s(hour: int, minute: int = 0) -> int:
    """UTC second of a minute of an hour of the history."""
    return MONDAY_S + hour * HOUR_S + minute * 60
