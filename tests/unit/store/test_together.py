"""The calendar's thread, readers and the writer at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.store.backup import back_up
from monitor.store.engine import open_store
from monitor.store.retention import Limits, purge
from monitor.store.rollups import roll_up
from tests.unit.store.builders import (
    DAY_S,
    HOUR_S,
    T0,
    bill,
    billed,
    explained,
    traffic,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

FLUSHES = 150
EVERY_S = HOUR_S // 2
END_S = T0 + FLUSHES * EVERY_S
SHORT = Limits(slots_s=DAY_S, hours_s=2 * DAY_S, processes_s=DAY_S, process_rows=5)


class Beside:
    """Work that is repeated in threads of its own until the block ends."""

    def __init__(self, *jobs: Callable[[], object]) -> None:
        self.faults: list[Exception] = []
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(job,)) for job in jobs
        ]

    def _repeat(self, job: Callable[[], object]) -> None:
        while not self._done.wait(0.005):
            try:
                job()
            except Exception as error:  # noqa: BLE001 - the test shows it at its end
                self.faults.append(error)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


def read(path: Path) -> None:
    """A report in the middle of it all adds up."""
    with open_store(path, writable=False) as reader:
        amount = billed(reader, 0, 2 * T0).l3
        assert explained(reader, 0, 2 * T0).bytes * 10 == amount.bytes * 9


def test_all_jobs_run_beside_the_writer_and_readers(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    now_s = T0
    with writing(path) as (store, writer):
        with Beside(
            lambda: roll_up(store, now_s, ZoneInfo("Asia/Kolkata")),
            lambda: purge(store, now_s, SHORT),
            lambda: back_up(store, now_s, keep=2),
            lambda: read(path),
        ) as beside:
            for now_s in range(T0, END_S, EVERY_S):
                batch = usage_batch(now_s, now_s + 30)
                writer.flush(batch, now_s + 30, trusted=True)
        assert beside.faults == []
        assert billed(store, 0, 2 * T0) == bill(FLUSHES * 100_000)
        assert explained(store, 0, 2 * T0) == traffic(FLUSHES * 90_000)
