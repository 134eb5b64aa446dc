"""Who may read and write a store, and what the others are told."""

from __future__ import annotations

import grp
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreError
from monitor.store import faults
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from tests.unit.store.builders import (
    T0,
    bill,
    billed,
    usage_batch,
    writing,
)
from tests.unit.store.children import as_nobody

if TYPE_CHECKING:
    from collections.abc import Iterator


NOBODY = 65_534


@pytest.fixture
def path() -> Iterator[Path]:
    """A store where everybody may come: /tmp/pytest-of-USER is for that user alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "usage.db"
        with writing(path) as (_, writer):
            writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        yield path


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


@pytest.mark.needs("root")
def test_what_root_makes_in_the_services_folder_is_the_services(
    tmp_path: Path,
) -> None:
    """The service runs as another user: root's try must not lock it out."""
    folder = tmp_path / "service"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with open_store(folder / "usage.db", writable=True, create=True):
        pass
    assert {made.stat().st_uid for made in folder.iterdir()} == {65534}
