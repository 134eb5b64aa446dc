"""A damaged store is set aside, never deleted; a good backup takes its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreDamagedError, StoreError
from monitor.store import processes, queries, rescue
from monitor.store.backup import back_up
from monitor.store.engine import open_store
from monitor.usage import Interval
from tests.unit.store.builders import (
    DAY_S,
    T0,
    bill,
    billed,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAMAGED_AT_S = T0 + 100
ASIDE = "usage.db.damaged-20250304T000140Z"


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_a_few_bytes(path: Path) -> None:
    os.truncate(path, 50)


def flipped(path: Path) -> None:
    """The kind of the b-tree page of every table's first page, and more."""
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            byte = file.read(1)[0]
            file.seek(page * 4096)
            file.write(bytes([byte ^ 0x40]))


def header_flipped(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"S\x00Lite")


def wrong_type(path: Path) -> None:
    """A number where the schema promises text: rows of another program's making."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'tier TEXT', 'tier INTEGER')"
            " WHERE name = 'runs'"
        )


def letter_flipped(path: Path) -> None:
    """A letter of a name, in the row or in the index: they no longer are the same."""
    name = b"if:wwan0"
    found = path.read_bytes()
    at = found.rindex(name) + len(name) - 1
    path.write_bytes(found[:at] + b"1" + found[at + 1 :])


def number_garbled(path: Path) -> None:
    """A letter in a number that is kept as text."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '1x' WHERE key = 'last_trusted_s'")


def schema_garbled(path: Path) -> None:
    """SQLite says what is wrong with it in bytes that are no text."""
    found = path.read_bytes()
    at = found.index(b" TEXT", found.index(b"CREATE TABLE runs"))
    path.write_bytes(found[: at + 3] + b"\xf8" + found[at + 4 :])


DAMAGES = [
    garbage,
    truncated,
    cut_to_a_few_bytes,
    flipped,
    header_flipped,
    wrong_type,
    letter_flipped,
    number_garbled,
    schema_garbled,
]


def make_history(path: Path) -> None:
    """Two backups, and something after the newer one."""
    with writing(path) as (store, writer):
        for day in range(2):
            from_s = T0 + day * DAY_S
            writer.flush(usage_batch(from_s, from_s + 30), from_s + 30, trusted=True)
            back_up(store, from_s)
        after_s = T0 + DAY_S + 30
        writer.flush(usage_batch(after_s, after_s + 30), after_s + 30, trusted=True)


def hurt(path: Path, damage: Callable[[Path], None]) -> bytes:
    damage(path)
    os.utime(path, (DAMAGED_AT_S, DAMAGED_AT_S))
    return path.read_bytes()


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_newest_backup_takes_the_place_of_a_damaged_store(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "usage.db"
    make_history(path)
    damaged = hurt(path, damage)
    with open_store(path, writable=True, create=True) as store:
        first, second = store.notices
        assert billed(store, T0, T0 + 3 * DAY_S) == bill(200_000)
    assert f"it is kept as {ASIDE}" in first
    assert "usage-20250305.db was put in its place" in second
    assert "after 2025-03-05 00:00:30 UTC is only in the damaged file" in second
    assert (tmp_path / ASIDE).read_bytes() == damaged
    with open_store(path, writable=True, create=True) as store:
        assert store.notices == []


def test_a_damaged_backup_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    make_history(path)
    flipped(tmp_path / "backups" / "usage-20250305.db")
    hurt(path, garbage)
    with open_store(path, writable=True, create=True) as store:
        assert "usage-20250304.db was put in its place" in store.notices[1]
        assert billed(store, T0, T0 + 3 * DAY_S) == bill(100_000)
    assert (tmp_path / "backups" / "usage-20250304.db").exists()


@pytest.mark.parametrize("damage", DAMAGES)
def test_without_a_backup_the_counting_begins_anew(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
    damaged = hurt(path, damage)
    with open_store(path, writable=True, create=True) as store:
        assert "no usable backup" in store.notices[1]
        assert queries.recorded(store) is None
    assert (tmp_path / ASIDE).read_bytes() == damaged


def test_two_that_were_damaged_at_one_time_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    for _ in range(2):
        hurt(path, garbage)
        with open_store(path, writable=True, create=True):
            pass
    assert (tmp_path / ASIDE).exists()
    assert (tmp_path / f"{ASIDE}-2").exists()


@pytest.mark.parametrize("damage", [garbage, flipped])
def test_who_may_not_make_a_store_does_not_touch_a_damaged_one(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "usage.db"
    make_history(path)
    damaged = hurt(path, damage)
    with pytest.raises(StoreDamagedError, match=r"usage\.db: .*damaged.*esimmon run"):
        open_store(path, writable=True)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("damage", [truncated, flipped])
def test_a_reader_says_that_the_store_is_damaged(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "usage.db"
    make_history(path)
    hurt(path, damage)
    with pytest.raises(StoreDamagedError, match="the database is damaged"):
        read_all(path)


def read_all(path: Path) -> None:
    """Ask for everything that a report shows."""
    always = Interval(0, 2 * T0)
    with open_store(path, writable=False) as store:
        queries.interface_bills(store, always)
        queries.process_usage(store, always)


def test_a_strangers_file_is_never_renamed(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam")
    places = tmp_path / "places.db"
    with closing(sqlite3.connect(places)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    for path in (letter, places):
        before = path.read_bytes()
        for writable in (False, True):
            with pytest.raises(StoreError, match="left alone"):
                open_store(path, writable=writable, create=writable)
        assert path.read_bytes() == before


def test_a_store_whose_header_lost_its_maker_is_known_by_its_lock(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    make_history(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 0")
    with open_store(path, writable=True, create=True) as store:
        assert len(store.notices) == 2


def test_a_sound_store_has_no_flaw_and_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    make_history(path)
    before = path.read_bytes()
    assert rescue.flaw(path, "ro") == ""
    assert path.read_bytes() == before


@pytest.mark.parametrize("byte", [b"\xff", b'"', b"]", b"\0"])
def test_a_name_that_a_flipped_bit_broke_only_looks_odd(
    tmp_path: Path, byte: bytes
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
    found = path.read_bytes()
    at = found.index(b'["firefox"') + 2  # a command line, which no index has
    path.write_bytes(found[:at] + byte + found[at + 1 :])
    with open_store(path, writable=True, create=True) as store:
        assert store.notices == []
        (row,) = processes.process_usage(store, Interval(T0, T0 + DAY_S))
        assert row.argv != ("firefox", "--new tab")
