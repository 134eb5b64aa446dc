"""Faults of the disk, of rights and of other programs: one sentence, nothing lost."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError

from monitor.errors import StoreBusyError, StoreDamagedError, StoreError
from monitor.store import faults
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from monitor.store.faults import explained
from tests.unit.store.builders import (
    T0,
    bill,
    billed,
    usage_batch,
    writing,
)
from tests.unit.store.children import mount, with_mounts

if TYPE_CHECKING:
    from monitor.store.writer import Writer

NOBODY = 65_534
PATH = Path("/somewhere/usage.db")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one flush."""
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
    return path


def sqlite_error(name: str, kind: type[sqlite3.Error] = sqlite3.OperationalError):  # type: ignore[no-untyped-def]  # noqa: ANN201 - an error with attributes that only the driver sets
    """An error as the driver raises it."""
    error = kind(name)
    error.sqlite_errorcode = getattr(sqlite3, name)
    return error


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("SQLITE_FULL", "full", "disk is full.*df -h"),
        ("SQLITE_READONLY", "read-only", "cannot be written.*--store"),
        ("SQLITE_READONLY_DBMOVED", "read-only", "cannot be written"),
        ("SQLITE_BUSY", "busy", "locked.*fuser"),
        ("SQLITE_BUSY_SNAPSHOT", "busy", "locked"),
        ("SQLITE_LOCKED", "busy", "locked"),
        ("SQLITE_CORRUPT", "damaged", "damaged.*sets it aside"),
        ("SQLITE_NOTADB", "damaged", "damaged"),
        ("SQLITE_PERM", "permission", "no permission"),
        ("SQLITE_CONSTRAINT", "refused", "SQLITE_CONSTRAINT"),
        ("SQLITE_IOERR", "io", "SQLITE_IOERR"),
    ],
)
def test_a_fault_of_sqlite_is_told_from_the_others(
    name: str, reason: str, words: str
) -> None:
    with (
        pytest.raises(StoreError, match=f"/somewhere/usage.db: .*{words}") as caught,
        explained(PATH),
    ):
        raise OperationalError("INSERT", {}, sqlite_error(name))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission"),
        (errno.ENOENT, "missing"),
        (errno.EIO, "io"),
    ],
)
def test_a_fault_of_the_file_system_is_told_from_the_others(
    number: int, reason: str
) -> None:
    with pytest.raises(StoreError) as caught, explained(PATH):
        raise OSError(number, os.strerror(number))
    assert caught.value.reason == reason
    assert str(PATH) in str(caught.value)


def test_the_kinds_have_classes_of_their_own() -> None:
    assert isinstance(
        faults.of_sqlite(PATH, sqlite_error("SQLITE_BUSY")), StoreBusyError
    )
    assert isinstance(
        faults.of_sqlite(PATH, sqlite_error("SQLITE_CORRUPT")), StoreDamagedError
    )
    assert faults.of_sqlite(PATH, None).reason == "io"


def test_an_error_that_is_not_the_stores_passes_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), explained(PATH):
        raise ZeroDivisionError


@pytest.mark.needs("root", "unshare")
def test_a_full_disk_keeps_what_was_stored_and_heals(tmp_path: Path) -> None:
    def fill_and_heal() -> None:
        mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path)
        path = tmp_path / "usage.db"
        ballast = tmp_path / "ballast"
        with writing(path) as (store, writer):
            writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
            fill(ballast)
            done = 100_000 + flush_until_full(writer)
            assert billed(store, T0, T0 + 30).l3 == bill(done).l3
            with pytest.raises(StoreError, match="disk is full"):
                back_up(store, T0)
            assert list(tmp_path.glob("backups/*")) == []
            ballast.unlink()
            writer.flush(usage_batch(T0, T0 + 30, rx=1000), T0 + 30, trusted=True)
            assert billed(store, T0, T0 + 30).l3 == bill(done + 1000).l3
        with open_store(path, writable=True) as store:
            assert store.notices == []

    with_mounts(fill_and_heal)


def fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def flush_until_full(writer: Writer) -> int:
    """Flush until it fails, which it must; the bytes that were stored."""
    stored: list[int] = []

    def flush_on() -> None:
        while True:  # the disk is small
            writer.flush(usage_batch(T0, T0 + 30, rx=1000), T0 + 30, trusted=True)
            stored.append(1000)

    with pytest.raises(StoreError, match="disk is full") as caught:
        flush_on()
    assert caught.value.reason == "full"
    return sum(stored)


@pytest.mark.needs("root", "unshare")
def test_no_store_is_made_on_a_full_disk(tmp_path: Path) -> None:
    def fill_first() -> None:
        mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path)
        with pytest.raises(StoreError, match="disk is full"):
            open_store(tmp_path / "usage.db", writable=True, create=True)
        assert {found.name for found in tmp_path.iterdir()} <= {"usage.db.lock"}

    with_mounts(fill_first)


@pytest.mark.needs("root", "unshare")
def test_a_read_only_disk_can_be_read_and_not_written(path: Path) -> None:
    def read_only() -> None:
        mount("--bind", path.parent, path.parent)
        mount("-o", "remount,bind,ro", path.parent)
        with pytest.raises(StoreError, match="cannot be written") as caught:
            open_store(path, writable=True, create=True)
        assert caught.value.reason == "read-only"
        with open_store(path, writable=False) as store:
            assert billed(store, T0, T0 + 30) == bill(100_000)

    with_mounts(read_only)


@pytest.mark.needs("root", "unshare")
def test_a_disk_that_turns_read_only_is_noticed_and_heals(path: Path) -> None:
    def turn() -> None:
        with writing(path, T0 + 30) as (_, writer):
            writer.close()
            mount("--bind", path.parent, path.parent)
            mount("-o", "remount,bind,ro", path.parent)
            with pytest.raises(StoreError) as caught:
                writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
            assert caught.value.reason == "read-only"
            subprocess.run(["umount", path.parent], check=True)
            writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)

    with_mounts(turn)
    with open_store(path, writable=False) as store:
        assert billed(store, T0, T0 + 60) == bill(200_000)
