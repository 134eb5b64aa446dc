"""Files of a store that are changed for others: nothing of two is ever mixed."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreDamagedError, StoreMissingError, StoreReplacedError
from monitor.store import files
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from tests.unit.store.builders import DAY_S, T0, bill, billed, usage_batch, writing
from tests.unit.store.children import killed_in

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store
    from monitor.store.writer import Writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "usage.db"


def flush(writer: Writer, number: int) -> None:
    """One flush more."""
    from_s = T0 + 30 * number
    writer.flush(usage_batch(from_s, from_s + 30), from_s + 30, trusted=True)


def backed_up(path: Path, flushes: int) -> Path:
    """A store with a backup after the first flush, and more flushes since."""
    with writing(path) as (store, writer):
        flush(writer, 0)
        copy = back_up(store, T0)
        for number in range(1, flushes):
            flush(writer, number)
    return copy


def all_of(store: Store) -> object:
    return billed(store, T0, T0 + DAY_S)


def killed_with_a_log(path: Path) -> None:
    """A writer flushes and is killed: what it flushed is in the log alone."""

    def work() -> None:
        with writing(path) as (_, writer):
            flush(writer, 5)

            os.kill(os.getpid(), signal.SIGKILL)

    assert killed_in(work)


def test_an_older_copy_is_not_mixed_with_the_log_of_the_store_before(
    path: Path,
) -> None:
    copy = backed_up(path, 3)
    killed_with_a_log(path)
    shutil.copy(copy, path)
    with (
        pytest.raises(StoreDamagedError, match="log"),
        open_store(path, writable=False),
    ):
        pass
    with open_store(path, writable=True, create=True) as store:
        assert all_of(store) == bill(100_000)
        (notice,) = store.notices
        assert "belongs to another database" in notice
        with open_store(path, writable=False) as reader:
            assert all_of(reader) == bill(100_000)
    assert len(list(path.parent.glob("usage.db.damaged-*-wal"))) == 1


def test_a_log_that_is_its_own_is_no_stranger(path: Path) -> None:
    backed_up(path, 3)
    killed_with_a_log(path)
    with open_store(path, writable=False) as store:
        assert all_of(store) == bill(400_000)
    with open_store(path, writable=True, create=True) as store:
        assert store.notices == []
        assert all_of(store) == bill(400_000)


@pytest.mark.parametrize("suffix", ["-wal", "-shm", ".lock"])
@pytest.mark.parametrize("again", [False, True])
def test_a_file_beside_a_store_that_goes_is_noticed_and_costs_nothing(
    path: Path, suffix: str, *, again: bool
) -> None:
    with writing(path) as (store, writer):
        flush(writer, 0)
        files.beside(path, suffix).unlink()
        if again:
            files.beside(path, suffix).touch()
        with pytest.raises(StoreReplacedError, match="were removed or replaced"):
            flush(writer, 1)
        with pytest.raises(StoreReplacedError), store.begin():
            pass
    with writing(path) as (store, writer):
        assert store.notices == []
        flush(writer, 1)
        assert all_of(store) == bill(200_000)


def test_a_store_that_is_replaced_keeps_what_it_had_and_is_not_mixed(
    path: Path,
) -> None:
    copy = backed_up(path, 1)
    with writing(path) as (store, writer):
        flush(writer, 1)
        shutil.copy(copy, path.with_name("new"))
        path.rename(path.with_name("old.db"))
        with pytest.raises(StoreMissingError, match="was removed"):
            flush(writer, 2)
        path.with_name("new").rename(path)
        with pytest.raises(StoreReplacedError, match="was replaced"):
            flush(writer, 2)
        with pytest.raises(StoreReplacedError), store.read():
            pass
    with open_store(path, writable=True, create=True) as store:
        assert store.notices == []
        assert all_of(store) == bill(100_000)
    with open_store(path.with_name("old.db"), writable=False) as store:
        assert all_of(store) == bill(200_000)
