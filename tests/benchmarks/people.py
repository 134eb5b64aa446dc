"""A person's machine, and thirty programs on it: what each might move, hour by hour.

People have rhythms (work, evenings, free days, holidays, days off), and programs have
tails: an update of a gigabyte at any hour, a film at noon, a photo that becomes a
thousand. Now and then a habit changes for good, or a program is new. All of it is drawn
from a seed. The people were not fitted to the rule; the rule's figures were chosen by
generators like this one, so that what comes out is no independent check of them.
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

MB: Final = 1_000_000
DAY: Final = 24
WEEK: Final = 168
Moved: TypeAlias = "Iterator[tuple[int, int]]"
"""Hours of the history, and bytes."""


class Machine:
    """When a machine is on, and what its person does then.

    Attributes:
        random: of everything about it.
        weeks: of the history.
        on: hours in which it runs.
        awake: the first hour of a day, and the hour after the last.
        mood: how much more than usual is done, by day.
    """

    def __init__(self, seed: int, weeks: int) -> None:
        self.random = random = Random(seed)  # noqa: S311 - no secret
        self.weeks = weeks
        self.awake = random.choice([6, 7, 7, 8, 9]), random.choice([22, 23, 23, 24])
        at_night = random.choice([0, 0, 0.1, 1])
        self._holidays = {week for week in range(weeks) if random.random() < 0.1}
        self.on: set[int] = set()
        for day in range(weeks * 7):
            if random.random() < 0.06:
                continue
            for hour in range(day * DAY, (day + 1) * DAY):
                is_night = self.part(hour) == "night"
                if random.random() < (at_night if is_night else 0.92):
                    self.on.add(hour)
        self.mood = [math.exp(random.gauss(0, 0.3)) for _ in range(weeks * 7)]
        self.hours = sorted(self.on)

    def is_holiday(self, hour: int) -> bool:
        """Whether the week of an hour is one."""
        return hour // WEEK in self._holidays

    def part(self, hour: int) -> str:
        """Night, work, evening, edge (of a day of work), or free."""
        day, clock = divmod(hour % WEEK, DAY)
        if not self.awake[0] + (day > 4) <= clock < self.awake[1]:
            return "night"
        if day > 4 or self.is_holiday(hour):
            return "free"
        if 9 <= clock < 17:
            return "work"
        return "evening" if clock >= 18 else "edge"

    def some_hour(self) -> int:
        """Any at which it is on."""
        return self.random.choice(self.hours)

    def clock(self) -> int:
        """Any hour of the day at which its person is awake."""
        return self.random.randrange(*self.awake)

    def size(self, median: float, spread: float) -> int:
        """Bytes, as most things are large: half of them more than the median."""
        return int(median * math.exp(self.random.gauss(0, spread)))

    def tail(self, least: int, most: int, shape: float = 1.2) -> int:
        """Bytes without a usual size."""
        return int(min(most, least * self.random.paretovariate(shape)))


def _often(machine: Machine, chances: dict[str, float]) -> Iterator[int]:
    for hour in machine.hours:
        if machine.random.random() < chances.get(machine.part(hour), 0):
            yield hour


def _spread(hour: int, amount: int, rate: int) -> Moved:
    hours = amount // rate + 1
    for number in range(hours):
        yield hour + number, amount // hours


AWAKE: Final = {"free": 0.5, "work": 0.6, "evening": 0.6, "edge": 0.4, "night": 0.02}


def browser(machine: Machine) -> Moved:
    """Pages all day, and now and then a download or a film."""
    base = machine.random.choice([8, 20, 40]) * MB
    for hour in _often(machine, AWAKE):
        yield hour, machine.size(base * machine.mood[hour // DAY], 1.1)
        if machine.random.random() < 0.03:
            yield hour, machine.size(300 * MB, 0.8)


def video(machine: Machine) -> Moved:
    """Some evenings, and sometimes at another hour."""
    random = machine.random
    chance = random.uniform(0.15, 0.5)
    for day in range(machine.weeks * 7):
        drawn = random.random()
        if drawn > chance + 0.08:
            continue
        clock = random.choice([19, 20, 20, 21]) if drawn < chance else machine.clock()
        rate = machine.size(800 * MB, 0.4)
        for number in range(random.choice([1, 2, 2, 3])):
            yield day * DAY + clock + number, int(rate * random.uniform(0.3, 1))


def chat(machine: Machine) -> Moved:
    """Words, and sometimes what people send each other."""
    for hour in _often(machine, AWAKE):
        yield hour, machine.size(MB, 1)
        if machine.random.random() < 0.01:
            yield hour, machine.tail(20 * MB, 1000 * MB, 1.3)


def sync(machine: Machine) -> Moved:
    """A folder: small changes, and sometimes all photos of a week."""
    random = machine.random
    awake = dict.fromkeys(("free", "work", "evening", "edge"), 0.4)
    for hour in _often(machine, awake):
        yield hour, machine.size(2 * MB, 1.3)
    for _ in range(int(machine.weeks * random.uniform(0.5, 2))):
        amount = machine.tail(40 * MB, 5000 * MB)
        yield from _spread(machine.some_hour(), amount, 1500 * MB)


def system(machine: Machine) -> Moved:
    """Updates: a look every day, some most weeks, much once in a while."""
    random = machine.random
    fixed = random.choice([None, machine.clock()])
    for day in range(machine.weeks * 7):
        yield day * DAY + machine.clock(), machine.size(2 * MB, 0.5)
    for week in range(machine.weeks):
        hour = machine.some_hour()
        if fixed is not None:
            day = week * 7 + random.randrange(7)
            hour = day * DAY + fixed + random.randrange(2)
        if random.random() < 0.7:
            yield hour, machine.size(120 * MB, 0.8)
        if random.random() < 0.2:
            yield machine.some_hour(), machine.size(900 * MB, 0.5)


def updater(machine: Machine) -> Moved:
    """One program's updates, of much the same size, when the machine is next on."""
    random = machine.random
    every, size = random.uniform(7, 35), random.choice([30, 80, 150, 300]) * MB
    for hour in _often(machine, dict.fromkeys(AWAKE, 0.05)):
        yield hour, MB // 10
    day = random.uniform(0, every)
    while day < machine.weeks * 7:
        due = int(day * DAY)
        near = [hour for hour in range(due, due + 30) if hour in machine.on]
        if near:
            yield random.choice(near[:4]), machine.size(size, 0.25)
        day += every * random.uniform(0.6, 1.4)


