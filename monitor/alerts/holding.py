"""What holds for a plan now, in the order in which a person is told.

Each rule gives every condition that holds, told before or not: what was told already
and what no longer holds is `judging`'s business. Within a rule the graver comes last;
where one speaks for the others, they are noted with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.alerts.model import (
    ACTIVATION_DEADLINE,
    BACKGROUND_USE,
    DATA_BUDGET_DAY,
    DATA_LIMIT,
    DATA_RAPID,
    DATA_WARNING,
    EXPIRY_EXPIRED,
    EXPIRY_LAPSED,
    EXPIRY_SOON,
    MEMBER_LIMIT,
    OVERAGE_BLOCK,
    ROAMING_UNCOVERED,
    SYNC_DRIFT,
    Key,
    Told,
)
from monitor.plans.forecast import Forecast, forecast
from monitor.plans.localtime import NEVER
from monitor.plans.status import Status, status
from monitor.plans.writing import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from monitor.plans.account import Account
    from monitor.plans.background import Night
    from monitor.plans.books import Drift
    from monitor.plans.terms import Plan

    Eater = Callable[[], tuple[str, int] | None]

_HOUR_S: Final = 3600


def nobody() -> tuple[str, int] | None:
    """Where it is not known who used most."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A plan, how it stands, and what of its life an alert may be about.

    Attributes:
        plan: what was bought.
        status: how it stands now.
        forecast: where that leads to.
        day_start_s: UTC second of the last midnight in the plan's zone.
        over_s: UTC second at which its validity ended; None while it has not.
        nights: those of which now is told.
        drifts: of its ledger.
        stays: in countries where it is not good: UTC second of the first sample, and
            the country.
        snoozed: kinds that are silent until the cycle ends.
        viewer: zone of who reads it; None for the plan's.
        turns_s: UTC second at which it changes by itself next; a day's end at the
            latest.
        eater: finds the program that used most in this cycle, with its bytes; called
            only when there is something to tell.
        member: the only one of those who share it that concerns who is told; empty for
            all of them.
    """

    plan: Plan
    status: Status
    forecast: Forecast
    day_start_s: int = 0
    over_s: int | None = None
    nights: Sequence[Night] = ()
    drifts: Sequence[Drift] = ()
    stays: Sequence[tuple[int, str]] = ()
    snoozed: Collection[str] = ()
    viewer: ZoneInfo | None = None
    turns_s: int = NEVER
    eater: Eater = nobody
    member: str = ""


def look_at(account: Account, at_s: int, eater: Eater = nobody) -> Watched:
    """A plan at an instant.

    Args:
        account: of the plan.
        at_s: UTC seconds, not before what was charged last.
        eater: finds who used most.

    Raises:
        PlanError: the account is beyond that instant.
    """
    seen = account.seen_at(at_s)
    days = seen.books.contract.days
    return Watched(
        plan=seen.plan,
        status=status(seen, at_s),
        forecast=forecast(seen, at_s),
        day_start_s=days.at(days.index(at_s)),
        over_s=seen.books.over_s,
        nights=seen.nights(at_s),
        drifts=seen.drifts,
        stays=seen.stays,
        snoozed=seen.snoozed,
        turns_s=seen.turns_s,
        eater=eater,
    )


class Holding(NamedTuple):
    """A condition that holds.

    Attributes:
        key: what it is about.
        detail: its figure, as plan-model has it.
        speaks: False where another one speaks for it.
        again_s: seconds after which it is told again; None for never.
    """

    key: Key
    detail: str
    speaks: bool = True
    again_s: int | None = None


def holding(told: Told, now_s: int, watched: Watched) -> Iterator[Holding]:
    """Everything that holds for a plan.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        watched: the plan at that moment.

    Yields:
        One condition after the other.
    """
    yield from _data(told, watched)
    yield from _soon(now_s, watched)
    yield from _over(watched)
    yield from _pace(watched)
    yield from _roaming(watched)
    yield from _members(watched)
    yield from _overage(told, watched)
    yield from _background(watched)
    yield from _drifts(watched)


def reached(pct: int, watched: Watched) -> bool:
    """Whether so many percent of the limit are used."""
    limit_bytes = watched.status.limit_bytes
    if not limit_bytes:
        return False
    taken_bytes = limit_bytes - (watched.status.remaining_bytes or 0)
    return taken_bytes * 100 >= pct * limit_bytes


def _data(told: Told, watched: Watched) -> Iterator[Holding]:
    status, plan = watched.status, watched.plan
    start_s = status.cycle_start or 0
    percents = sorted(p for p in set(plan.alerts.warn_pct) if reached(p, watched))
    told_pct = max(_warned(told, start_s, plan.id), default=0)
    for pct in percents:
        key = Key(DATA_WARNING, start_s, str(pct), plan.id)
        # One below a percent that was told (a reload may bring it) is no news.
        is_news = pct == percents[-1] and pct > told_pct
        yield Holding(key, key.step, speaks=is_news and bool(status.remaining_bytes))
    if status.limit_bytes and not status.remaining_bytes:
        yield Holding(Key(DATA_LIMIT, start_s, "100", plan.id), "100")


def _warned(told: Told, start_s: int, plan_id: str) -> Iterator[int]:
    """Percents that were told in this cycle, or that a graver alert spoke for."""
    for key in told.marks:
        is_of_plan = key.since_s == start_s and key.subject == plan_id
        if key.kind == DATA_WARNING and is_of_plan:
            yield int(key.step)


def ahead(watched: Watched) -> tuple[str, int | None]:
    """The end that a person is reminded of, after the kind of the reminder."""
    status = watched.status
    if status.state == "pending":
        return ACTIVATION_DEADLINE, status.activate_by
    return EXPIRY_SOON, status.validity_end


def _soon(now_s: int, watched: Watched) -> Iterator[Holding]:
    kind, end_s = ahead(watched)
    if end_s is None or end_s <= now_s:
        return
    hours = sorted(set(watched.plan.alerts.remind_before_h))
    due = [each for each in hours if end_s - now_s <= each * _HOUR_S]
    for each in reversed(due):
        step = f"{each}h"
        key = Key(kind, end_s, step, watched.plan.id)
        yield Holding(key, step, speaks=each == due[0])


def _over(watched: Watched) -> Iterator[Holding]:
    state, plan_id = watched.status.state, watched.plan.id
    if state == "expired" and watched.over_s is not None:
        key = Key(EXPIRY_EXPIRED, watched.over_s, "", plan_id)
        yield Holding(key, utc_text(watched.over_s))
    deadline_s = watched.status.activate_by
    if state == "lapsed" and deadline_s is not None:
        key = Key(EXPIRY_LAPSED, deadline_s, "", plan_id)
        yield Holding(key, utc_text(deadline_s))


def _pace(watched: Watched) -> Iterator[Holding]:
    terms, forecast = watched.plan.alerts, watched.forecast
    if terms.rapid is not None and forecast.rapid:
        yield Holding(
            Key(DATA_RAPID, 0, "", watched.plan.id),
            str(forecast.rapid_projected_bytes),
            again_s=terms.rapid.every_h * _HOUR_S,
        )
    budget_bytes = forecast.daily_budget_bytes
    today_bytes = forecast.today_bytes
    if not terms.budget_day or budget_bytes is None or not today_bytes:
        return
    if today_bytes >= budget_bytes and watched.status.remaining_bytes:
        key = Key(DATA_BUDGET_DAY, watched.day_start_s, "", watched.plan.id)
        yield Holding(key, str(budget_bytes))


def _roaming(watched: Watched) -> Iterator[Holding]:
    for start_s, mcc in watched.stays:
        key = Key(ROAMING_UNCOVERED, start_s, mcc, watched.plan.id)
        yield Holding(key, f"mcc={mcc}")


def _members(watched: Watched) -> Iterator[Holding]:
    start_s = watched.status.cycle_start or 0
    for name, member in watched.status.members.items():
        if watched.member not in {"", name}:
            continue
        allocation_bytes = member.allocation_bytes
        if allocation_bytes is not None and member.used_bytes >= allocation_bytes:
            key = Key(MEMBER_LIMIT, start_s, "", f"{watched.plan.id}/{name}")
            yield Holding(key, name)


def _overage(told: Told, watched: Watched) -> Iterator[Holding]:
    status, plan_id = watched.status, watched.plan.id
    start_s = status.cycle_start or 0
    blocks = status.overage_blocks or 0
    before = [
        int(key.step)
        for key in told.marks
        if key.kind == OVERAGE_BLOCK
        and key.since_s == start_s
        and key.subject == plan_id
    ]
    if blocks and blocks >= max(before, default=0):
        key = Key(OVERAGE_BLOCK, start_s, str(blocks), plan_id)
        yield Holding(key, f"{blocks}:{status.overage_cost}")


def _background(watched: Watched) -> Iterator[Holding]:
    terms = watched.plan.alerts.background
    if terms is None:
        return
    for night in watched.nights:
        for app, moved_bytes in sorted(night.apps.items()):
            if moved_bytes >= terms.bytes:
                subject = f"{watched.plan.id}/{app}"
                key = Key(BACKGROUND_USE, night.window.from_s, "", subject)
                yield Holding(key, f"{app}:{moved_bytes}")


def _drifts(watched: Watched) -> Iterator[Holding]:
    terms = watched.plan.alerts.sync_drift
    if terms is None:
        return
    for entry, delta_bytes, used_bytes in watched.drifts:
        moved_bytes = abs(delta_bytes)
        is_much = moved_bytes * 100 >= terms.pct * used_bytes
        if moved_bytes >= terms.bytes and is_much and delta_bytes:
            key = Key(SYNC_DRIFT, 0, "", f"{watched.plan.id}/{entry}")
            yield Holding(key, str(delta_bytes))
