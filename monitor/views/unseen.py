"""Which processes moved their bytes in the background, as far as that is known.

A process is kept by the hour and without its class; programs are kept with it. Where
all that a program moved for a user in an hour and place was in the background, so was
what each of its processes did. Where only a part was, nobody knows whose it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.store import queries
from monitor.usage import Interval
from monitor.views.question import BACKGROUND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.engine import Store
    from monitor.store.queries import ExplanationRow, ProcessUsage


def background_processes(store: Store, period: Interval) -> list[ProcessUsage]:
    """What processes moved of which it is known that it was in the background.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each process and place.

    Raises:
        StoreError: the database cannot be read.
    """
    hours = queries.process_hours(store, period)
    found: dict[tuple[object, ...], ProcessUsage] = {}
    for hour, rows in zip(hours, queries.explanation_of(store, hours), strict=True):
        unseen = _unseen(rows)
        for usage in queries.process_usage(store, hour):
            if _of(usage) in unseen:
                key = (usage.pid, usage.started_s, usage.where, usage.application)
                found[key] = _together(found.get(key), usage)
    return list(found.values())


def _unseen(rows: Iterable[ExplanationRow]) -> set[tuple[object, ...]]:
    """Programs of users that moved all of it in the background."""
    moved = [row for row in rows if row.traffic]
    unseen = {_of(row) for row in moved if row.app_class == BACKGROUND}
    return unseen - {_of(row) for row in moved if row.app_class != BACKGROUND}


def _of(row: ExplanationRow | ProcessUsage) -> tuple[object, ...]:
    return row.where, row.application, row.uid


def _together(before: ProcessUsage | None, usage: ProcessUsage) -> ProcessUsage:
    if before is None:
        return usage
    return replace(
        usage,
        traffic=before.traffic + usage.traffic,
        interval=Interval(before.interval.from_s, usage.interval.to_s),
    )
