"""Faults of the disk, of rights and of other programs: one sentence, nothing lost."""

from __future__ import annotations

import errno
import grp
import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
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
from tests.unit.store.children import as_nobody, mount, with_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.writer import Writer

NOBODY = 65_534
PATH = Path("/somewhere/usage.db")


@pytest.fixture
def path() -> Iterator[Path]:
    """A store where everybody may come: /tmp/pytest-of-USER is for that user alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "usage.db"
        with writing(path) as (_, writer):
            writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        yield path


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
def test_a_full_disk_keeps_what_was_stored_and_heals() -> None:
    def fill_and_heal() -> None:
        folder = Path(tempfile.mkdtemp())
        mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", folder)
        path = folder / "usage.db"
        ballast = folder / "ballast"
        with writing(path) as (store, writer):
            writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
            fill(ballast)
            done = 100_000 + flush_until_full(writer)
            assert billed(store, T0, T0 + 30).l3 == bill(done).l3
            with pytest.raises(StoreError, match="disk is full"):
                back_up(store, T0)
            assert list(folder.glob("backups/*")) == []
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
def test_no_store_is_made_on_a_full_disk() -> None:
    def fill_first() -> None:
        folder = Path(tempfile.mkdtemp())
        mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)
        with pytest.raises(StoreError, match="disk is full"):
            open_store(folder / "usage.db", writable=True, create=True)
        assert {found.name for found in folder.iterdir()} <= {"usage.db.lock"}

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


@pytest.mark.needs("root")
def test_a_group_member_reads_a_store_that_is_being_written(path: Path) -> None:
    os.chown(path, -1, NOBODY)

    def read() -> None:
        with open_store(path, writable=False) as store:
            assert billed(store, T0, T0 + 60) == bill(200_000)

    with writing(path, T0 + 30) as (_, writer):
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        for side in ("-wal", "-shm"):
            os.chown(path.with_name(path.name + side), -1, NOBODY)
        as_nobody(read)
        writer.close()  # a failed flush lets its connection go: the log must stay
        as_nobody(read)
    as_nobody(read)


@pytest.mark.needs("root")
def test_a_group_member_reads_what_another_program_closed(path: Path) -> None:
    """Its clean end takes the log away, but the file still asks for one."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    path.chmod(0o644)

    def read() -> None:
        with open_store(path, writable=False) as store:
            assert billed(store, T0, T0 + 60) == bill(100_000)

    as_nobody(read)


@pytest.mark.needs("root")
def test_who_may_not_read_is_told_how_to_become_one_who_may(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "GROUP", "daemon")
    os.chown(path, -1, grp.getgrnam("daemon").gr_gid)

    def ask() -> None:
        for writable in (False, True):
            with pytest.raises(StoreError, match=str(path)) as caught:
                open_store(path, writable=writable)
            assert caught.value.reason == "permission"
            hint = "sudo usermod -aG daemon $USER"
            assert (hint in str(caught.value)) != writable
            assert ("run the command with sudo" in str(caught.value)) == writable

    as_nobody(ask)
    path.chmod(0o644)
    os.chown(path.parent, -1, grp.getgrnam("daemon").gr_gid)
    path.parent.chmod(0o750)
    as_nobody(ask)
    as_nobody(lambda: open_store(path, writable=False).close(), gid=1)


@pytest.mark.needs("root")
@pytest.mark.parametrize("gid", [0, 54_321])
def test_who_cannot_be_helped_by_a_group_is_sent_to_sudo(path: Path, gid: int) -> None:
    os.chown(path, -1, gid)

    def ask() -> None:
        with pytest.raises(StoreError, match="run the command with sudo"):
            open_store(path, writable=False)

    as_nobody(ask)


@pytest.mark.needs("root")
def test_a_store_made_by_root_belongs_to_the_group_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.files.GROUP", "daemon")
    path = tmp_path / "esimmon" / "usage.db"
    with open_store(path, writable=True, create=True):
        pass
    gid = grp.getgrnam("daemon").gr_gid
    assert (path.stat().st_gid, path.parent.stat().st_gid) == (gid, gid)


@pytest.mark.needs("root")
def test_a_plain_user_has_a_store_of_his_own() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)

    def live() -> None:
        path = folder / "state" / "usage.db"
        with writing(path) as (store, writer):
            writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
            back_up(store, T0)
        assert path.parent.stat().st_mode & 0o777 == 0o700

    as_nobody(live)
    shutil.rmtree(folder)


@pytest.mark.needs("root")
def test_a_folder_that_may_not_be_written_is_said_so() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)

        def make() -> None:
            for name in ("usage.db", "deeper/usage.db"):
                with pytest.raises(StoreError, match="no permission"):
                    open_store(Path(folder) / name, writable=True, create=True)

        as_nobody(make)
