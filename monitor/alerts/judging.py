"""When an alert is raised, noted, cleared: a function of what holds and what was told.

The rules, for a plan, within one cycle: a warning is told at the highest percent that
is newly reached; when nothing remains only the limit speaks, and the percents count as
told. Use that falls (the carrier's figure, a top-up) makes the percents above it ready
to be told again; something that remains does so for the limit. A new cycle begins with
nothing told; an old one that comes back with the clock does not.

For a program: told when it moves the given bytes within the window, again only when it
had fallen below half of them and a whole window has passed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from monitor.alerts import texts
from monitor.alerts.model import (
    BACKGROUND_RATE,
    DATA_LIMIT,
    DATA_WARNING,
    Alert,
    Change,
    Cleared,
    Key,
    Noted,
    Raised,
    Told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitor.alerts.rates import Mover, Rate
    from monitor.plans.model import Plan
    from monitor.plans.standing import PlanStatus


@dataclass(frozen=True, slots=True)
class Watched:
    """A plan, how it stands, and who used most of it.

    Attributes:
        plan: percents at which to warn, and the zone for times.
        status: how it stands now.
        eater: finds the program that used most in this cycle, with its bytes; called
            only when there is something to tell.
    """

    plan: Plan
    status: PlanStatus
    eater: Callable[[], tuple[str, int] | None] | None = None


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
) -> list[Change]:
    """What changed since the last judgement.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        plans: every plan that there is, with its standing at `now_s`.
        rates: the rule, what each program moved within the window, and whether a whole
            window was watched.

    Returns:
        Changes in the order in which they are to be told; `told.after(changes)` is
        what was told then.
    """
    watched = list(plans)
    changes = [change for each in watched for change in _plan(told, now_s, each)]
    known = {each.status.id for each in watched}
    changes += [
        Cleared(key, now_s, rearmed=False)
        for key in told.open
        if key.kind != BACKGROUND_RATE and key.subject not in known
    ]
    return changes + list(_programs(told, now_s, *rates))


def _plan(told: Told, now_s: int, watched: Watched) -> Iterator[Change]:
    status = watched.status
    start_s, limit_bytes = status.cycle_start, status.limit_bytes
    for key in told.open:
        if key.kind == BACKGROUND_RATE or key.subject != status.id:
            continue
        # A later cycle stays: the clock went back, and will come forward again.
        if start_s is None or not limit_bytes or key.since_s < start_s:
            yield Cleared(key, now_s, rearmed=False)
    if start_s is not None and limit_bytes:
        left_bytes = status.remaining_bytes or 0
        taken_bytes = limit_bytes - left_bytes
        yield from _rearmed(told, now_s, watched, taken_bytes)
        yield from _warnings(told, now_s, watched, taken_bytes)
        key = Key(DATA_LIMIT, start_s, "100", status.id)
        if not left_bytes and key not in told.marks:
            title, body = texts.limit(watched, limit_bytes, now_s)
            yield Raised(_of_plan(key, title, body), now_s)


def _rearmed(
    told: Told, now_s: int, watched: Watched, taken_bytes: int
) -> Iterator[Change]:
    """What was told in this cycle and does not hold any more."""
    status = watched.status
    for key in told.marks:
        mine = key.subject == status.id and key.since_s == status.cycle_start
        if not mine or key.kind not in (DATA_WARNING, DATA_LIMIT):
            continue
        if not _reached(int(key.step), taken_bytes, status.limit_bytes or 0):
            yield Cleared(key, now_s, rearmed=True)


def _warnings(
    told: Told, now_s: int, watched: Watched, taken_bytes: int
) -> Iterator[Change]:
    status, limit_bytes = watched.status, watched.status.limit_bytes or 0
    keys = [
        Key(DATA_WARNING, status.cycle_start or 0, str(pct), status.id)
        for pct in sorted(watched.plan.warn_pct)
        if _reached(pct, taken_bytes, limit_bytes)
    ]
    for key in keys:
        if key in told.marks:
            continue
        # One below a percent that was told (added by a reload) is no news.
        if key is keys[-1] and status.remaining_bytes:
            title, body = texts.warning(watched, limit_bytes, now_s)
            yield Raised(_of_plan(key, title, body), now_s)
        else:
            yield Noted(key, now_s)


def _reached(pct: int, taken_bytes: int, limit_bytes: int) -> bool:
    return taken_bytes * 100 >= pct * limit_bytes


def _of_plan(key: Key, title: str, body: str) -> Alert:
    return Alert(
        key=key,
        plan=key.subject,
        application="",
        network="",
        detail=key.step,
        title=title,
        body=body,
    )


def _programs(
    told: Told,
    now_s: int,
    rule: RateRule,
    rates: Sequence[Rate],
    is_complete: bool,  # noqa: FBT001 - unpacked from a tuple
) -> Iterator[Change]:
    moved: dict[Key, Rate] = {}
    for rate in rates:
        # The largest comes first; a second is the same program under another plan.
        moved.setdefault(_key(rate.mover), rate)
    for key in told.open:
        if key.kind != BACKGROUND_RATE:
            continue
        now_bytes = moved[key].bytes if key in moved else 0
        quiet = is_complete and now_bytes * 2 < rule.rate_bytes
        if quiet or rule.allows(told.open[key].alert.application):
            yield Cleared(key, now_s, rearmed=False)
    for key, rate in moved.items():
        if rate.bytes < rule.rate_bytes or rule.allows(rate.mover.application):
            continue
        at_s = told.marks.get(key)
        recent = at_s is not None and 0 <= now_s - at_s < rule.within_s
        if key not in told.open and not recent:
            yield Raised(_of_program(key, rate, rule.within_s), now_s)


def _key(mover: Mover) -> Key:
    return Key(BACKGROUND_RATE, 0, "", f"{mover.network}/{mover.application}")


def _of_program(key: Key, rate: Rate, within_s: int) -> Alert:
    title, body = texts.rate(rate, within_s)
    return Alert(
        key=key,
        plan=rate.mover.plan,
        application=rate.mover.application,
        network=rate.mover.network,
        detail=f"{rate.mover.application}:{rate.bytes}",
        title=title,
        body=body,
    )
