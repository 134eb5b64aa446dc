"""When an alert is raised, noted, cleared: a function of what holds and what was told.

What holds for a plan says `holding`. Each thing is told once; a graver one that speaks
for others has them noted as told. Use that falls (the carrier's figure, a top-up)
makes what it had reached ready to be told again; a new cycle begins with nothing told,
and an old one that comes back with the clock does not.

For a program: told when it moves the given bytes within the window, again only when it
had fallen below half of them and a whole window has passed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from monitor.alerts import texts
from monitor.alerts.holding import holding, reached
from monitor.alerts.model import (
    BACKGROUND_RATE,
    BACKGROUND_USE,
    DATA_WARNING,
    EVENTS,
    OF_NO_PLAN,
    REARMED,
    REMINDERS,
    Alert,
    Change,
    Cleared,
    Key,
    Noted,
    Raised,
    Told,
)
from monitor.alerts.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from monitor.alerts.holding import Holding, Watched
    from monitor.alerts.rates import Mover, Rate

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class RateRule:
    """How much a program may move in the background.

    Attributes:
        rate_bytes: from this on a person is told.
        within_s: in how many seconds.
        allow: shell patterns of programs that may.
    """

    rate_bytes: int
    within_s: int
    allow: Sequence[str] = ()

    def allows(self, application: str) -> bool:
        """Whether a program may move what it likes."""
        return any(fnmatchcase(application, pattern) for pattern in self.allow)


def judge(
    told: Told,
    now_s: int,
    plans: Iterable[Watched],
    rates: tuple[RateRule, Sequence[Rate], bool],
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[Change]:
    """What changed since the last judgement.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        plans: every plan that there is, with its standing at `now_s`.
        rates: the rule, what each program moved within the window, and whether a whole
            window was watched.
        names: what networks are called, by key.

    Returns:
        Changes in the order in which they are to be told; `told.after(changes)` is
        what was told then.
    """
    watched = list(plans)
    changes = [change for each in watched for change in _plan(told, now_s, each)]
    known = {each.plan.id for each in watched}
    changes += [
        Cleared(key, now_s, rearmed=False)
        for key in told.open
        if key.kind not in OF_NO_PLAN and key.plan not in known
    ]
    rule, found, is_complete = rates
    by_key = _by_key(found)
    changes += _quiet(told, now_s, rule, by_key, is_complete=is_complete)
    return changes + list(_programs(told, now_s, rule, by_key, names))


def _plan(told: Told, now_s: int, watched: Watched) -> Iterator[Change]:
    holds = list(holding(told, now_s, watched))
    yield from _cleared(told, now_s, watched, {each.key for each in holds})
    for each in holds:
        at_s = told.marks.get(each.key)
        is_told = at_s is not None
        if at_s is not None and each.again_s is not None:
            is_told = now_s - at_s < each.again_s
        if is_told:
            continue
        if each.speaks and each.key.kind not in watched.snoozed:
            yield Raised(_of_plan(each, watched, now_s), now_s)
        else:
            yield Noted(each.key, now_s)


def _cleared(
    told: Told, now_s: int, watched: Watched, holds: Collection[Key]
) -> Iterator[Change]:
    """What was told and does not hold any more."""
    start_s = watched.status.cycle_start
    for key in {*told.marks, *told.open}:
        if key.kind in OF_NO_PLAN or key.plan != watched.plan.id:
            continue
        if key.kind in EVENTS and key in told.open:
            if now_s - told.open[key].at_s >= _DAY_S:
                yield Cleared(key, now_s, rearmed=False)
            continue
        # Told later than now: the clock went back, and will come forward again.
        if key in holds or told.marks.get(key, 0) > now_s:
            continue
        # A percent that is still passed, and left out by a reload, is told already.
        is_below = key.kind != DATA_WARNING or not reached(int(key.step), watched)
        if key.kind in REARMED and key.since_s == start_s and is_below:
            yield Cleared(key, now_s, rearmed=True)
        # One of a later cycle stays, too.
        elif key in told.open and (key.since_s <= now_s or key.kind in REMINDERS):
            yield Cleared(key, now_s, rearmed=False)


def _of_plan(holds: Holding, watched: Watched, now_s: int) -> Alert:
    title, body = words(holds, watched, now_s)
    is_program = holds.key.kind == BACKGROUND_USE
    return Alert(
        key=holds.key,
        plan=watched.plan.id,
        application=holds.key.what if is_program else "",
        network="",
        detail=holds.detail,
        title=title,
        body=body,
    )


def _by_key(rates: Iterable[Rate]) -> dict[Key, Rate]:
    moved: dict[Key, Rate] = {}
    for rate in rates:
        # The largest comes first; a second is the same program under another plan.
        moved.setdefault(_key(rate.mover), rate)
    return moved


def _quiet(
    told: Told,
    now_s: int,
    rule: RateRule,
    moved: Mapping[Key, Rate],
    *,
    is_complete: bool,
) -> Iterator[Change]:
    """Programs that have ceased to move much."""
    for key in told.open:
        if key.kind != BACKGROUND_RATE:
            continue
        now_bytes = moved[key].bytes if key in moved else 0
        quiet = is_complete and now_bytes * 2 < rule.rate_bytes
        if quiet or rule.allows(told.open[key].alert.application):
            yield Cleared(key, now_s, rearmed=False)


def _programs(
    told: Told,
    now_s: int,
    rule: RateRule,
    moved: Mapping[Key, Rate],
    names: Mapping[str, str],
) -> Iterator[Change]:
    """Programs that move much now."""
    for key, rate in moved.items():
        if rate.bytes < rule.rate_bytes or rule.allows(rate.mover.application):
            continue
        at_s = told.marks.get(key)
        recent = at_s is not None and 0 <= now_s - at_s < rule.within_s
        if key not in told.open and not recent:
            place = names.get(rate.mover.network, rate.mover.network)
            told_as = texts.rate(rate, rule.within_s, place)
            yield Raised(_of_program(key, rate, told_as), now_s)


def _key(mover: Mover) -> Key:
    return Key(BACKGROUND_RATE, 0, "", f"{mover.network}/{mover.application}")


def _of_program(key: Key, rate: Rate, words_of_it: tuple[str, str]) -> Alert:
    title, body = words_of_it
    return Alert(
        key=key,
        plan=rate.mover.plan,
        application=rate.mover.application,
        network=rate.mover.network,
        detail=f"{rate.mover.application}:{rate.bytes}",
        title=title,
        body=body,
    )
