"""A file that is said to be vnStat's, and is made to hurt."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreError
from monitor.store import vnstat
from monitor.usage import total

if TYPE_CHECKING:
    from pathlib import Path

CALENDAR = vnstat.Calendar(UTC)
TABLES = ("fiveminute", "hour", "day", "month", "year")
INTERFACE = "CREATE TABLE interface(id, name, created, updated)"
ETH0 = "INSERT INTO interface VALUES (1, 'eth0', '2026-11-01', '2026-11-02')"


def made(path: Path, *statements: str, without: str = "") -> Path:
    """A database with empty tables of vnStat, and what else is said."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for table in {*TABLES} - {without}:
            connection.execute(f"CREATE TABLE {table}(interface, date, rx, tx)")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def refused(path: Path) -> str:
    """With which sentence."""
    with pytest.raises(StoreError) as caught:
        vnstat.read(path, CALENDAR, lambda *_: None)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize(
    "poser",
    [
        "CREATE VIEW hour AS SELECT 1 AS interface, '2026-11-01' AS date, 1 AS rx",
        "CREATE VIEW hour AS WITH n(x) AS (SELECT 1 UNION SELECT x FROM n) SELECT 1",
        "CREATE VIRTUAL TABLE hour USING fts5(interface, date, rx, tx)",
    ],
)
def test_what_only_looks_like_a_table_is_refused(poser: str, tmp_path: Path) -> None:
    path = made(tmp_path / "vnstat.db", INTERFACE, ETH0, poser, without="hour")
    assert "this is no database of vnStat 2" in refused(path)


@pytest.mark.parametrize(
    "row",
    [
        *("1, '2026-11-01', -1, 0", "1, '2026-11-01', 'x', 0", "1, NULL, 0, 0"),
        *("1, '2026-11-01', 1e300, 0", "1, '2026-02-30', 0, 0", "1, x'80', 0, 0"),
        *("1, '0000-01-01', 0, 0", "1, '9999-12-31', 0, 0", "1, 1, 0, 0"),
        "1, CAST(x'80' AS TEXT), 0, 0",  # the driver finds this, without a code
        "1, '2026-11-01', zeroblob(100000000), 0",
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row: str, tmp_path: Path) -> None:
    insert = f"INSERT INTO hour VALUES ({row})"  # noqa: S608 - odd on purpose
    path = made(tmp_path / "vnstat.db", INTERFACE, ETH0, insert)
    assert len(refused(path)) < 300


@pytest.mark.parametrize("name", ["'../x'", "''", "7", "NULL", "x'ff'", "'eth0'"])
def test_a_name_that_is_none_or_there_twice_is_refused(
    name: str, tmp_path: Path
) -> None:
    insert = ETH0.replace("'eth0'", name)
    path = made(tmp_path / "vnstat.db", INTERFACE, ETH0, insert)
    assert "table interface" in refused(path)


def test_a_table_whose_columns_run_code_is_refused(tmp_path: Path) -> None:
    """SQLite calls no function from a schema that is not trusted, if it has effects."""
    table = "CREATE TABLE hour(interface, date, rx AS (load_extension('/x')), tx)"
    insert = "INSERT INTO hour(interface) VALUES (1)"
    path = tmp_path / "vnstat.db"
    made(path, INTERFACE, ETH0, without="hour")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(table.replace("load_extension('/x')", "abs(1)"))
        connection.execute(insert)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = ? WHERE name = 'hour'", (table,)
        )
    refused(path)


@pytest.mark.parametrize("content", [b"", b"x" * 5_000, b"SQLite format 3\0" * 99])
def test_what_is_no_database_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "vnstat.db").write_bytes(content)
    refused(tmp_path / "vnstat.db")


def test_too_many_rows_are_refused_and_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vnstat, "_MOST_ROWS", 2)
    insert = "INSERT INTO hour VALUES (1, '2026-11-01', 5, 6), (1, '2026-11-02', 1, 1)"
    path = made(tmp_path / "vnstat.db", INTERFACE, ETH0, insert)
    (found,) = vnstat.read(path, CALENDAR, lambda *_: None)
    assert total(found.tiers[1].values()).bytes == 13
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO hour VALUES (7, '2026-11-03', 5, 6)")
    assert "table hour: more than 2 rows" in refused(path)


def test_the_file_is_not_changed_by_reading_it(tmp_path: Path) -> None:
    path = made(tmp_path / "vnstat.db", INTERFACE, ETH0)
    before = path.read_bytes()
    vnstat.read(path, CALENDAR, lambda *_: None)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.glob("vnstat*")] == ["vnstat.db"]
