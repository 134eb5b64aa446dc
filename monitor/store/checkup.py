"""How a database is, for somebody who only looks: nothing is written or mended."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from monitor.store.rescue import backups
from monitor.store.schema import UNPLACED

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store

__all__ = ["backups", "damaged_copies", "full_check", "waiting_rows"]

_PRIMARY_CODE: Final = 0xFF
_STEPS: Final = 1000  # of SQLite's virtual machine between two looks at the time


def full_check(store: Store, within_s: float) -> str | None:
    """Look for broken pages, rows and indexes.

    Args:
        store: open for reading.
        within_s: how long it may take, in seconds.

    Returns:
        What is wrong, empty when it is sound; None when the time was not enough.

    Raises:
        StoreError: the database cannot be read.
    """
    end_s = time.monotonic() + within_s
    with store.read() as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):  # what the driver is, for mypy
            raise TypeError("not a connection of sqlite3")
        driver.set_progress_handler(lambda: time.monotonic() > end_s, _STEPS)
        try:
            verdict = connection.exec_driver_sql(
                "PRAGMA integrity_check(1)"
            ).scalar_one()
        except DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE
            if code == sqlite3.SQLITE_INTERRUPT:
                return None
            raise
        finally:
            driver.set_progress_handler(None, 0)
    return "" if verdict == "ok" else " ".join(str(verdict).split())


def waiting_rows(store: Store) -> int:
    """How many rows wait for a calendar time.

    Args:
        store: open for reading.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(UNPLACED)) or 0


def damaged_copies(path: Path) -> list[Path]:
    """Databases that were set aside because they were damaged, in order of time.

    Args:
        path: the database; its folder may be closed to this user.
    """
    try:
        found = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    except OSError:
        return []
    return [each for each in found if not each.name.endswith(("-wal", "-shm"))]
