"""Who used most of a plan: what an alert tells besides."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.store import queries
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.alerts import Watched
    from monitor.plans.terms import Plan
    from monitor.store.batch import Batch
    from monitor.store.engine import Store
    from monitor.usage import Attachment, Traffic


def largest_eater(
    store: Store,
    batch: Batch,
    seen: Watched,
    at_s: int,
    is_paid: Callable[[Attachment], bool],
) -> tuple[str, int] | None:
    """The program that used most of a plan in this cycle, with its bytes.

    Args:
        store: has what was committed.
        batch: what was not yet.
        seen: the plan.
        at_s: UTC second of the last tick.
        is_paid: whether the plan pays for a network on a device now.

    Returns:
        None where nobody is known, or the store cannot be read.
    """
    start_s = seen.status.cycle_start
    if start_s is None:
        return None
    cycle = Interval(start_s, at_s + 1)
    moved: Counter[str] = Counter()
    try:
        rows = queries.explanation(store, cycle)
    except StoreError:
        return None
    for row in rows:
        if row.billed and row.application and is_paid(row.where):
            moved[row.application] += _charged(seen.plan, row.traffic)
    for (piece, where, share), traffic in batch.explanation.items():
        is_inside = cycle.from_s <= piece.from_s < cycle.to_s
        if is_inside and where.billed and share.application and is_paid(where):
            moved[share.application.name] += _charged(seen.plan, traffic)
    return next(iter(moved.most_common(1)), None)


def _charged(plan: Plan, traffic: Traffic) -> int:
    """The bytes that cost, in the direction that counts."""
    if plan.count == "both":
        return traffic.bytes
    return traffic.rx_bytes if plan.count == "rx" else traffic.tx_bytes
