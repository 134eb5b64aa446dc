"""Connections to an SQLite file, with the settings that every one of them needs."""

from __future__ import annotations

import os
import sqlite3
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import NullPool, create_engine, event

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

BUSY_S = 5.0
"""How long a job or a reader waits for a lock of another connection."""

_WAL_LIMIT_BYTES = 4_000_000
_as_text = partial(str, encoding="utf-8", errors="surrogateescape")


def connect(path: Path, mode: str, *, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open the file; nothing is made where there is none.

    Args:
        path: the database.
        mode: `rw`, `ro`, or `immutable` for a file that nobody can be writing.
        busy_s: how long to wait for a lock.

    Returns:
        A connection that begins no transaction by itself.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    access = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
    # Quoted as bytes: a path may hold `?`, `#`, `%` or bytes that are not UTF-8.
    uri = f"file:{quote(os.fsencode(path.absolute()))}?{access}"
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=busy_s,
        isolation_level=None,
        check_same_thread=False,  # a pool of SQLAlchemy hands one to one thread at once
    )
    # A flipped bit in a name is a name that looks odd, and no reason to fail.
    connection.text_factory = _as_text
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        if mode == "rw":
            # FULL: a flush that was reported as done survives a power cut.
            connection.execute("PRAGMA synchronous = FULL")
            # What was deleted is in no free page, of this file or of a copy of it.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        else:
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


# It has no connection, but what it made of each statement: half the time of a short
# answer to who asks again and again, as a page does.
@lru_cache(maxsize=4)
def engine_for(path: Path, mode: str, *, busy_s: float = BUSY_S) -> Engine:
    """SQLAlchemy's view of a file; connects anew each time it is asked."""
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, mode, busy_s=busy_s),
        poolclass=NullPool,  # an idle connection would keep the log from being left
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin for real: the driver was told to leave transactions alone.

    A writer takes its lock at once: one that began by reading cannot always get it.
    """
    options = connection.get_execution_options()
    connection.exec_driver_sql(options.get("esimmon_begin", "BEGIN"))
