"""Looking at a database without changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store import checkup
from monitor.store.engine import open_store
from tests.unit.commands.stores import make_store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sound_database_is_sound_and_has_nothing_that_waits(tmp_path: Path) -> None:
    with open_store(make_store(tmp_path / "usage.db"), writable=False) as store:
        assert checkup.full_check(store, within_s=60) == ""
        assert checkup.waiting_rows(store) == 0


def test_a_check_that_would_take_too_long_ends_without_a_verdict(
    tmp_path: Path,
) -> None:
    with open_store(make_store(tmp_path / "usage.db"), writable=False) as store:
        assert checkup.full_check(store, within_s=-1) is None
        assert checkup.waiting_rows(store) == 0  # the connection works on


def test_databases_that_were_set_aside_are_listed_without_their_logs(
    tmp_path: Path,
) -> None:
    for name in ("usage.db", "usage.db.damaged-1", "usage.db.damaged-1-wal"):
        (tmp_path / name).touch()
    found = checkup.damaged_copies(tmp_path / "usage.db")
    assert [path.name for path in found] == ["usage.db.damaged-1"]
    assert checkup.damaged_copies(tmp_path / "none" / "usage.db") == []
