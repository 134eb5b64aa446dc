"""A backup is a whole, checked store of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreDamagedError, StoreError
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from tests.unit.store.builders import (
    DAY_S,
    T0,
    bill,
    billed,
    contents,
    usage_batch,
    writing,
)
from tests.unit.store.test_rescue import flipped

if TYPE_CHECKING:
    from pathlib import Path


def test_a_backup_holds_all_that_was_flushed_and_opens_by_itself(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        copy = back_up(store, T0)
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
    assert copy == tmp_path / "backups" / "usage-20250304.db"
    assert copy.stat().st_mode & 0o777 == 0o640
    assert sorted(found.name for found in copy.parent.iterdir()) == [copy.name]
    with open_store(copy, writable=False) as backup:
        assert billed(backup, T0, T0 + 60) == bill(100_000)


def test_the_newest_backups_stay(tmp_path: Path) -> None:
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        for day in range(10):
            for second in (0, 60):
                back_up(store, T0 + day * DAY_S + second, keep=3)
    names = sorted(found.name for found in (tmp_path / "backups").iterdir())
    assert names == [f"usage-2025031{day}.db" for day in (1, 2, 3)]


def test_a_backup_of_a_damaged_store_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        back_up(store, T0)
    with open_store(path, writable=True) as store:
        flipped(path)
        with pytest.raises(StoreDamagedError, match="older backups are kept"):
            back_up(store, T0 + DAY_S)
    names = [found.name for found in (tmp_path / "backups").iterdir()]
    assert names == ["usage-20250304.db"]


def test_a_backup_put_back_by_hand_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        copy = back_up(store, T0)
    shutil.copy(copy, path)
    with writing(path, T0 + 30) as (store, writer):
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        assert billed(store, T0, T0 + 60) == bill(200_000)
    assert len(contents(path)["runs"]) == 2


def test_a_place_that_cannot_hold_backups_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")
    with (
        open_store(tmp_path / "usage.db", writable=True, create=True) as store,
        pytest.raises(StoreError, match=r"backups/usage-20250304\.db: Not a directory"),
    ):
        back_up(store, T0)
