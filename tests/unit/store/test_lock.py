"""One writer at a time, any number of readers, and nobody waits."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.errors import (
    StoreBusyError,
    StoreError,
)
from monitor.store.engine import open_store
from monitor.store.lock import WriterLock, lock_path
from tests.unit.store.builders import (
    T0,
    bill,
    billed,
    contents,
    explained,
    traffic,
    usage_batch,
    writing,
)
from tests.unit.store.children import in_child

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one flush of one run."""
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        writer.stop(T0 + 30)
    return path


def test_a_second_writer_is_refused_with_the_pid_of_the_first(path: Path) -> None:
    with open_store(path, writable=True):

        def second() -> None:
            with pytest.raises(StoreBusyError, match=f"process {os.getppid()}"):
                open_store(path, writable=True)

        in_child(second)
    with open_store(path, writable=True):
        pass


def test_the_lock_dies_with_its_holder(path: Path) -> None:
    def hold_and_die() -> None:
        store = open_store(path, writable=True)
        assert store.writable
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(AssertionError, match="-9"):
        in_child(hold_and_die)
    with open_store(path, writable=True) as store:
        assert store.notices == []


def test_a_lock_without_a_pid_is_still_a_lock(path: Path) -> None:
    with WriterLock(path):
        lock_path(path).write_text("garbage\n")
        with pytest.raises(StoreBusyError, match="another process"):
            WriterLock(path)


def test_a_lock_is_never_taken_through_a_link(path: Path, tmp_path: Path) -> None:
    lock_path(path).unlink()
    lock_path(path).symlink_to(tmp_path / "target")
    with pytest.raises(StoreError):
        open_store(path, writable=True)
    assert not (tmp_path / "target").exists()


def test_a_clean_end_leaves_no_log(path: Path) -> None:
    with open_store(path, writable=True) as store:
        with store.read() as connection:
            how = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        assert how == "wal"
    names = {found.name for found in path.parent.glob("usage.db*")}
    assert names == {"usage.db", "usage.db.lock"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_reader_that_stays_does_not_hold_up_the_end(path: Path) -> None:
    with open_store(path, writable=True) as store:
        reader = open_store(path, writable=False)
        assert billed(reader, T0, T0 + 30) == bill(100_000)
        store.close()
    with reader:
        assert billed(reader, T0, T0 + 30) == bill(100_000)
    with open_store(path, writable=True), open_store(path, writable=False) as again:
        assert billed(again, T0, T0 + 30) == bill(100_000)


def test_readers_and_the_writer_do_not_wait_for_each_other(path: Path) -> None:
    with writing(path, T0 + 30) as (_, writer):
        reader = open_store(path, writable=False)
        before = billed(reader, T0, T0 + 90)
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        with reader:  # one snapshot: its figures still add up
            assert billed(reader, T0, T0 + 90) == before
            assert explained(reader, T0, T0 + 90) == traffic(90_000)
        with writer._transaction(), open_store(path, writable=False) as other:
            assert billed(other, T0, T0 + 90) == bill(200_000)


def test_a_writer_that_another_program_locks_out_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.writer.BUSY_S", 0.05)
    ready, done = os.pipe(), os.pipe()

    def hold() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            os.write(ready[1], b"x")
            os.read(done[0], 1)

    with writing(path, T0 + 30) as (_, writer):
        pid = os.fork()
        if pid == 0:
            hold()
            os._exit(0)
        os.read(ready[0], 1)
        with pytest.raises(StoreBusyError, match="locked") as caught:
            writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        os.write(done[1], b"x")
        os.waitpid(pid, 0)
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
    assert caught.value.reason == "busy"
    assert len(contents(path)["bill"]) == 2
    for descriptor in (*ready, *done):
        os.close(descriptor)


def test_something_in_the_place_of_the_lock_is_named(path: Path) -> None:
    lock_path(path).unlink()
    lock_path(path).mkdir()
    with pytest.raises(StoreError, match=r"usage\.db\.lock: Is a directory"):
        WriterLock(path)
