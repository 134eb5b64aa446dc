"""The size of the database has a cap, and an order in which things go.

First networks at the other end, then rows of processes older than a day, spans older
than two days, hours older than a month, and explanations of days older than two
months: each from the oldest on. The bill of a day never goes.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from monitor.store import dropping, meta, remotes
from monitor.store.connection import BUSY_S, connect
from monitor.store.faults import explained
from monitor.store.schema import DAYS_EXPLANATION, EVENTS, HOURS, SPANS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.store.engine import Store

_DAY_S = 86_400
_STEP_ROWS = 1000
_STEP_PAGES = 500
_MOST_PAGES = 10_000  # 40 MB given back in one run
_SPARE_SHARE = 4  # a quarter of the file may be free pages: they are used again


def used_bytes(store: Store) -> int:
    """The size of the database without its free pages."""
    with store.read() as connection:
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def drop_oldest(store: Store, now_s: int) -> tuple[str, int]:
    """Drop a little of what goes first.

    Args:
        store: open for writing.
        now_s: UTC second now.

    Returns:
        What went and how many rows; 0 rows when nothing more may go.

    Raises:
        StoreError: nothing went.
    """
    for kind, step in (
        ("remote_hours", remotes.drop_oldest),
        ("process_hours", _process_hours),
        ("spans", _spans),
        ("hours", _hours),
        ("days_explanation", _days_explanation),
    ):
        with store.begin(durable=False) as connection:
            rows = step(connection, now_s)
        if rows:
            return kind, rows
    return "", 0


def _process_hours(connection: Connection, now_s: int) -> int:
    return dropping.drop_process_hours(connection, now_s - _DAY_S)


def _spans(connection: Connection, now_s: int) -> int:
    oldest_s = connection.scalar(select(func.min(SPANS.c.from_s))) or 0
    before_s = min(oldest_s + _DAY_S, now_s - 2 * _DAY_S)
    return dropping.drop_spans(connection, before_s, _STEP_ROWS)


def _hours(connection: Connection, now_s: int) -> int:
    oldest_s = connection.scalar(select(func.min(HOURS.c.from_s))) or 0
    before_s = min(oldest_s + 8 * _DAY_S, now_s - 31 * _DAY_S)
    return dropping.drop_hours(connection, before_s, _STEP_ROWS)


def _days_explanation(connection: Connection, now_s: int) -> int:
    day = DAYS_EXPLANATION.c.from_s
    oldest_s = connection.scalar(select(func.min(day)))
    if oldest_s is None or oldest_s >= now_s - 62 * _DAY_S:
        return 0
    return connection.execute(delete(DAYS_EXPLANATION).where(day == oldest_s)).rowcount


def spans_since_s(store: Store) -> int:
    """UTC second from which on there are spans."""
    with store.read() as connection:
        return meta.number(meta.read(connection), meta.SPANS_PURGED_TO_S)


def note_missed(store: Store, now_s: int, needed_s: int) -> None:
    """Say that spans went that a plan needs: its past is known by the hour only.

    Args:
        store: open for writing.
        now_s: UTC second now.
        needed_s: UTC second from which on it needs them.

    Raises:
        StoreError: it is not noted.
    """
    event = {"at_s": now_s, "kind": "plan-rows-dropped", "detail": str(needed_s)}
    with store.begin() as connection:
        connection.execute(insert(EVENTS), event)


def give_back(store: Store) -> int:
    """Give free pages back to the file system when there are many.

    Args:
        store: open for writing.

    Returns:
        How many pages.

    Raises:
        StoreError: some may have been given back.
    """
    given = 0
    with explained(store.path), closing(connect(store.path, "rw")) as connection:
        while given < _MOST_PAGES:
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            if free * _SPARE_SHARE <= pages:
                break
            # Each row that is fetched frees a page.
            steps = f"PRAGMA incremental_vacuum({_STEP_PAGES})"
            with store.turns.take(BUSY_S):
                connection.execute(steps).fetchall()
            given += min(free, _STEP_PAGES)
    return given
