"""Dropping what is old, in steps so short that the writer hardly notices.

Spans go when their hour and its day are summed, hours when their day is; days stay for
ever. What a plan that lives needs stays longer, unless the size of the database forbids
it, and that is an event. The mark of how far was dropped moves in the same transaction
as the first row goes, so that no query ever sums half an hour. Rows of processes go
after a week, and beyond a number the smallest melt into one row for each application.
Networks at the other end go after some hours, and the small ones of an hour when it is
over.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.plans.localtime import NEVER
from monitor.plans.reaching import kept_since_s
from monitor.store import alerts, dropping, remotes, sizecap
from monitor.store.alert_tables import ALERT_MARKS, ALERTS
from monitor.store.melting import Melting
from monitor.store.pool_tables import POOL_USAGE
from monitor.store.schema import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from monitor.store.engine import Store

    Step = Callable[[Connection, int], int]

_DAY_S = 86_400
_STEP_ROWS = 1000  # of one transaction; spans and hours take what hangs on them along
_PAUSE_S = 0.002  # between two transactions: a waiting flush gets its turn

MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things are kept.

    Attributes:
        slots_s: spans.
        hours_s: clock hours, events, alerts that are over, what a pool said.
        processes_s: rows of processes.
        size_bytes: of the database without its free pages and its log.
        process_rows: the most rows of processes.
        remotes_s: networks at the other end; 0 for not at all.
        remotes_top: of them, for each application and hour that is over.
        needed_since_s: UTC second from which on plans need spans; at most 400 days.
        surely_s: UTC second that is over for sure: what a wrong clock calls old stays.
            Networks at the other end are a short memory, and go by any clock.
    """

    slots_s: int = 62 * _DAY_S
    hours_s: int = 400 * _DAY_S
    processes_s: int = 7 * _DAY_S
    size_bytes: int = 200_000_000
    process_rows: int = 50_000
    remotes_s: int = 0
    remotes_top: int = 20
    needed_since_s: int = NEVER
    surely_s: int = NEVER


@dataclass(slots=True)
class Purged:
    """What one run did.

    Attributes:
        dropped: rows by table, without those that hung on them; `melted` are rows of
            processes, `folded` those of networks, that went into another row.
        more: whether it stopped because it had done enough; run it again.
        over_size: whether the database is larger than it may be although everything
            went that may go.
    """

    dropped: dict[str, int] = field(default_factory=dict)
    more: bool = False
    over_size: bool = False


def purge(
    store: Store, now_s: int, limits: Limits, max_rows: int = MOST_ROWS
) -> Purged:
    """Drop what is older than the limits, then what is too much.

    Args:
        store: open for writing.
        now_s: UTC second now.
        limits: how long things are kept.
        max_rows: the most rows of each kind in this run.

    Returns:
        What was done.

    Raises:
        StoreError: what was dropped until then stays dropped.
    """
    purged = Purged()
    for table, step in _steps(now_s, limits).items():
        done = _repeat(store, step, max_rows)
        purged.dropped[table] = done
        purged.more |= done >= max_rows
    before_s = sizecap.spans_since_s(store)
    _fit(store, now_s, limits.size_bytes, max_rows, purged)
    if before_s <= limits.needed_since_s < sizecap.spans_since_s(store):
        sizecap.note_missed(store, now_s, limits.needed_since_s)
    sizecap.give_back(store)
    return purged


def _steps(now_s: int, limits: Limits) -> dict[str, Step]:
    """What is old, by table, in the order in which it goes."""
    surely_s = min(now_s, limits.surely_s)
    slots_s = kept_since_s(limits.needed_since_s, surely_s, limits.slots_s)
    hours_s = surely_s - limits.hours_s
    processes_s = surely_s - limits.processes_s
    # Those of an hour that goes on count as kept at least until it is over.
    remotes_s = now_s - limits.remotes_s
    old_words = POOL_USAGE.c.from_s < hours_s
    old_events = EVENTS.c.at_s < hours_s
    old_alerts = ALERTS.c.cleared_s < hours_s
    old_marks = alerts.old_marks(hours_s)
    return {
        "spans": lambda c, n: dropping.drop_spans(c, slots_s, n),
        "hours": lambda c, n: dropping.drop_hours(c, hours_s, n),
        "process_hours": lambda c, _: dropping.drop_process_hours(c, processes_s),
        "melted": Melting(limits.process_rows).step,
        "remote_hours": lambda c, _: remotes.drop_oldest(c, remotes_s),
        "folded": lambda c, n: remotes.fold_hours(c, now_s, limits.remotes_top, n),
        "processes": dropping.drop_processes,
        "applications": dropping.drop_applications,
        "pool_usage": lambda c, n: dropping.drop(c, POOL_USAGE, old_words, n),
        "events": lambda c, n: dropping.drop(c, EVENTS, old_events, n),
        "alerts": lambda c, n: dropping.drop(c, ALERTS, old_alerts, n),
        "alert_marks": lambda c, n: dropping.drop(c, ALERT_MARKS, old_marks, n),
    }


def _repeat(store: Store, step: Step, max_rows: int) -> int:
    """Take a step, a transaction each, until nothing is left or enough was done."""
    total = 0
    while total < max_rows:
        with store.begin(durable=False) as connection:
            done = step(connection, min(_STEP_ROWS, max_rows - total))
        if not done:
            break
        total += done
        time.sleep(_PAUSE_S)
    return total


def _fit(
    store: Store, now_s: int, size_bytes: int, max_rows: int, purged: Purged
) -> None:
    """Drop the oldest of what goes first until the database is small enough."""
    total = 0
    while sizecap.used_bytes(store) > size_bytes:
        if total >= max_rows:
            purged.more = True
            return
        table, rows = sizecap.drop_oldest(store, now_s)
        if not rows:
            purged.over_size = True
            return
        purged.dropped[table] = purged.dropped.get(table, 0) + rows
        total += rows
