"""The words of alerts about a program; `words` has those of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.units import exact_duration, format_size

if TYPE_CHECKING:
    from monitor.alerts.rates import Rate

_LONGEST_NAME: Final = 60


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


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
