"""Deleting rows without ever making a sum wrong; each function is one short step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select, tuple_

from monitor.store import meta
from monitor.store.planner import HOUR_S
from monitor.store.schema import (
    APPLICATIONS,
    DAYS,
    HOURS,
    PROCESS_HOURS,
    PROCESSES,
    REMOTE_HOURS,
    SHARES,
    SPANS,
    STALE_DAYS,
    STALE_HOURS,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Table


def drop(
    connection: Connection, table: Table, which: ColumnElement[bool], rows: int
) -> int:
    """Delete some rows, those with the smallest key first.

    Args:
        connection: in a transaction.
        table: from which.
        which: rows that may go.
        rows: how many at most.

    Returns:
        How many went.
    """
    keys = list(table.primary_key)
    oldest = select(*keys).where(which).order_by(*keys).limit(rows)
    doomed = tuple_(*keys).in_(oldest) if len(keys) > 1 else keys[0].in_(oldest)
    return connection.execute(delete(table).where(doomed)).rowcount


def drop_spans(connection: Connection, before_s: int, rows: int) -> int:
    """Delete spans whose hours and days are summed, with what hangs on them.

    Args:
        connection: in a transaction.
        before_s: spans that begin earlier may go.
        rows: how many at most.

    Returns:
        How many spans went.
    """
    stale_hour = connection.scalar(select(func.min(STALE_HOURS.c.hour_s)))
    stale_day = connection.scalar(select(func.min(STALE_DAYS.c.from_s)))
    known = [mark_s for mark_s in (stale_hour, stale_day) if mark_s is not None]
    summed_to_s = min([before_s, *known])
    gone_to_s = meta.number(meta.read(connection), meta.SPANS_PURGED_TO_S)
    to_s = max(gone_to_s, summed_to_s - summed_to_s % HOUR_S)
    old = SPANS.c.from_s < to_s
    if connection.scalar(select(exists().where(old))):
        meta.put(connection, {meta.SPANS_PURGED_TO_S: str(to_s)})
    by_time = select(SPANS.c.span_id).where(old).order_by(SPANS.c.from_s).limit(rows)
    return connection.execute(
        delete(SPANS).where(SPANS.c.span_id.in_(by_time))
    ).rowcount


def drop_hours(connection: Connection, before_s: int, rows: int) -> int:
    """Delete clock hours whose spans are gone and whose days are summed.

    Args:
        connection: in a transaction.
        before_s: whole days that end by then may lose their hours.
        rows: how many at most.

    Returns:
        How many hours went.
    """
    facts = meta.read(connection)
    stale_day = connection.scalar(select(func.min(STALE_DAYS.c.from_s)))
    known = [] if stale_day is None else [stale_day]
    until_s = min([before_s, meta.number(facts, meta.SPANS_PURGED_TO_S), *known])
    day_end = select(func.max(DAYS.c.to_s)).where(DAYS.c.to_s <= until_s)
    gone_to_s = meta.number(facts, meta.HOURS_PURGED_TO_S)
    to_s = max(gone_to_s, connection.scalar(day_end) or 0)
    old = HOURS.c.from_s < to_s
    if connection.scalar(select(exists().where(old))):
        meta.put(connection, {meta.HOURS_PURGED_TO_S: str(to_s)})
    return drop(connection, HOURS, old, rows)


def drop_process_hours(connection: Connection, before_s: int) -> int:
    """Delete the rows of processes of the oldest hour, if it begins early enough.

    Args:
        connection: in a transaction.
        before_s: hours that begin earlier may go.

    Returns:
        How many rows went.
    """
    hour = PROCESS_HOURS.c.hour_s
    oldest_s = connection.scalar(select(func.min(hour)))
    if oldest_s is None or oldest_s >= before_s:
        return 0
    return connection.execute(delete(PROCESS_HOURS).where(hour == oldest_s)).rowcount


def drop_processes(connection: Connection, rows: int) -> int:
    """Delete processes of which no hour is left; returns how many."""
    used = exists().where(PROCESS_HOURS.c.process_id == PROCESSES.c.process_id)
    return drop(connection, PROCESSES, ~used, rows)


def drop_applications(connection: Connection, rows: int) -> int:
    """Delete applications that nothing refers to; returns how many."""
    shared = exists().where(SHARES.c.application_id == APPLICATIONS.c.application_id)
    ran = APPLICATIONS.c.application_id.in_(select(PROCESSES.c.application_id))
    met = APPLICATIONS.c.application_id.in_(select(REMOTE_HOURS.c.application_id))
    return drop(connection, APPLICATIONS, ~shared & ~ran & ~met, rows)
