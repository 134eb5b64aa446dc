"""How often `app.unusual` is told of what is none, and how often it misses what is.

    python tests/benchmarks/unusual.py [--machines 40] [--weeks 26] [--times 4]

Generated machines (`people`), always on a network that costs, with thirty programs
each. Every alert of such a history is a false alarm. Then anomalies are put in, one at
a time, at random hours that are known: five times as much as usual and the floor, in 5
to 60 minutes; "usual" is the most that the program moved in any hour, or the most at
this hour of the week alone. Beside the rule, two that are simpler: `plain` looks at
this hour of the week alone, `record` at all hours alike. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.alerts.habits import WEEKS, Habits, Past, UnusualRule, is_near
from monitor.config.settings import Unusual
from tests.benchmarks.months import at_s, past_of, programs
from tests.benchmarks.people import DAY, WEEK, Machine

if TYPE_CHECKING:
    from collections.abc import Iterable

_UTC: Final = ZoneInfo("UTC")
_STEP: Final = 5  # minutes between two looks
_DAYS_A_MONTH: Final = 30


class Plain(Habits):
    """As much as `times` the most at this hour of the week."""

    def _is_avoided(self, reached: Iterable[int], at: int, _: int) -> bool:
        return not any(is_near(each, at, WEEK) for each in reached)


class Record(Habits):
    """As much as `times` the most in any hour."""

    def _is_avoided(self, *_: object) -> bool:
        return False


class Found(NamedTuple):
    """What came of some machines.

    Attributes:
        months: that they ran, in all.
        false: alarms by kind of program.
        hidden: anomalies by what they are measured by.
        caught: of these, those that were told.
    """

    months: float
    false: Counter[str]
    hidden: Counter[str]
    caught: Counter[str]

    def __str__(self) -> str:
        """In one line, with the most frequent in a second."""
        rates = ", ".join(
            f"{what}: {100 * self.caught[what] / count:.1f} % of {count}"
            for what, count in self.hidden.items()
        )
        kinds = ", ".join(
            f"{kind} {count / self.months:.2f}"
            for kind, count in self.false.most_common()
        )
        false = self.false.total() / self.months
        return f"{false:.2f} false alarms a month; caught {rates}\n    false: {kinds}"


class Life:
    """A machine, watched from the week on in which enough is known."""

    def __init__(self, seed: int, weeks: int, rule: UnusualRule) -> None:
        self.machine = Machine(seed, weeks)
        self.programs = programs(self.machine)
        self.rule = rule
        self._past = past_of(self.programs, rule.least_bytes)

    def look(self, kind: type[Habits], found: Found) -> Found:
        """Count what one rule does of this machine."""
        for week in range(WEEKS, self.machine.weeks):
            since_s = at_s((week - WEEKS) * WEEK)
            habits = kind(self._past.then(self._newest(), since_s), _UTC)
            hours = range(week * WEEK, (week + 1) * WEEK)
            for name, program in self.programs.items():
                found.false[program.kind] += self._alarms(habits, name, hours)
                self._hide(habits, name, hours, found)
        months = (self.machine.weeks - WEEKS) * 7 / _DAYS_A_MONTH
        return found._replace(months=found.months + months)

    def _newest(self) -> Past:
        return Past(least_bytes=self.rule.least_bytes)

    def _alarms(self, habits: Habits, name: str, hours: range) -> int:
        """How often a program is told of in a week: once a day at most."""
        program, count, told = self.programs[name], 0, -DAY
        for hour in hours:
            near = program.hours.get(hour, 0) + program.hours.get(hour - 1, 0)
            if near < self.rule.floor_bytes or hour - told < DAY:
                continue
            if self._is_told(habits, name, hour, [0] * (60 // _STEP)):
                count, told = count + 1, hour
        return count

    def _is_told(self, habits: Habits, name: str, hour: int, more: list[int]) -> bool:
        """Whether a program is told of while it moves so much more, step by step."""
        program = self.programs[name]
        for number, extra in enumerate(more, 1):
            later, minute = divmod(number * _STEP - 1, 60)
            amount = program.within_hour(hour + later, minute + 1) + extra
            now_s = at_s(hour + later, minute)
            if habits.broken(name, amount, now_s, self.rule):
                return True
        return False

    def _hide(self, habits: Habits, name: str, hours: range, found: Found) -> None:
        """Put in an anomaly of each size at an hour of the week, if that is known."""
        random = Random(f"{name} {hours.start}")  # noqa: S311 - no secret
        program, floor_bytes = self.programs[name], self.rule.floor_bytes
        hour = random.choice(hours[:-1])
        begin, length = (
            random.randrange(0, 60, _STEP),
            random.choice([5, 10, 20, 45, 60]),
        )
        is_known = habits.broken(name, 1 << 50, at_s(hour), self.rule) is not None
        if hour not in self.machine.on or not is_known:
            return
        before = range(hour - WEEKS * WEEK, hour - 1)
        used = {each: program.hours.get(each, 0) for each in before}
        here = (used[each] for each in before if is_near(each, hour, WEEK))
        for what, usual in (("any hour", max(used.values())), ("hour", max(here))):
            extra = 5 * usual + floor_bytes
            steps = [
                extra * max(0, min(minute - begin, length)) // length
                for minute in range(_STEP, begin + length + _STEP, _STEP)
            ]
            found.hidden[what] += 1
            found.caught[what] += self._is_told(habits, name, hour, steps)


def nothing() -> Found:
    """Before the first machine."""
    return Found(0, Counter(), Counter(), Counter())


def main() -> None:
    """Print what each rule does."""
    default = Unusual()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=40)
    parser.add_argument("--weeks", type=int, default=2 * WEEKS)
    parser.add_argument("--times", type=int, default=default.times)
    parser.add_argument("--floor", type=int, default=default.floor_bytes)
    given = parser.parse_args()
    rule = UnusualRule(given.floor, given.times, default.weeks)
    founds = {kind: nothing() for kind in (Habits, Plain, Record)}
    for seed in range(given.machines):
        life = Life(seed, given.weeks, rule)
        for kind, found in founds.items():
            founds[kind] = life.look(kind, found)
    for kind, found in founds.items():
        print(f"{kind.__name__.lower():7}{found}")
    print(f"{founds[Habits].months:.0f} months of machines with 30 programs; {rule}")


if __name__ == "__main__":
    main()
