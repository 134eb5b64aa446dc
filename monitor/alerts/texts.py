"""The words of alerts: what happened, by whom, what is left, what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from monitor.units import exact_duration, format_duration, format_size

if TYPE_CHECKING:
    from monitor.alerts.judging import Watched
    from monitor.alerts.rates import Rate

_LONGEST_NAME: Final = 60


def warning(watched: Watched, limit_bytes: int, now_s: int) -> tuple[str, str]:
    """Title and body when a share of the limit is used.

    Args:
        watched: the plan; something remains.
        limit_bytes: of this cycle.
        now_s: UTC seconds.
    """
    status = watched.status
    left_bytes = status.remaining_bytes or 0
    pct = (limit_bytes - left_bytes) * 100 // limit_bytes
    title = f"Plan {status.id}: {pct} % of {format_size(limit_bytes)} used"
    until = _until(watched, now_s)
    left = f"{format_size(left_bytes)} left{f' until {until}' if until else ''}."
    return title, f"{_used(watched)} {left}\n{_look(watched)}"


def limit(watched: Watched, limit_bytes: int, now_s: int) -> tuple[str, str]:
    """Title and body when nothing remains.

    Args:
        watched: the plan.
        limit_bytes: of this cycle.
        now_s: UTC seconds.
    """
    title = f"Plan {watched.status.id}: nothing left of {format_size(limit_bytes)}"
    until = _until(watched, now_s)
    more = f"More data may cost extra or be slow{f' until {until}' if until else ''}."
    return title, f"{_used(watched)} {more}\n{_look(watched)}"


def rate(moved: Rate, within_s: int) -> tuple[str, str]:
    """Title and body when a program moves much behind a person's back.

    Args:
        moved: who, where and how much.
        within_s: in how many seconds.
    """
    application = _short(moved.mover.application)
    title = f"{application} moved {format_size(moved.bytes)} in the background"
    plan = f", paid by plan {moved.mover.plan}" if moved.mover.plan else ""
    where = f"Within {exact_duration(within_s)} on {moved.mover.network}{plan}."
    return title, (
        f"{where}\nWhat it was: esimmon report --since 1h --by process. "
        "If it may: add it to allow in [background]."
    )


def _used(watched: Watched) -> str:
    used = f"{format_size(watched.status.used_bytes)} used"
    eater = watched.eater() if watched.eater else None
    if eater is None:
        return f"{used}."
    application, amount = eater
    return f"{used}, most by {_short(application)} ({format_size(amount)})."


def _until(watched: Watched, now_s: int) -> str:
    """When the cycle ends, in the plan's own days; empty when it never does."""
    end_s = watched.status.cycle_end
    if end_s is None:
        return ""
    end = datetime.fromtimestamp(end_s, watched.plan.zone)
    left = format_duration(max(0, end_s - now_s))
    return f"{end.day} {end:%b %H:%M %Z} (in {left})"


def _look(watched: Watched) -> str:
    return f"Who used it: esimmon report --plan {watched.status.id} --period cycle"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
