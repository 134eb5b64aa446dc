"""What a database holds at an instant, seen by SQLite alone, in a copy of it."""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.e2e.truth import Raw
from tests.lab import DEVICE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIVE_FILES = ("", "-wal", "-journal")  # what a power cut would leave

_BILLED = """
SELECT coalesce(sum(rx_counter_bytes), 0), coalesce(sum(tx_counter_bytes), 0),
       coalesce(sum(rx_bytes + tx_bytes), 0)
FROM bill JOIN spans USING (span_id) JOIN attachments USING (attachment_id)
WHERE device = ? AND billed
"""
_CHECKPOINT = "SELECT rx_bytes, tx_bytes FROM device_checkpoints WHERE name = ?"


class Told(NamedTuple):
    """An alert.

    Attributes:
        key: of it.
        kind: of it.
        title: of it.
        body: of it.
        ways: in which it was told, as far as that is noted.
    """

    key: str
    kind: str
    title: str
    body: str
    ways: frozenset[str]


class Look(NamedTuple):
    """What was seen.

    Attributes:
        billed: raw bytes of all rows of the lab's device.
        used_bytes: IP bytes of them, both ways: what a plan is charged.
        checkpoint: the device's counters from which the next run goes on.
        alerts: all of them.
        marks: keys of what is not told again.
        gaps: from and to, UTC seconds.
        flaw: what SQLite finds wrong with the file; empty when it is sound.
    """

    billed: Raw
    used_bytes: int
    checkpoint: Raw
    alerts: list[Told]
    marks: frozenset[str]
    gaps: list[tuple[int, int]]
    flaw: str


@contextmanager
def copied(store: Path, aside: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """A copy of a database that nobody has open, opened; it is not touched itself.

    Args:
        store: the database.
        aside: a folder for the copy.
    """
    aside.mkdir(exist_ok=True)
    copy = aside / "copy.db"
    for suffix in (*LIVE_FILES, "-shm"):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    for suffix in LIVE_FILES:
        source = store.with_name(store.name + suffix)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))
    with closing(sqlite3.connect(copy)) as connection:
        yield copy, connection


def look(store: Path, aside: Path) -> Look:
    """Look at a database that nobody has open.

    Args:
        store: the database; it is not touched.
        aside: a folder for the copy.
    """
    with copied(store, aside) as (_, opened):
        (verdict,) = opened.execute("PRAGMA integrity_check").fetchone()
        rx, tx, used = opened.execute(_BILLED, (DEVICE,)).fetchone()
        checkpoint = opened.execute(_CHECKPOINT, (DEVICE,)).fetchone() or (0, 0)
        marks = opened.execute("SELECT key FROM alert_marks").fetchall()
        gaps = opened.execute("SELECT from_s, to_s FROM gaps ORDER BY gap_id")
        return Look(
            Raw(rx, tx),
            used,
            Raw(*checkpoint),
            _alerts(opened),
            frozenset(key for (key,) in marks),
            gaps.fetchall(),
            "" if verdict == "ok" else str(verdict),
        )


def _alerts(opened: sqlite3.Connection) -> list[Told]:
    ways: defaultdict[int, set[str]] = defaultdict(set)
    noted = "SELECT alert_id, way FROM deliveries WHERE failure = ''"
    for alert_id, way in opened.execute(noted):
        ways[alert_id].add(way)
    wanted = "SELECT alert_id, key, kind, title, body FROM alerts ORDER BY alert_id"
    return [
        Told(key, kind, title, body, frozenset(ways[alert_id]))
        for alert_id, key, kind, title, body in opened.execute(wanted)
    ]
