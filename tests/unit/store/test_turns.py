"""Threads that write take turns."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from monitor.store.batch import Batch, Event
from monitor.store.engine import open_store
from monitor.store.schema import EVENTS
from monitor.store.turns import Turns
from monitor.store.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

BEGUN_S = 1_793_600_000


def test_a_flush_that_waits_comes_before_the_next_step_of_a_job(tmp_path: Path) -> None:
    """By SQLite's own waiting it missed the moments between steps: 0.9 s at a time."""
    is_in, go_on = threading.Event(), threading.Event()

    def step(detail: str) -> None:
        with store.begin(durable=False) as connection:
            event = {"at_s": BEGUN_S, "kind": "tier", "detail": detail}
            connection.execute(insert(EVENTS), event)
            is_in.set()
            go_on.wait()

    def flush() -> None:
        batch = Batch(events=[Event(BEGUN_S, "tier", "flush")])
        writer.flush(batch, BEGUN_S + 10, trusted=True)

    path = tmp_path / "usage.db"
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        writer.start("boot", BEGUN_S, "ebpf", "0.1.0", BEGUN_S - 1000)
        first, second = (
            threading.Thread(target=step, args=(name,)) for name in ("first", "second")
        )
        first.start()
        is_in.wait()
        flushing = threading.Thread(target=flush)
        flushing.start()
        while not store.turns._door.locked():
            time.sleep(0.001)
        second.start()
        go_on.set()
        for thread in (first, flushing, second):
            thread.join()
        with store.read() as connection:
            order = connection.scalars(select(EVENTS.c.detail)).all()
    assert [each for each in order if each] == ["first", "flush", "second"]


def test_who_waits_too_long_goes_on_without_a_turn() -> None:
    turns = Turns()
    with turns.take(1), turns.take(0.01):
        pass
    with turns.take(1):
        pass
    assert turns._room.acquire(blocking=False)
