"""A flush is all or nothing, whatever ends it and wherever."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from monitor.devices import DeviceCounters
from monitor.errors import StoreError
from monitor.store.batch import Batch, Event, Unplaced
from monitor.store.engine import Store, open_store
from monitor.store.writer import Writer
from monitor.usage import Interval, Traffic
from tests.unit.store.builders import (
    BOOT,
    T0,
    WLAN,
    WWAN,
    bill,
    billed,
    contents,
    explained,
    usage_batch,
    writing,
)
from tests.unit.store.children import killed_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection


def first() -> Batch:
    """What is stored before anything goes wrong."""
    return usage_batch(T0, T0 + 30)


def second() -> Batch:
    """A batch with something of everything: a span goes on, another begins."""
    batch = usage_batch(T0 + 30, T0 + 60)
    batch.bill[Interval(T0 + 30, T0 + 60), WLAN] = bill(5000)
    batch.unplaced = [Unplaced(1, 2, WWAN, bill(1000), None, Traffic())]
    batch.events = [Event(T0 + 31, "counter-restart", "wlan0")]
    batch.sockets_removed = set(first().sockets_changed)
    batch.sockets_instance = "map-2"
    return batch


class Interruption:
    """Does something before the n-th statement of the writer, or before its commit."""

    def __init__(self, at: int, what: Callable[[], None]) -> None:
        self.at = at
        self.what = what
        self.seen = 0

    def step(self, *_: object) -> None:
        """Count a statement."""
        self.seen += 1
        if self.seen == self.at:
            self.what()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Watch every connection that a writer opens from now on."""
        original = Store.writer_connection

        def watched(store: Store, busy_s: float) -> Connection:
            connection = original(store, busy_s)
            event.listen(connection.engine, "before_cursor_execute", self.step)
            event.listen(connection.engine, "commit", self.step)
            return connection

        monkeypatch.setattr(Store, "writer_connection", watched)


def fail() -> None:
    """As if the disk had failed."""
    raise sqlite3.OperationalError("disk I/O error")


def kill() -> None:
    """The end of this process, without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


def seed(path: Path) -> None:
    """A store whose last flush is `first`."""
    with writing(path) as (_, writer):
        writer.flush(first(), T0 + 30, trusted=True)


def expected(tmp_path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The store when `second` was flushed once, by the run that flushed `first`."""
    path = tmp_path / "expected.db"
    with writing(path) as (_, writer):
        writer.flush(first(), T0 + 30, trusted=True)
        writer.flush(second(), T0 + 60, trusted=True)
    return contents(path)


def statements(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements, with the commit, a flush of `second` has."""
    watch = Interruption(0, fail)
    with monkeypatch.context() as patch, writing(path) as (_, writer):
        writer.flush(first(), T0 + 30, trusted=True)
        writer.close()
        watch.install(patch)
        writer.flush(second(), T0 + 60, trusted=True)
    return watch.seen


def test_a_failure_at_any_statement_leaves_file_and_writer_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = expected(tmp_path)
    count = statements(tmp_path / "count.db", monkeypatch)
    assert count > 15
    for number in range(1, count + 1):
        path = tmp_path / f"{number}.db"
        with writing(path) as (_, writer), monkeypatch.context() as patch:
            writer.flush(first(), T0 + 30, trusted=True)
            before = contents(path)
            writer.close()
            interruption = Interruption(number, fail)
            interruption.install(patch)
            with pytest.raises(StoreError, match="disk I/O error"):
                writer.flush(second(), T0 + 60, trusted=True)
            assert contents(path) == before, f"statement {number}"
            writer.flush(second(), T0 + 60, trusted=True)
            assert contents(path) == wanted, f"repeated after statement {number}"


def test_a_kill_at_any_statement_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = tmp_path / "origin.db"
    seed(origin)
    before = contents(origin)
    count = statements(tmp_path / "count.db", monkeypatch)
    for number in range(1, count + 1):
        path = tmp_path / f"{number}.db"
        shutil.copy(origin, path)

        def die(path: Path = path, number: int = number) -> None:
            store = open_store(path, writable=True)
            writer = Writer(store)
            writer._run_id, writer._boot_id = 1, BOOT
            Interruption(number, kill).install(monkeypatch)
            writer.flush(second(), T0 + 60, trusted=True)

        assert killed_in(die)
        with open_store(path, writable=True):
            assert contents(path) == before, f"statement {number}"


def test_a_kill_after_the_flush_returned_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"

    def live_and_die() -> None:
        store = open_store(path, writable=True, create=True)
        writer = Writer(store)
        writer.start(BOOT, T0, "ebpf", "0.1.0", T0 - 1000)
        writer.flush(first(), T0 + 30, trusted=True)
        writer.flush(second(), T0 + 60, trusted=True)
        kill()

    assert killed_in(live_and_die)
    with open_store(path, writable=True):
        assert contents(path) == expected(tmp_path)


def test_ids_made_in_a_flush_that_failed_are_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer), monkeypatch.context() as patch:
        writer.close()
        Interruption(18, fail).install(patch)
        with pytest.raises(StoreError):
            writer.flush(second(), T0 + 60, trusted=True)
        writer.flush(first(), T0 + 30, trusted=True)
        writer.flush(second(), T0 + 60, trusted=True)
    assert contents(path) == expected(tmp_path)


def test_whenever_it_is_killed_the_store_says_what_its_checkpoint_says(
    tmp_path: Path,
) -> None:
    """The daemon's life in small: a counter runs on, its reader dies at any time."""
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(Batch(devices=(device(0),)), T0, trusted=True)

    def live(flushed: int) -> None:
        with open_store(path, writable=True) as store, Writer(store) as writer:
            resume = writer.start(BOOT, T0, "ebpf", "0.1.0", T0 - 1000)
            counted = resume.devices[2].counter.rx_bytes
            while True:
                batch = usage_batch(T0, T0 + 30, rx=1000)
                counted += 1000
                batch.devices = (device(counted),)
                writer.flush(batch, T0 + 30, trusted=True)
                os.write(flushed, b"x")

    lives = 12
    flushes = sum(kill_after(number * 0.0017, live) for number in range(lives))
    with open_store(path, writable=True) as store, Writer(store) as writer:
        assert store.notices == []
        resume = writer.start(BOOT, T0, "ebpf", "0.1.0", T0 - 1000)
        counted = resume.devices[2].counter.rx_bytes
        # What flush returned for is there; of each life at most one more, unreported.
        assert flushes * 1000 <= counted <= (flushes + lives) * 1000
        assert billed(store, 0, 2 * T0).l3.rx_bytes == counted
        assert explained(store, 0, 2 * T0).rx_bytes == counted * 9 // 10


def kill_after(delay_s: float, live: Callable[[int], None]) -> int:
    """Let a child live until its first flush and a little longer.

    Returns:
        How many flushes it reported.
    """
    reading, flushed = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            live(flushed)
        os._exit(1)  # never back into the tests
    os.close(flushed)
    with os.fdopen(reading, "rb", buffering=0) as reports:
        assert reports.read(1) == b"x"
        time.sleep(delay_s)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status)
        return 1 + len(reports.readall())


def device(rx: int) -> DeviceCounters:
    """A device whose counter stands there."""
    return DeviceCounters("wwan0", 2, Traffic(rx, 0, 0, 0))
