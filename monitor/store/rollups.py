"""Spans summed into clock hours, hours summed into local days.

Each sum is made anew from what is below it, in a transaction of its own that also
takes the mark away, so it can be repeated, interrupted and run beside the writer. Days
never overlap: one that was begun in another zone keeps its place, and its neighbour is
shorter or longer by the difference.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from monitor.store import meta
from monitor.store.columns import COUNTER, TRAFFIC
from monitor.store.late import within_days
from monitor.store.planner import HOUR_S
from monitor.store.schema import (
    BILL,
    DAYS,
    DAYS_BILL,
    DAYS_EXPLANATION,
    EXPLANATION,
    HOURS,
    HOURS_BILL,
    HOURS_EXPLANATION,
    SPANS,
    STALE_DAYS,
    STALE_HOURS,
)
from monitor.store.tierqueries import LONGEST_DAY_S
from monitor.usage import SLOT_S, Interval

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection, Table

    from monitor.store.engine import Store

MOST_HOURS = 1000
"""Hours and days of one call: more than a month, a few seconds of work."""


def roll_up(
    store: Store, now_s: int, zone: ZoneInfo, max_hours: int = MOST_HOURS
) -> int:
    """Sum every closed hour and day whose sum is not up to date.

    Args:
        store: open for writing.
        now_s: hours and days that end later are left alone.
        zone: whose midnights begin a day.
        max_hours: the most hours, and the most days, of this call; oldest first.

    Returns:
        How many hours and days were summed; 0 when nothing was left to do.

    Raises:
        StoreError: what was summed until then is kept.
    """
    closed = STALE_HOURS.c.hour_s <= now_s - HOUR_S
    oldest = select(STALE_HOURS.c.hour_s).where(closed).order_by(STALE_HOURS.c.hour_s)
    with store.read() as connection:
        hours = connection.scalars(oldest.limit(max_hours)).all()
    for hour_s in hours:
        with store.begin(durable=False) as connection:
            _sum_hour(connection, hour_s)
    days = 0
    after_s = -1
    while days < max_hours:
        with store.begin(durable=False) as connection:
            day = _next_day(connection, after_s, zone)
            if day is None or day.to_s > now_s:
                break
            summed = _sum_day(connection, day, zone)
            days += summed
            # A sum may cut the hour before its day anew, and mark the day of that.
            after_s = day.from_s - HOUR_S - 1 if summed else day.to_s - 1
    return len(hours) + days


def _sum_hour(connection: Connection, hour_s: int) -> None:
    """Make the rows of one clock hour anew, cut where a day begins inside it."""
    connection.execute(delete(STALE_HOURS).where(STALE_HOURS.c.hour_s == hour_s))
    purged_to_s = meta.number(meta.read(connection), meta.SPANS_PURGED_TO_S)
    if hour_s < purged_to_s:
        return  # its spans are gone; late usage was added to its row
    hour = Interval(hour_s, hour_s + HOUR_S)
    connection.execute(delete(HOURS).where(_begins_in(HOURS, hour)))
    mark = sqlite_insert(STALE_DAYS).on_conflict_do_nothing()
    cursor_s = hour_s
    while cursor_s < hour.to_s:
        piece = within_days(connection, cursor_s, hour)
        connection.execute(insert(HOURS), {"from_s": piece.from_s, "to_s": piece.to_s})
        _sum_spans(connection, piece, HOURS_BILL, BILL)
        _sum_spans(connection, piece, HOURS_EXPLANATION, EXPLANATION)
        connection.execute(mark, {"from_s": piece.from_s})
        cursor_s = piece.to_s


def _begins_in(table: Table, when: Interval) -> ColumnElement[bool]:
    return and_(table.c.from_s >= when.from_s, table.c.from_s < when.to_s)


def _sums(table: Table) -> list[ColumnElement[int]]:
    names = [name for name in COUNTER + TRAFFIC if name in table.c]
    return [func.sum(table.c[name]) for name in names]


def _sum_spans(
    connection: Connection, when: Interval, table: Table, below: Table
) -> None:
    shares = [below.c.share_id] if "share_id" in below.c else []
    sums = (
        select(literal(when.from_s), SPANS.c.attachment_id, *shares, *_sums(below))
        .select_from(SPANS)
        .join(below, below.c.span_id == SPANS.c.span_id)
        .where(_begins_in(SPANS, when))
        .group_by(SPANS.c.attachment_id, *shares)
    )
    connection.execute(insert(table).from_select(list(table.c), sums))


def _sum_hours(
    connection: Connection, when: Interval, table: Table, below: Table
) -> None:
    keys = [column for column in below.primary_key if column.name != "from_s"]
    sums = (
        select(literal(when.from_s), *keys, *_sums(below))
        .where(_begins_in(below, when))
        .group_by(*keys)
    )
    connection.execute(insert(table).from_select(list(table.c), sums))


def _next_day(connection: Connection, after_s: int, zone: ZoneInfo) -> Interval | None:
    """The day of the first mark after a second: as it is kept, or as it will be."""
    first = select(func.min(STALE_DAYS.c.from_s)).where(STALE_DAYS.c.from_s > after_s)
    mark_s = connection.execute(first).scalar_one()
    if mark_s is None:
        return None
    kept = select(DAYS.c.from_s, DAYS.c.to_s).where(
        DAYS.c.from_s.between(mark_s - LONGEST_DAY_S, mark_s), DAYS.c.to_s > mark_s
    )
    row = connection.execute(kept).one_or_none()
    if row is not None:
        return Interval(*row)
    local = local_day(mark_s, zone)
    day = _off_dropped_hours(connection, local)
    if day.to_s <= mark_s:  # its last hour went over to the next day
        day = _off_dropped_hours(connection, local_day(local.to_s, zone))
    return within_days(connection, mark_s, day)


def local_day(at_s: int, zone: ZoneInfo) -> Interval:
    """The local day around a second, moved to whole 5-minute slots.

    Args:
        at_s: UTC second.
        zone: whose midnights; where midnight does not exist, the day begins with the
            first minute that does, and where it comes twice, with the first one.
    """
    date = datetime.fromtimestamp(at_s, zone).date()
    edges = [
        int(datetime.combine(day, datetime.min.time(), zone).timestamp())
        for day in (date, date + timedelta(days=1))
    ]
    # All zones of today keep to quarters of an hour; old ones went by the sun.
    return Interval(*(edge_s - edge_s % SLOT_S for edge_s in edges))


def _off_dropped_hours(connection: Connection, day: Interval) -> Interval:
    """The day with its edges off hours that can no longer be cut."""
    purged_to_s = meta.number(meta.read(connection), meta.SPANS_PURGED_TO_S)
    return Interval(
        *(
            edge_s - edge_s % HOUR_S if edge_s < purged_to_s else edge_s
            for edge_s in day
        )
    )


def _sum_day(connection: Connection, day: Interval, zone: ZoneInfo) -> int:
    """Make one day anew; waits while one of its hours is not summed itself.

    Returns:
        How many days were summed: 1, or 0.
    """
    hours = select(func.count()).where(
        STALE_HOURS.c.hour_s > day.from_s - HOUR_S, STALE_HOURS.c.hour_s < day.to_s
    )
    if connection.execute(hours).scalar_one():
        return 0
    connection.execute(delete(DAYS).where(DAYS.c.from_s == day.from_s))
    values = {"from_s": day.from_s, "to_s": day.to_s, "zone": str(zone)}
    connection.execute(insert(DAYS), values)
    # An hour that the edge of this day cuts is made anew, in two parts.
    cut = or_(
        and_(HOURS.c.from_s < day.from_s, HOURS.c.to_s > day.from_s),
        and_(HOURS.c.from_s < day.to_s, HOURS.c.to_s > day.to_s),
    )
    near = HOURS.c.from_s.between(day.from_s - HOUR_S, day.to_s)
    for hour_s in connection.scalars(select(HOURS.c.from_s).where(near, cut)).all():
        _sum_hour(connection, hour_s - hour_s % HOUR_S)
    _sum_hours(connection, day, DAYS_BILL, HOURS_BILL)
    _sum_hours(connection, day, DAYS_EXPLANATION, HOURS_EXPLANATION)
    connection.execute(delete(STALE_DAYS).where(_begins_in(STALE_DAYS, day)))
    return 1
