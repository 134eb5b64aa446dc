"""Usage that arrives for a time whose spans were dropped already.

It is added to the coarsest tier that is left for that time and never recomputes one:
what was dropped cannot be summed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from monitor.store import amounts
from monitor.store.schema import (
    DAYS,
    DAYS_BILL,
    DAYS_EXPLANATION,
    HOURS,
    HOURS_BILL,
    HOURS_EXPLANATION,
    STALE_DAYS,
)
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Table

HOUR_S = 3600
_UTC_DAY_S = 86_400


def add(connection: Connection, usage: amounts.Usage, hours_purged_to_s: int) -> None:
    """Add usage to hours, or to days where the hours are dropped as well.

    Args:
        connection: in a transaction.
        usage: pieces inside 5-minute slots.
        hours_purged_to_s: hours before this second are dropped.
    """
    for_days, for_hours = usage.split(hours_purged_to_s)
    on_hours = _moved(for_hours, lambda at_s: _hour(connection, at_s))
    amounts.add_to_tier(connection, on_hours, HOURS_BILL, HOURS_EXPLANATION)
    on_days = _moved(for_days, lambda at_s: _day(connection, at_s))
    amounts.add_to_tier(connection, on_days, DAYS_BILL, DAYS_EXPLANATION)


def _moved(usage: amounts.Usage, row_at: Callable[[int], Interval]) -> amounts.Usage:
    """The same usage on the tier's rows that hold its pieces."""
    rows = {piece[0].from_s: row_at(piece[0].from_s) for piece in usage.pieces()}
    moved = amounts.Usage()
    for (when, attachment), bill in usage.bill.items():
        moved.bill[rows[when.from_s], attachment] += bill
    for (when, attachment, share), traffic in usage.explanation.items():
        moved.explanation[rows[when.from_s], attachment, share] += traffic
    return moved


def _hour(connection: Connection, at_s: int) -> Interval:
    """The row of `hours` at a second, made if need be; its day must be summed again."""
    start_s = at_s - at_s % HOUR_S
    row = _row(connection, HOURS, at_s, Interval(start_s, start_s + HOUR_S))
    connection.execute(
        insert(STALE_DAYS).on_conflict_do_nothing(), {"from_s": row.from_s}
    )
    return row


def _day(connection: Connection, at_s: int) -> Interval:
    """The row of `days` at a second, made if need be: the writer knows no zone."""
    start_s = at_s - at_s % _UTC_DAY_S
    return _row(connection, DAYS, at_s, Interval(start_s, start_s + _UTC_DAY_S))


def _row(connection: Connection, tier: Table, at_s: int, whole: Interval) -> Interval:
    covering = connection.execute(
        select(tier.c.from_s, tier.c.to_s).where(
            tier.c.from_s <= at_s,
            tier.c.from_s > at_s - 2 * _UTC_DAY_S,
            tier.c.to_s > at_s,
        )
    ).one_or_none()
    if covering is not None:
        return Interval(*covering)
    row = within_days(connection, at_s, whole)
    values = {"from_s": row.from_s, "to_s": row.to_s}
    if tier is DAYS:
        connection.execute(insert(DAYS), values | {"zone": "UTC"})
    else:
        connection.execute(insert(tier), values)
    return row


def within_days(connection: Connection, at_s: int, whole: Interval) -> Interval:
    """The part of an interval around a second that no border of a day cuts.

    Args:
        connection: to read the days from.
        at_s: a second inside.
        whole: the interval.

    Returns:
        A part of it; disjoint from every day, or inside one.
    """
    before = [
        func.max(column).filter(column <= at_s, column > whole.from_s)
        for column in (DAYS.c.from_s, DAYS.c.to_s)
    ]
    after = [
        func.min(column).filter(column > at_s, column < whole.to_s)
        for column in (DAYS.c.from_s, DAYS.c.to_s)
    ]
    near = DAYS.c.from_s.between(whole.from_s - 2 * _UTC_DAY_S, whole.to_s)
    borders = connection.execute(select(*before, *after).where(near)).one()
    lower = [mark for mark in borders[:2] if mark is not None]
    upper = [mark for mark in borders[2:] if mark is not None]
    return Interval(max([whole.from_s, *lower]), min([whole.to_s, *upper]))