def meetings(machine: Machine) -> Moved:
    """The same calls each week, some that are missed, and some that nobody planned."""
    random = machine.random
    at_work = [day * DAY + clock for day in range(5) for clock in range(9, 17)]
    planned = random.sample(at_work, random.randint(2, 7))
    for week in range(machine.weeks):
        begin = week * WEEK
        if machine.is_holiday(begin):
            continue
        for hour in planned:
            if random.random() < 0.85:
                yield begin + hour, machine.size(500 * MB, 0.3)
        if random.random() < 0.8:
            yield begin + random.choice(at_work), machine.size(450 * MB, 0.4)
        if random.random() < 0.15:
            evening = random.randrange(7) * DAY + random.randrange(18, 22)
            yield begin + evening, machine.size(600 * MB, 0.4)


def backup(machine: Machine) -> Moved:
    """Every day at one hour, and all of it every four weeks."""
    random = machine.random
    clock, full = random.choice([12, 13, 20, 21]), random.randrange(28)
    for day in range(machine.weeks * 7):
        if random.random() < 0.9:
            late = random.random() < 0.1
            yield day * DAY + clock + late, machine.size(40 * MB, 0.8)
        if day % 28 == full:
            yield from _spread(
                day * DAY + clock, machine.size(3000 * MB, 0.3), 2000 * MB
            )


def music(machine: Machine) -> Moved:
    """Some hours of some days."""
    random = machine.random
    for day in range(machine.weeks * 7):
        if random.random() < 0.5:
            begin = day * DAY + random.randrange(8, 19)
            for number in range(random.randint(1, 5)):
                yield begin + number, machine.size(70 * MB, 0.25)


def building(machine: Machine) -> Moved:
    """Packages and images of a developer: any size, while at it."""
    for hour in _often(machine, {"work": 0.3}):
        yield hour, machine.size(MB, 1.5)
    for _ in range(int(machine.weeks * machine.random.uniform(1, 5))):
        hour = machine.some_hour()
        if machine.part(hour) != "night":
            yield hour, machine.tail(40 * MB, 4000 * MB, 1.1)


def game(machine: Machine) -> Moved:
    """Little when it is played, and gigabytes when it is made anew."""
    for hour in _often(machine, {"evening": 0.2, "free": 0.2}):
        yield hour, machine.size(30 * MB, 0.5)
    for _ in range(machine.weeks // 5 + 1):
        amount = machine.tail(500 * MB, 20_000 * MB, 1.1)
        yield from _spread(machine.some_hour(), amount, 3000 * MB)


def small(machine: Machine) -> Moved:
    """Clocks, widgets, telemetry."""
    chance = machine.random.choice([0.05, 0.5, 1])
    median = machine.random.choice([MB // 50, MB // 5, MB])
    for hour in _often(machine, dict.fromkeys(AWAKE, chance)):
        yield hour, machine.size(median, 0.8)


PROGRAMS: Final = (
    *(browser,) * 2,
    video,
    *(chat,) * 5,
    *(sync,) * 2,
    *(system,) * 2,
    *(updater,) * 4,
    meetings,
    backup,
    music,
    *(building,) * 2,
    game,
    *(small,) * 8,
)
STEADY: Final = (browser, video, meetings, music)
"""They take most of an hour; what others move comes at once."""
