"""A copy of the database a day, made while it is in use, checked before it counts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.errors import StoreDamagedError
from monitor.store import files, rescue
from monitor.store.connection import connect
from monitor.store.faults import explained

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.store.engine import Store

KEEP = 7

_STEP_PAGES = 2000  # 8 MB: some twentieths of a second


def back_up(store: Store, now_s: int, keep: int = KEEP) -> Path:
    """Copy the database to `backups/` beside it and drop the oldest copies.

    The copy is one read transaction: neither the writer nor readers wait for it.

    Args:
        store: open for writing.
        now_s: names the copy by its UTC day; a second one of a day replaces the first.
        keep: how many copies stay, at least this one.

    Returns:
        The copy.

    Raises:
        StoreDamagedError: the copy is not sound, so the database is not; it was not
            kept, and older copies stay.
        StoreError: it could not be written; older copies stay.
    """
    store.insist_on_files()
    day = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%d")
    path = rescue.backup_path(store.path, day)
    with explained(path):
        files.make_folder(path.parent)
        with files.new_file(path) as temporary:
            if what := copy(store.path, "ro", temporary):
                raise StoreDamagedError(
                    f"{store.path}: the database is damaged ({what}); older backups "
                    "are kept, restart esimmon to restore the newest."
                )
        for old in rescue.backups(store.path)[max(1, keep) :]:
            old.unlink(missing_ok=True)
    return path


def copy_of(store: Store, target: Path, show: Callable[[int, int], None]) -> None:
    """Copy an open database, checked.

    Args:
        store: open.
        target: an empty file.
        show: called now and then with how many pages are done, and of how many.

    Raises:
        StoreDamagedError: the copy is not sound, so the database is not.
        sqlite3.Error: it could not be read or written.
    """
    mode = "immutable" if store.mode == "immutable" else "ro"
    if flaw := copy(store.path, mode, target, show):
        raise StoreDamagedError(
            f"{store.path}: the database is damaged ({flaw}); nothing was written. "
            "Restart esimmon: it restores the newest daily copy."
        )


def copy(
    source: Path,
    mode: str,
    target: Path,
    show: Callable[[int, int], None] | None = None,
) -> str:
    """Copy a database as it is at one instant.

    Args:
        source: the database, which may be in use.
        mode: how it is read: `ro`, or `immutable` (see `connect`).
        target: an empty file.
        show: called now and then with how many pages are done, and of how many.

    Returns:
        What is wrong with it; empty when it is sound.

    Raises:
        sqlite3.Error: it could not be read or written.
    """

    def step(_: int, remaining: int, total: int) -> None:
        if show is not None:
            show(total - remaining, total)

    try:
        with (
            closing(connect(source, mode)) as reading,
            closing(connect(target, "rw")) as writing,
        ):
            # One snapshot: a copy in steps would begin anew with each flush.
            reading.execute("BEGIN")
            reading.execute("SELECT 1 FROM sqlite_schema").fetchone()
            reading.backup(writing, pages=_STEP_PAGES, progress=step)
            # Whom programs talked to is a memory of some hours, not of many days.
            writing.execute("DELETE FROM remote_hours")
            # The copy says that it has a log; without one anybody can open it.
            writing.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if rescue.is_damage(error):
            return str(error)
        raise
    return rescue.flaw(target, "ro")
