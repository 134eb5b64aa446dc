"""Opening: whole or not at all, one writer, any number of readers."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.config import control_socket
from monitor.errors import (
    StoreDamagedError,
    StoreError,
    StoreMissingError,
    StoreNewerError,
)
from monitor.store import files, queries
from monitor.store.engine import open_store
from monitor.store.lock import WriterLock
from monitor.usage import Interval
from tests.unit.store.builders import (
    T0,
    bill,
    billed,
    contents,
    usage_batch,
    writing,
)
from tests.unit.store.children import in_child

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one flush of one run."""
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        writer.stop(T0 + 30)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
def test_a_new_store_is_readable_by_its_group_and_by_nobody_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state" / "esimmon" / "usage.db"
    with open_store(path, writable=True, create=True):
        assert mode(path.with_name("usage.db-wal")) == 0o640
    assert mode(path) == 0o640
    folder_mode = 0o750 if os.geteuid() == 0 else 0o700
    assert mode(path.parent) == mode(path.parent.parent) == folder_mode


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with open_store(tmp_path / "usage.db", writable=True, create=True):
        assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("name", ["a b?c#d%20.db", "caf\udce9.db", "naïve ✓.db"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with writing(path) as (store, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        assert billed(store, T0, T0 + 30) == bill(100_000)
    with open_store(path, writable=False) as store:
        assert billed(store, T0, T0 + 30) == bill(100_000)
    assert path.exists()


@pytest.mark.parametrize("writable", [False, True])
def test_a_missing_store_is_said_so_and_not_made(
    tmp_path: Path, *, writable: bool
) -> None:
    path = tmp_path / "nowhere" / "usage.db"
    with pytest.raises(
        StoreMissingError, match=r"usage\.db: there is no .*esimmon run"
    ):
        open_store(path, writable=writable)
    assert not path.parent.exists()


def test_an_empty_file_is_no_store_yet(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    path.touch()
    with pytest.raises(StoreMissingError):
        open_store(path, writable=False)
    with open_store(path, writable=True, create=True) as store:
        assert store.notices == []
    assert list(tmp_path.glob("*damaged*")) == []


def test_what_is_not_a_file_is_left_alone(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo):
        for writable in (False, True):
            with pytest.raises(StoreError, match="not a database of esimmon"):
                open_store(path, writable=writable, create=writable)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/usage\.db: Not a directory"):
        open_store(tmp_path / "file" / "usage.db", writable=True, create=True)


def test_a_kill_while_it_is_made_leaves_no_half_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "usage.db"

    def die() -> None:
        monkeypatch.setattr(
            files, "synchronise", lambda _: os.kill(os.getpid(), signal.SIGKILL)
        )
        open_store(path, writable=True, create=True)

    with pytest.raises(AssertionError, match="-9"):
        in_child(die)
    assert not path.exists()
    assert path.with_name("usage.db.new").exists()
    with open_store(path, writable=True, create=True) as store:
        assert store.notices == []
    assert not path.with_name("usage.db.new").exists()


def test_an_old_log_is_not_played_into_a_new_store(path: Path) -> None:
    log = path.with_name("usage.db-wal")
    with writing(path, T0 + 60) as (_, writer):
        writer.flush(usage_batch(T0 + 60, T0 + 90), T0 + 90, trusted=True)
        saved = log.read_bytes()
    path.unlink()
    log.write_bytes(saved)
    with open_store(path, writable=True, create=True) as store:
        assert queries.recorded(store) is None
    assert [found.read_bytes() for found in path.parent.glob("*.damaged-*-wal")] == [
        saved
    ]


def test_a_reader_cannot_write(path: Path) -> None:
    with open_store(path, writable=False) as store, store.read() as connection:
        assert not store.writable
        with pytest.raises(Exception, match="readonly"):
            connection.exec_driver_sql("DELETE FROM spans")


def test_a_later_schema_is_refused_by_name(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = contents(path)
    for writable in (False, True):
        with pytest.raises(StoreNewerError, match=r"later version.*9999.*install"):
            open_store(path, writable=writable, create=writable)
    assert contents(path) == before
    with WriterLock(path):
        pass


def test_an_earlier_schema_is_left_to_the_writer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreError, match=r"earlier version.*esimmon run") as caught:
        open_store(path, writable=False)
    assert caught.value.reason == "older"


def test_a_store_without_its_tables_is_damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE alembic_version")
    with pytest.raises(StoreDamagedError, match="no such table"):
        open_store(path, writable=False)


def test_closing_twice_is_harmless(path: Path) -> None:
    for writable in (False, True):
        store = open_store(path, writable=writable)
        queries.recorded(store)
        store.close()
        store.close()


def test_queries_of_an_empty_store_are_empty(tmp_path: Path) -> None:
    always = Interval(0, 2 * T0)
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        assert queries.recorded(store) is None
        assert queries.last_run(store) is None
        for query in (
            queries.interface_bills,
            queries.explanation,
            queries.process_usage,
            queries.runs,
            queries.gaps,
            queries.events,
        ):
            assert query(store, always) == []


def test_a_link_to_itself_is_said_so_and_ends_in_no_traceback(path: Path) -> None:
    loop = path.with_name("loop.db")
    loop.symlink_to(loop)
    control_socket(loop, {}, is_root=True, explicit=True)
    with pytest.raises(StoreError, match="symbolic links"):
        open_store(loop, writable=True, create=True)
