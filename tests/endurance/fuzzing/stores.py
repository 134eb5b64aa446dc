"""Databases and backups of others: taken apart, imported, or put in the place of ours.

Whatever comes of it, the store that was here is the same, or all of the new one.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import tarfile
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from datetime import UTC
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from monitor.cli import main
from monitor.store import archive, vnstat
from monitor.store.connection import connect
from tests.endurance.fuzzing.mutation import spoilt
from tests.endurance.fuzzing.target import Target
from tests.unit.commands.stores import make_store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

_CALENDAR: Final = vnstat.Calendar(UTC, 5)
_TABLES: Final = ("fiveminute", "hour", "day", "month", "year")
_INTERFACE: Final = (
    "CREATE TABLE interface(id INTEGER PRIMARY KEY, name TEXT, created DATE, "
    "updated DATE)"
)
_AMOUNTS: Final = (
    *("0", "-1", "9223372036854775807", "1e300", "'x'", "NULL", "zeroblob(9)", "1.5"),
    *("'9999999999999999999'", "9223372036854775807 + 1", "printf('%.*c', 99999, 'x')"),
)
_DATES: Final = (
    *("'2026-11-01'", "'2026-11-01 10:05:00'", "'9999-12-31'", "'0000-00-00'", "1"),
    *("NULL", "x'80'", "CAST(x'ff' AS TEXT)", "'2026-02-30'", "'1970-01-01'", "''"),
)
_NAMES: Final = ("'eth0'", "'../x'", "x'ff'", "CAST(x'ff' AS TEXT)", "''", "7", "NULL")
# What stands in the place of a table; {0} is its name.
_POSERS: Final = (
    "CREATE VIEW {0} AS SELECT 1 AS id, 'eth0' AS name, 1 AS interface, 1 AS rx",
    "CREATE VIEW {0} AS WITH n(x) AS (VALUES(1) UNION ALL SELECT x FROM n) SELECT 1",
    "CREATE VIRTUAL TABLE {0} USING fts5(id, name, created, updated, date, rx, tx)",
    "CREATE TABLE {0}(interface, date, rx AS (abs(-9223372036854775808)), tx)",
    "CREATE TABLE {0}(x)",
    "CREATE TABLE {0}(interface, date, rx, tx) WITHOUT ROWID",
)


def vnstat_files(folder: Path) -> Target:
    """What `import vnstat` is given: any database, and any file."""
    path = folder / "vnstat.db"
    ours = make_store(folder / "ours.db").read_bytes()

    def feed(given: bytes) -> None:
        path.write_bytes(given)
        vnstat.read(path, _CALENDAR, lambda *_: None)

    def make(chance: Random) -> bytes:
        return _vnstat(folder / "made.db", _statements(chance))

    good = _vnstat(folder / "made.db", _good(3))
    words = (b"CREATE VIEW", b"fiveminute", b"TEXT", b"\x7f" * 8)
    return Target(
        feed, (good, ours), words, make, lambda n: _vnstat(folder / "made.db", _good(n))
    )


def _good(rows: int) -> list[str]:
    """What vnStat would write."""
    made = [_INTERFACE]
    for table in _TABLES:
        made.append(f"CREATE TABLE {table}(interface INTEGER, date DATE, rx, tx)")
        made += [
            _row(table, "1", f"datetime('2026-11-01', '{300 * n} seconds')", n, n)
            for n in range(rows)
        ]
    return [*made, _row("interface", 1, "'eth0'", "'2026-11-01'", "'2026-11-09'")]


def _statements(chance: Random) -> list[str]:
    """A database of which something is odd."""
    made = []
    for statement in _good(2):
        words = statement.split()
        if statement.startswith("CREATE") and chance.random() < 0.1:
            name = words[2].partition("(")[0]
            made.append(chance.choice(_POSERS).format(name))
            continue
        made.append(statement)
        if chance.random() < 0.2:
            made.append(_odd_row(chance))
    return made


def _odd_row(chance: Random) -> str:
    number = chance.choice(("1", "NULL", "-1", "'x'"))
    dates = (chance.choice(_DATES), chance.choice(_DATES))
    if chance.random() < 0.5:
        name = chance.choice(_NAMES)
        return _row("interface", number, name, *dates)
    amounts = chance.choice(_AMOUNTS), chance.choice(_AMOUNTS)
    return _row(chance.choice(_TABLES), number, dates[0], *amounts)


def _row(table: str, *values: object) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join(map(str, values))})"  # noqa: S608 - odd on purpose


def _vnstat(path: Path, statements: list[str]) -> bytes:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for statement in statements:
            with suppress(sqlite3.Error):  # a poser has other columns
                connection.execute(statement)
        connection.commit()
    return path.read_bytes()


def backup_files(folder: Path) -> Target:
    """What `restore` is given; afterwards the old store is there, or the new one."""
    (folder / "there").mkdir()
    store, file = folder / "here" / "usage.db", folder / "backup.tar"
    database = make_store(folder / "there" / "usage.db")
    about = archive.About(1, "0.1", "")
    texts = {
        "plans.d/home.toml": 'quota = "1 GB"\nevery = "month"\nmatch.interface="x"\n'
    }
    archive.write(file, about, database, texts, lambda *_: None)
    good = file.read_bytes()
    (folder / "config.toml").write_text("")

    def feed(given: bytes) -> None:
        file.write_bytes(given)
        shutil.rmtree(store.parent, ignore_errors=True)
        store.parent.mkdir()
        store.write_bytes(database.read_bytes())
        before = _rows(store)
        words = ["restore", str(file), "--store", str(store)]
        status, said = called([*words, "--config", str(folder / "config.toml")])
        kept = {each.name.partition(".replaced")[0] for each in store.parent.iterdir()}
        if kept - {"usage.db", "usage.db.lock", "plans.d"}:
            raise AssertionError(f"left: {kept}")
        if status not in (0, 1) or (status == 1 and _rows(store) != before):
            raise AssertionError(f"half restored, {status}: {said}")

    return Target(feed, (good, database.read_bytes()), _TAR, lambda c: _tar(c, good))


_TAR: Final = (
    b"ustar\x0000",
    b"../../x",
    b"/etc/x",
    b"L",
    b"x",
    b"S",
    b"2",
    b"7777777",
)
_TYPES: Final = (
    *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE),
    *(
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.REGTYPE,
    ),
    *(tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.CONTTYPE),
)
_MEMBERS: Final = (
    "../x",
    "/x",
    "usage.db",
    "plans.d/../../x.toml",
    "plans.d/a.toml",
)


def _tar(chance: Random, good: bytes) -> bytes:
    """A tar with members that a backup has not, or with one header spoilt."""
    if chance.random() < 0.5:
        at = 512 * chance.randrange(len(good) // 512)
        header = spoilt(chance, good[at : at + 512], _TAR)[:512].ljust(512, b"\0")
        return good[:at] + _summed(header) + good[at + 512 :]
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=chance.randrange(3)) as tar:
        for _ in range(chance.choice((1, 2, 3, 1_500))):
            member = tarfile.TarInfo(chance.choice(("contents.json", *_MEMBERS)))
            member.type, member.linkname = (
                chance.choice(_TYPES),
                chance.choice(_MEMBERS),
            )
            member.size = chance.choice((0, 1, 512))
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return chance.choice((b"", good[: 512 * chance.randrange(9)])) + made.getvalue()


def _summed(header: bytes) -> bytes:
    """With the right sum, so that it is looked at."""
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(blank) + header[156:]


def _rows(store: Path) -> list[tuple[object, ...]]:
    with closing(connect(store, "ro")) as connection:
        return connection.execute("SELECT * FROM spans ORDER BY 1").fetchall()


def called(words: list[str]) -> tuple[int, str]:
    """Call a command as a person does.

    Args:
        words: of the command.

    Returns:
        Exit status, and what was said.
    """
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    error = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with redirect_stdout(out), redirect_stderr(error), patch.dict(os.environ):
        status = main(words)
        out.flush()
        error.flush()
    said = [each.buffer.getvalue() for each in (out, error)]
    if b"Traceback" in said[1]:
        raise AssertionError(said[1].decode()[-300:])
    return status, b"".join(said).decode("utf-8", "replace")
