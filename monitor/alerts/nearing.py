"""How much may be used before a plan has something new to tell. Pure.

A floor: what is used of other buckets, in the direction that does not count, or free of
charge brings a plan no nearer; then it is looked at too early, and never too late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.alerts.holding import Watched


def bytes_to_next(watched: Watched) -> int | None:
    """The fewest bytes after which an alert about usage can hold that does not now.

    Args:
        watched: the plan as it stands.

    Returns:
        At least 1; None where nothing that is used is told of.
    """
    found = (left_bytes for left_bytes in _ahead(watched) if left_bytes > 0)
    return min(found, default=None)


def _ahead(watched: Watched) -> Iterator[int]:
    status, plan = watched.status, watched.plan
    limit_bytes, remaining_bytes = status.limit_bytes, status.remaining_bytes
    if limit_bytes and remaining_bytes is not None:
        taken_bytes = limit_bytes - remaining_bytes
        for pct in plan.alerts.warn_pct:
            yield -(-pct * limit_bytes // 100) - taken_bytes
        yield remaining_bytes
    for member in status.members.values():
        if member.allocation_bytes is not None:
            yield member.allocation_bytes - member.used_bytes
    if plan.alerts.budget_day:
        yield watched.forecast.left_today_bytes or 0
    if not remaining_bytes and limit_bytes is not None:
        yield from _blocks(watched)


def _blocks(watched: Watched) -> Iterator[int]:
    """Of tiers with blocks of several sizes the nearest end: early, never late."""
    for tier in watched.plan.overage:
        if tier.block_bytes:
            yield -watched.status.overage_bytes % tier.block_bytes + 1
