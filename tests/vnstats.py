"""Databases of vnStat 2: made by its own daemon, filled as that one fills them.

`vnstatd --initdb` makes the tables; the rows are written here by the rules of
vnstat.conf(5), since nobody waits three years for a test. What is in them is then told
by `vnstat --json`.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from zoneinfo import ZoneInfo

TABLES = ("fiveminute", "hour", "day", "month", "year")
# How many rows are kept, as vnstat.conf of Debian says it (in hours, days, months).
DEFAULT_KEPT = {
    "fiveminute": timedelta(hours=48),
    "hour": timedelta(days=4),
    "day": timedelta(days=62),
    "month": timedelta(days=25 * 31),
}


class Update(NamedTuple):
    """What vnstatd saw at a time: UTC seconds, bytes."""

    at_s: int
    rx: int
    tx: int


def make(folder: Path, month_rotate: int = 1) -> Path:
    """An empty database, as vnstatd makes it."""
    config = folder / "vnstat.conf"
    config.write_text(f'DatabaseDir "{folder}"\nMonthRotate {month_rotate}\n')
    words = ["vnstatd", "--config", str(config), "--initdb"]
    subprocess.run(words, check=True, capture_output=True)
    return folder / "vnstat.db"


def keys(at: datetime, month_rotate: int = 1) -> dict[str, str]:
    """By table, how vnstatd dates what it saw at a local time."""
    month = at - timedelta(days=month_rotate - 1)
    return {
        "fiveminute": f"{at:%Y-%m-%d %H}:{at.minute // 5 * 5:02}:00",
        "hour": f"{at:%Y-%m-%d %H}:00:00",
        "day": f"{at:%Y-%m-%d}",
        "month": f"{month:%Y-%m}-01",
        "year": f"{at:%Y}-01-01",
    }


def fill(
    path: Path,
    name: str,
    updates: Iterable[Update],
    zone: ZoneInfo,
    month_rotate: int = 1,
) -> None:
    """Add what was seen of an interface to all tables, and drop what is old."""
    rows: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    seen = sorted(updates)
    for update in seen:
        local = datetime.fromtimestamp(update.at_s, zone).replace(tzinfo=None)
        for table, date in keys(local, month_rotate).items():
            rows[table, date][0] += update.rx
            rows[table, date][1] += update.tx
    first, last = (
        datetime.fromtimestamp(each.at_s, zone).replace(tzinfo=None)
        for each in (seen[0], seen[-1])
    )
    with closing(sqlite3.connect(path)) as connection, connection:
        number = _interface(connection, name, (first, last), seen)
        add = (
            "INTO {} (interface, date, rx, tx) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET rx = rx + excluded.rx, tx = tx + excluded.tx"
        )
        for (table, date), (rx, tx) in rows.items():
            connection.execute(
                f"INSERT {add.format(table)}",
                (number, date, rx, tx),
            )
        for table, kept in DEFAULT_KEPT.items():
            connection.execute(
                f"DELETE FROM {table} WHERE date < ?",  # noqa: S608 - ours
                (f"{last - kept:%Y-%m-%d %H:%M:%S}",),
            )


def _interface(
    connection: sqlite3.Connection,
    name: str,
    times: tuple[datetime, datetime],
    seen: list[Update],
) -> int:
    created, updated = (f"{at:%Y-%m-%d %H:%M:%S}" for at in times)
    rx, tx = sum(each.rx for each in seen), sum(each.tx for each in seen)
    connection.execute(
        "INSERT INTO interface (name, active, created, updated, rxcounter, txcounter, "
        "rxtotal, txtotal) VALUES (?, 1, ?, ?, 0, 0, ?, ?) ON CONFLICT DO UPDATE SET "
        "updated = excluded.updated, rxtotal = rxtotal + excluded.rxtotal, "
        "txtotal = txtotal + excluded.txtotal",
        (name, created, updated, rx, tx),
    )
    row = connection.execute("SELECT id FROM interface WHERE name = ?", (name,))
    return int(row.fetchone()[0])


def told(path: Path, name: str) -> dict[str, dict[tuple[int, ...], tuple[int, int]]]:
    """What vnStat itself says, by table and date."""
    words = ["vnstat", "--dbdir", str(path.parent), "-i", name, "--json"]
    answer = subprocess.run(words, check=True, capture_output=True, text=True)
    (interface,) = json.loads(answer.stdout)["interfaces"]
    return {
        table: {_date(row): (row["rx"], row["tx"]) for row in rows}
        for table, rows in interface["traffic"].items()
        if table in TABLES
    }


def _date(row: dict[str, Any]) -> tuple[int, ...]:
    date, time = row["date"], row.get("time", {})
    parts = [date["year"], date.get("month"), date.get("day")]
    parts += [time.get("hour"), time.get("minute")]
    return tuple(part for part in parts if part is not None)


def utc_s(zone: ZoneInfo, *date: int) -> int:
    """UTC second of a local time."""
    return int(datetime(*date, tzinfo=zone).astimezone(UTC).timestamp())  # type: ignore[arg-type, misc]  # as many as there are
