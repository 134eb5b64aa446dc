"""`app.unusual`: a program moves much more than it ever did at such an hour.

What it moved within the last hour, on networks that cost, against its own habits: told
once a day, and over after one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from monitor.alerts import texts
from monitor.alerts.habits import HOUR_S, Habits, Past, UnusualRule, Usual
from monitor.alerts.model import APP_UNUSUAL
from monitor.alerts.of_networks import raised_or_noted
from monitor.alerts.of_programs import DAY_S, alert_of, key_of, over
from monitor.alerts.rates import Mover, Rate, Rates
from monitor.alerts.words import left
from monitor.usage import INTERNET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from monitor.alerts.holding import Watched
    from monitor.alerts.model import Change, Told
    from monitor.attribution.shares import Attributed
    from monitor.usage import Attachment


class Surge(NamedTuple):
    """A program that moves more than usual.

    Attributes:
        rate: who, where most of it, and how much within an hour.
        usual: what is.
    """

    rate: Rate
    usual: Usual


class Unusual:
    """What each program moves within an hour, and what it usually does.

    Attributes:
        rule: when that is too much; a reload replaces it.
        past: the hours that are over, as far as they are known.
    """

    def __init__(self, rule: UnusualRule, now_ns: int) -> None:
        """Know no habits yet: until then nothing is unusual.

        Args:
            rule: when a program moves more than usual.
            now_ns: CLOCK_BOOTTIME.
        """
        self.rule = rule
        self.past = Past()
        self._habits = Habits(self.past, ZoneInfo("UTC"))
        self._rates = Rates(HOUR_S, now_ns)

    def learn(self, past: Past, zone: ZoneInfo) -> None:
        """Know the habits anew; from any thread.

        Args:
            past: the hours that are over.
            zone: whose clock people live by.
        """
        self.past, self._habits = past, Habits(past, zone)

    def book(
        self,
        rows: Iterable[Attributed],
        at_ns: int,
        interval_s: float,
        plan_of: Callable[[Attachment], str | None],
    ) -> None:
        """Take in whose bytes a tick moved.

        Args:
            rows: all of it.
            at_ns: CLOCK_BOOTTIME of the tick.
            interval_s: length of the tick.
            plan_of: the plan that pays for a network on a device.
        """
        moved = []
        for row in rows:
            where, application = row.attachment, row.share.application
            costs = where.billed and where.metered is True
            if application is None or not costs or row.share.scope != INTERNET:
                continue
            mover = Mover(application.name, where.network, plan_of(where) or "")
            moved.append((mover, row.traffic.bytes))
        self._rates.add(moved, at_ns, interval_s)

    def found(self, now_s: int) -> list[Surge]:
        """The programs that are worth telling of, told before or not.

        Args:
            now_s: UTC seconds.
        """
        amounts: Counter[str] = Counter()
        most: dict[str, Mover] = {}
        for mover, amount in self._rates.largest():
            amounts[mover.application] += amount
            most.setdefault(mover.application, mover)
        surges = []
        for name, amount in amounts.items():
            usual = self._habits.broken(name, amount, now_s, self.rule)
            if usual is not None:
                surges.append(Surge(Rate(most[name], amount), usual))
        return surges


def judge_unusual(
    told: Told,
    now_s: int,
    found: Sequence[Surge],
    plans: Mapping[str, Watched],
    names: Mapping[str, str],
) -> list[Change]:
    """What changed since the last judgement.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        found: programs that move more than usual.
        plans: by id, all that there are.
        names: what networks are called, by key.
    """
    changes = over(APP_UNUSUAL, told, now_s)
    for rate, usual in found:
        at_s = told.marks.get(key_of(APP_UNUSUAL, rate))
        # Nor told again when the clock went back.
        if at_s is not None and now_s - at_s < DAY_S:
            continue
        mover = rate.mover
        rest = left(plans[mover.plan], now_s) if mover.plan in plans else ""
        words = texts.unusual(
            rate, usual, names.get(mover.network, mover.network), rest
        )
        alert = alert_of(APP_UNUSUAL, rate, words)
        changes.append(raised_or_noted(alert, now_s, plans))
    return changes
