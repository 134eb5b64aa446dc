"""The rows of a report by process, which are kept by the hour and not all of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from monitor.usage import Traffic
from monitor.views.rows import (
    OTHER_PROCESSES,
    Place,
    ProcessName,
    Row,
    merged,
    sums,
)
from monitor.views.subjects import Records, explained, residual

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.store.queries import ProcessUsage

UNKNOWN = "unknown"
"""The class of processes, which are kept without it."""


def by_process(records: Records, app_class: str = UNKNOWN) -> list[Row]:
    """Rows of processes, and of what the explanation holds beyond them.

    Processes are kept by the hour and for some days only, the smallest ones are merged:
    the rest of each application is a row `other-processes`. It can be negative at the
    edges of a period inside an hour.

    Args:
        records: bills, explanation and processes of the same places.
        app_class: which one they are all of, where that is known.

    Returns:
        One row for each process or remainder and place, the reasons and what is left.
    """
    # Merged rows of small processes have no pid, and those of a service or user whose
    # processes cannot be seen a negative one: they are in the remainder.
    processes = [
        _process(usage, app_class) for usage in records.processes if usage.pid > 0
    ]
    rows = [explained(row) for row in records.explanation]
    known: defaultdict[tuple[Place, str | None], Traffic] = defaultdict(Traffic)
    for row in processes:
        known[row.place, row.application] += row.traffic
    owned = [row for row in rows if row.is_owned]
    remainders = [
        Row(
            place=place,
            application=name,
            reason=OTHER_PROCESSES,
            app_class=app_class,
            traffic=rest,
        )
        for (place, name), rest in _remainders(owned, known).items()
    ]
    unowned = merged(row for row in rows if not row.is_owned)
    return merged(processes) + remainders + unowned + residual(records)


def _process(usage: ProcessUsage, app_class: str) -> Row:
    return Row(
        place=Place(usage.interface, usage.network),
        traffic=usage.traffic,
        application=usage.application,
        app_class=app_class,
        process=ProcessName(
            pid=usage.pid,
            started_s=usage.started_s,
            comm=usage.comm,
            exe=usage.exe,
            uid=usage.uid,
        ),
        active=usage.interval,
    )


def _remainders(
    owned: Iterable[Row], known: dict[tuple[Place, str | None], Traffic]
) -> dict[tuple[Place, str | None], Traffic]:
    owned_sums = sums(((row.place, row.application), row.traffic) for row in owned)
    return {
        key: rest
        for key in dict.fromkeys([*owned_sums, *known])
        if (rest := owned_sums.get(key, Traffic()) - known.get(key, Traffic()))
    }
