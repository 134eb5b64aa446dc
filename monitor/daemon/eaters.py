"""Who used most of a plan: what an alert tells besides."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from monitor.errors import StoreError
from monitor.store import queries
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.alerts import Watched
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
    wanted = Wanted(Interval(start_s, at_s + 1), is_paid, seen.plan.count)
    try:
        moved = eaters(store, batch, wanted)
    except StoreError:
        return None
    return next(iter(moved.most_common(1)), None)


class Wanted(NamedTuple):
    """Whose bytes are asked for.

    Attributes:
        period: half-open.
        is_counted: whether those of a network on a device are.
        direction: that counts: "rx", "tx" or "both".
    """

    period: Interval
    is_counted: Callable[[Attachment], bool]
    direction: str = "both"

    def has(self, piece: Interval, where: Attachment) -> bool:
        """Whether what was moved there in a piece of time is billed, and meant."""
        is_inside = self.period.from_s <= piece.from_s < self.period.to_s
        return is_inside and where.billed and self.is_counted(where)


def eaters(store: Store, batch: Batch, wanted: Wanted) -> Counter[str]:
    """The programs that used something, with their bytes.

    Args:
        store: has what was committed.
        batch: what was not yet.
        wanted: whose bytes.

    Raises:
        StoreError: the database cannot be read.
    """
    moved: Counter[str] = Counter()
    period, is_counted, direction = wanted
    for row in queries.explanation(store, period):
        if row.billed and row.application and is_counted(row.where):
            moved[row.application] += _charged(direction, row.traffic)
    for (piece, where, share), traffic in batch.explanation.items():
        if share.application and wanted.has(piece, where):
            moved[share.application.name] += _charged(direction, traffic)
    return moved


def billed_bytes(store: Store, batch: Batch, wanted: Wanted) -> int:
    """All that the interfaces moved, whoever it was.

    Args:
        store: has what was committed.
        batch: what was not yet.
        wanted: whose bytes.

    Raises:
        StoreError: the database cannot be read.
    """
    period, is_counted, direction = wanted
    moved = [
        row.l3
        for row in queries.interface_bills(store, period)
        if row.billed and is_counted(row.where)
    ]
    for (piece, where), bill in batch.bill.items():
        if wanted.has(piece, where):
            moved.append(bill.l3)
    return sum(_charged(direction, each) for each in moved)


def _charged(direction: str, traffic: Traffic) -> int:
    """The bytes that cost, in the direction that counts."""
    if direction == "both":
        return traffic.bytes
    return traffic.rx_bytes if direction == "rx" else traffic.tx_bytes
