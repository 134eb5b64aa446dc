"""The words of the alerts of a plan: what happened, what is left, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.alerts import model
from monitor.moments import Clocks
from monitor.units import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.alerts.holding import Holding, Watched

_LONGEST_NAME: Final = 60
Words = tuple[str, str]
"""Title and body."""


def words(holds: Holding, watched: Watched, now_s: int) -> Words:
    """What a person reads.

    Args:
        holds: what is told.
        watched: the plan.
        now_s: UTC seconds.

    Returns:
        Title and body.
    """
    return _WORDS[holds.key.kind](holds, watched, now_s)


def _warning(_: Holding, watched: Watched, now_s: int) -> Words:
    status = watched.status
    limit_bytes, left_bytes = status.limit_bytes or 0, status.remaining_bytes or 0
    pct = (limit_bytes - left_bytes) * 100 // limit_bytes
    title = f"Plan {watched.plan.id}: {pct} % of {format_size(limit_bytes)} used"
    return title, f"{_used(watched)} {left(watched, now_s)}\n{_look(watched)}"


def _limit(_: Holding, watched: Watched, now_s: int) -> Words:
    limit = format_size(watched.status.limit_bytes or 0)
    title = f"Plan {watched.plan.id}: nothing left of {limit}"
    until = _until(watched, now_s)
    more = {
        "throttled": f"It goes on, slowed down to {watched.status.kbps} kbit/s",
        "overage": "More data costs extra",
        "free": "More data is free",
    }.get(watched.status.state, "More data may cost extra or be slow")
    body = f"{more}{f' until {until}' if until else ''}."
    return title, f"{_used(watched)} {body}\n{_look(watched)}"


def _soon(holds: Holding, watched: Watched, now_s: int) -> Words:
    end_s = holds.key.since_s
    title = f"Plan {watched.plan.id} ends in {format_duration(end_s - now_s)}"
    left_bytes = watched.status.remaining_bytes
    left = f" {format_size(left_bytes)} left." if left_bytes is not None else ""
    note = f"Bought again? Note it: esimmon plan renew {watched.plan.id}"
    return title, f"It ends {_local(watched, end_s, now_s)}.{left}\n{note}"


def _deadline(holds: Holding, watched: Watched, now_s: int) -> Words:
    end_s = holds.key.since_s
    left = format_duration(end_s - now_s)
    title = f"Plan {watched.plan.id} must be used within {left}"
    happens = "is lost"
    if watched.plan.validity.on_deadline == "autostart":
        happens = "begins by itself"
    return title, (
        f"Not activated by {_local(watched, end_s, now_s)}, it {happens}.\n"
        f"Activated already? Note it: esimmon plan activate {watched.plan.id}"
    )


def _expired(holds: Holding, watched: Watched, now_s: int) -> Words:
    title = f"Plan {watched.plan.id} has ended"
    ended = _local(watched, holds.key.since_s, now_s)
    return title, (
        f"It ended {ended}. More data may cost extra.\n"
        f"Bought again? Note it: esimmon plan renew {watched.plan.id}"
    )


def _lapsed(holds: Holding, watched: Watched, now_s: int) -> Words:
    title = f"Plan {watched.plan.id} was never activated, and is over"
    return title, (
        f"The last moment was {_local(watched, holds.key.since_s, now_s)}.\n"
        f"What it says: esimmon plan show {watched.plan.id}"
    )


def _rapid(_: Holding, watched: Watched, now_s: int) -> Words:
    forecast, limit_bytes = watched.forecast, watched.status.limit_bytes or 0
    projected = format_size(forecast.rapid_projected_bytes or 0)
    title = f"Plan {watched.plan.id}: data goes much faster than it may"
    until = _until(watched, now_s)
    return title, (
        f"As in the last days it would be {projected} of {format_size(limit_bytes)}"
        f"{f' by {until}' if until else ''}.\n{_look(watched)}"
    )


def _budget(_: Holding, watched: Watched, __: int) -> Words:
    forecast = watched.forecast
    today = format_size(forecast.today_bytes or 0)
    budget = format_size(forecast.daily_budget_bytes or 0)
    title = f"Plan {watched.plan.id}: {today} today, {budget} were for the day"
    left = format_size(watched.status.remaining_bytes or 0)
    days = forecast.remaining_days
    return title, (
        f"{left} left for {days} day{'' if days == 1 else 's'}.\n{_look(watched)}"
    )


def _roaming(holds: Holding, watched: Watched, __: int) -> Words:
    title = f"Plan {watched.plan.id} is not valid in this country"
    outside = format_size(watched.status.uncovered_bytes)
    return title, (
        f"Country {holds.key.step} is not in the plan. {outside} in this cycle are "
        "not in it either; they may be billed as roaming.\n"
        f"Where it is valid: esimmon plan show {watched.plan.id}"
    )


def _member(holds: Holding, watched: Watched, now_s: int) -> Words:
    name = _short(holds.key.what)
    used = format_size(watched.status.members[holds.key.what].used_bytes)
    until = _until(watched, now_s)
    title = f"Plan {watched.plan.id}: {name} has used all of the share"
    return title, (
        f"{used} used{f'; the next share comes {until}' if until else ''}.\n"
        f"Who may use what: esimmon plan members {watched.plan.id}"
    )


def _overage(_: Holding, watched: Watched, __: int) -> Words:
    status = watched.status
    blocks = status.overage_blocks or 0
    title = (
        f"Plan {watched.plan.id}: {blocks} extra block{'' if blocks == 1 else 's'}, "
        f"{status.overage_cost} so far"
    )
    beyond = format_size(status.overage_bytes)
    return title, f"{beyond} beyond the plan in this cycle.\n{_look(watched)}"


def _background(holds: Holding, watched: Watched, __: int) -> Words:
    app = _short(holds.key.what)
    moved = format_size(int(holds.detail.rpartition(":")[2]))
    window = watched.plan.alerts.background
    hours = ""
    if window is not None:
        start, end = (
            divmod(each, 60) for each in (window.window.start, window.window.end)
        )
        hours = f" between {start[0]:02}:{start[1]:02} and {end[0]:02}:{end[1]:02}"
    title = f"{app} moved {moved}{hours} on {watched.plan.id}"
    return title, (
        "Who was at work: esimmon report --period last-night --by process.\n"
        "If it may: add it to allow in the plan's background window."
    )


def _drift(holds: Holding, watched: Watched, __: int) -> Words:
    delta_bytes = int(holds.detail)
    which = "more" if delta_bytes > 0 else "less"
    amount = format_size(abs(delta_bytes))
    title = f"Plan {watched.plan.id}: the carrier counts {amount} {which}"
    return title, (
        "Used without this machine, or counted otherwise than IP packets are.\n"
        f"What was noted: esimmon plan ledger {watched.plan.id}"
    )


def _used(watched: Watched) -> str:
    used = f"{format_size(watched.status.used_bytes)} used"
    eater = watched.eater()
    if eater is None:
        return f"{used}."
    application, amount = eater
    return f"{used}, most by {_short(application)} ({format_size(amount)})."


def left(watched: Watched, now_s: int) -> str:
    """What is left of a plan and until when, one sentence; empty without a limit.

    Args:
        watched: the plan.
        now_s: UTC seconds.
    """
    left_bytes, until = watched.status.remaining_bytes, _until(watched, now_s)
    if left_bytes is None:
        return ""
    return f"{format_size(left_bytes)} left{f' until {until}' if until else ''}."


def _until(watched: Watched, now_s: int) -> str:
    """When the cycle ends, in the plan's own days; empty when it never does."""
    end_s = watched.status.cycle_end
    if end_s is None:
        return ""
    left = format_duration(max(0, end_s - now_s))
    return f"{_local(watched, end_s, now_s)} (in {left})"


def _local(watched: Watched, at_s: int, now_s: int) -> str:
    """An instant in the plan's zone, and the reader's where clocks differ."""
    zone = watched.plan.tz
    return Clocks(zone, watched.viewer or zone, now_s).moment(at_s)


def _look(watched: Watched) -> str:
    return f"Who used it: esimmon report --plan {watched.plan.id} --period cycle"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


_WORDS: Final[dict[str, Callable[[Holding, Watched, int], Words]]] = {
    model.DATA_WARNING: _warning,
    model.DATA_LIMIT: _limit,
    model.EXPIRY_SOON: _soon,
    model.ACTIVATION_DEADLINE: _deadline,
    model.EXPIRY_EXPIRED: _expired,
    model.EXPIRY_LAPSED: _lapsed,
    model.DATA_RAPID: _rapid,
    model.DATA_BUDGET_DAY: _budget,
    model.ROAMING_UNCOVERED: _roaming,
    model.MEMBER_LIMIT: _member,
    model.OVERAGE_BLOCK: _overage,
    model.BACKGROUND_USE: _background,
    model.SYNC_DRIFT: _drift,
}
