"""When was counted: runs of the daemon, the gaps between them, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from monitor.store import meta
from monitor.store.answers import Gap, Kept, Run
from monitor.store.batch import Event
from monitor.store.schema import ATTACHMENTS, COUNTED_RUNS, EVENTS, GAPS, RUNS
from monitor.usage import Interval

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, RowMapping

    from monitor.store.engine import Store


def recorded(store: Store) -> Interval | None:
    """From the first to the last second with usage; None when there is none.

    Args:
        store: where.

    Raises:
        StoreError: the database cannot be read.
    """
    first, last = func.min(ATTACHMENTS.c.from_s), func.max(ATTACHMENTS.c.to_s)
    with store.read() as connection:
        from_s, to_s = connection.execute(select(first, last)).one()
    return None if from_s is None else Interval(from_s, to_s)


def kept(store: Store) -> Kept:
    """Since when usage is kept how finely.

    Args:
        store: where.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        facts = meta.read(connection)
    return Kept(
        meta.number(facts, meta.SPANS_PURGED_TO_S),
        meta.number(facts, meta.HOURS_PURGED_TO_S),
    )


def runs(store: Store, period: Interval) -> list[Run]:
    """The runs that touch a period, in order.

    Args:
        store: where.
        period: half-open.

    Raises:
        StoreError: the database cannot be read.
    """
    touching = COUNTED_RUNS.where(touches(RUNS.c.from_s, RUNS.c.to_s, period))
    with store.read() as connection:
        rows = connection.execute(touching.order_by(RUNS.c.run_id)).mappings()
        return [_run(row) for row in rows]


def last_run(store: Store) -> Run | None:
    """The newest run; None when there was none.

    Args:
        store: where.

    Raises:
        StoreError: the database cannot be read.
    """
    newest = COUNTED_RUNS.order_by(RUNS.c.run_id.desc()).limit(1)
    with store.read() as connection:
        row = connection.execute(newest).mappings().one_or_none()
    return None if row is None else _run(row)


def newest_tiers(store: Store) -> list[str]:
    """How bytes find their program in the two newest runs, the newest first.

    Args:
        store: where.

    Raises:
        StoreError: the database cannot be read.
    """
    newest = COUNTED_RUNS.order_by(RUNS.c.run_id.desc()).limit(2)
    with store.read() as connection:
        return [row["tier"] for row in connection.execute(newest).mappings()]


def gaps(store: Store, period: Interval) -> list[Gap]:
    """The times without a daemon that touch a period, in order.

    Args:
        store: where.
        period: half-open.

    Raises:
        StoreError: the database cannot be read.
    """
    touching = select(GAPS).where(touches(GAPS.c.from_s, GAPS.c.to_s, period))
    with store.read() as connection:
        rows = connection.execute(touching.order_by(GAPS.c.from_s)).mappings()
        return [
            Gap(
                Interval(row["from_s"], row["to_s"]),
                clean=bool(row["clean"]),
                same_boot=bool(row["same_boot"]),
            )
            for row in rows
        ]


def events(store: Store, period: Interval) -> list[Event]:
    """What happened in a period, in order.

    Args:
        store: where.
        period: half-open.

    Raises:
        StoreError: the database cannot be read.
    """
    inside = and_(EVENTS.c.at_s >= period.from_s, EVENTS.c.at_s < period.to_s)
    wanted = select(EVENTS).where(inside).order_by(EVENTS.c.at_s, EVENTS.c.event_id)
    with store.read() as connection:
        rows = connection.execute(wanted).mappings()
        return [Event(row["at_s"], row["kind"], row["detail"]) for row in rows]


def touches(
    starts: ColumnElement[int], ends: ColumnElement[int], period: Interval
) -> ColumnElement[bool]:
    """An instant belongs to what begins there."""
    late_enough = or_(ends > period.from_s, starts >= period.from_s)
    return and_(starts < period.to_s, late_enough)


def _run(row: RowMapping) -> Run:
    return Run(
        run_id=row["run_id"],
        from_s=row["from_s"],
        to_s=row["to_s"],
        tier=row["tier"],
        version=row["version"],
        boot_id=row["boot_id"],
        clean=bool(row["ended"]),
    )
