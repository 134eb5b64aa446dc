"""What this device moved for a plan that is shared, by hours, as the others are told.

Of applications only those are told that a rule of the plan itself names. An hour is
parted where the plan turns, so that nobody has to guess what came before and after.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from monitor.plans.periods import marks
from monitor.store.pool import Amount, Key
from monitor.store.samples import billed_attachments, samples

if TYPE_CHECKING:
    from monitor.daemon.planbook import Running
    from monitor.store.engine import Store
    from monitor.usage import Interval

HOUR_S: Final = 3600


def own_sums(
    store: Store, running: Running, period: Interval, since_s: int
) -> dict[Key, Amount]:
    """Sum up what is stored.

    Args:
        store: open, with everything flushed.
        running: the plan, judged.
        period: whole clock hours.
        since_s: UTC second; what was moved before is told by an earlier life.

    Returns:
        By what each sum is of; those of nothing are left out.

    Raises:
        StoreError: it cannot be read.
    """
    plan, belonging = running.agreement.plan.id, running.now.books.contract.belonging
    attachments = billed_attachments(store)
    claims = {place: running.claim.on(each) for place, each in attachments.items()}
    mine = {place: attachments[place] for place in claims if claims[place] is not None}
    matched = {place for place, is_ours in claims.items() if is_ours}
    edges = sorted({since_s, *_edges(running, period)})
    found: dict[Key, Amount] = {}
    for each in samples(store, period, mine, running.telling, matched):
        if each.from_s < since_s or not belonging.has(each, each.from_s):
            continue
        hour_s = each.from_s - each.from_s % HOUR_S
        edge_s = edges[bisect_right(edges, each.from_s) - 1]
        key = Key(
            str(plan),
            max(hour_s, edge_s),
            each.mcc or "",
            each.tethered,
            each.app or "",
            each.member or "",
        )
        before = found.get(key, Amount(0, 0, 0))
        found[key] = Amount(
            max(before.to_s, each.to_s),
            before.rx_bytes + each.rx_bytes,
            before.tx_bytes + each.tx_bytes,
        )
    return found


def _edges(running: Running, period: Interval) -> set[int]:
    """Where the plan turns in a period, and where that begins."""
    seen = running.seen.status
    ends = {edge for start_s, end_s, _ in seen.history for edge in (start_s, end_s)}
    ends.update((seen.cycle_start, seen.cycle_end, seen.validity_start))
    ends.update(marks(running.now, period))
    return {
        period.from_s,
        *(edge for edge in ends if edge is not None and edge in range(*period)),
    }
