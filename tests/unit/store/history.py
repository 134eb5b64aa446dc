"""Days of usage for the tests that roll up and drop, and ways to look at them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.store.batch import Batch, Event, ProcessHour, ProcessRow
from monitor.store.retention import Limits
from monitor.usage import Bill, Interval, Traffic
from tests.unit.store.builders import (
    DAY_S,
    FIREFOX,
    HOUR_S,
    KERNEL,
    T0,
    WWAN,
    bill,
    billed,
    contents,
    explained,
    process,
    share,
    traffic,
)

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store

UTC_ZONE = ZoneInfo("UTC")
KOLKATA = ZoneInfo("Asia/Kolkata")
DAYS = 12
NOW_S = T0 + DAYS * DAY_S
SHORT = Limits(
    slots_s=4 * DAY_S, hours_s=8 * DAY_S, processes_s=2 * DAY_S, size_bytes=10**9
)
EVERY_S = 7 * HOUR_S + 900


def history(from_s: int = T0, to_s: int = NOW_S, every_s: int = EVERY_S) -> Batch:
    """A slot of usage every few hours."""
    batch = Batch()
    for start_s in range(from_s, to_s, every_s):
        when = Interval(start_s, start_s + 300)
        batch.bill[when, WWAN] = bill(100_000)
        batch.explanation[when, WWAN, share()] = traffic(80_000)
        batch.explanation[when, WWAN, KERNEL] = traffic(10_000)
        key = ProcessHour(start_s - start_s % HOUR_S, WWAN, FIREFOX, process())
        batch.processes[key] = ProcessRow(when, "firefox", traffic(80_000))
        batch.events.append(Event(start_s, "tier", "ebpf"))
    return batch


def whole(store: Store) -> tuple[Bill, Traffic]:
    """All that was ever billed and explained."""
    return billed(store, 0, 2 * T0), explained(store, 0, 2 * T0)


def column(path: Path, name: str) -> list[int]:
    """All values of `table.column`, in order."""
    table = name.partition(".")[0]
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"SELECT {name} FROM {table} ORDER BY 1")  # noqa: S608 - our own names
        return [value for (value,) in rows]


def counted(path: Path) -> dict[str, int]:
    """How many rows each table has."""
    return {table: len(rows) for table, rows in contents(path).items()}
