"""Reading usage of a period from the three tiers, and cutting what straddles its edge.

A row that lies inside is summed by SQLite; a row that straddles comes by itself and is
cut by `usage.cut`, so that neighbouring periods add up to the byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Integer, and_, bindparam, case, func, or_, select

from monitor.store import meta
from monitor.store.columns import COUNTER, TRAFFIC, bill_of, traffic_of
from monitor.store.planner import HOUR_S, Layout, Segment, Tier, segments
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
from monitor.usage import SLOT_S, Bill, Interval, Traffic, cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, Select, Table

LONGEST_DAY_S = 172_800
"""No local day is as long as this."""


class _Source(NamedTuple):
    """A tier: its intervals, and the queries for bill, explanation and who it was."""

    longest_s: int
    bill: Select[*tuple[object, ...]]
    explanation: Select[*tuple[object, ...]]
    users: Select[int, int]


def layout(connection: Connection, period: Interval) -> Layout:
    """What the store has of a period.

    Args:
        connection: to read from.
        period: half-open.
    """
    facts = meta.read(connection)
    from_s, to_s = period
    hours = connection.scalars(
        select(STALE_HOURS.c.hour_s).where(
            STALE_HOURS.c.hour_s > from_s - HOUR_S, STALE_HOURS.c.hour_s < to_s
        )
    )
    stale_hours = frozenset(hours)
    marks = connection.scalars(
        select(STALE_DAYS.c.from_s).where(
            STALE_DAYS.c.from_s >= from_s, STALE_DAYS.c.from_s < to_s
        )
    )
    stale = sorted({*stale_hours, *marks})
    days = connection.execute(
        select(DAYS.c.from_s, DAYS.c.to_s)
        .where(DAYS.c.from_s >= from_s, DAYS.c.from_s < to_s, DAYS.c.to_s <= to_s)
        .order_by(DAYS.c.from_s)
    )
    return Layout(
        days=tuple(_up_to_date([Interval(*day) for day in days], stale)),
        stale_hours=stale_hours,
        spans_from_s=meta.number(facts, meta.SPANS_PURGED_TO_S),
        hours_from_s=meta.number(facts, meta.HOURS_PURGED_TO_S),
    )


def _up_to_date(days: list[Interval], stale: list[int]) -> Iterator[Interval]:
    """The days in which no hour changed since; an hour may begin before its day."""
    for day in days:
        if not any(day.from_s - HOUR_S < mark < day.to_s for mark in stale):
            yield day


def bills_of(connection: Connection, period: Interval) -> dict[int, Bill]:
    """The bill of a period by attachment."""
    found: dict[int, Bill] = {}
    for segment in segments(period, layout(connection, period)):
        source = _SOURCES[segment.tier]
        rows = connection.execute(source.bill, bounds(segment))
        for row in rows.mappings():
            part = bill_of(row)
            if not row["inside"]:
                when = Interval(row["from_s"], row["to_s"])
                part = part_of_bill(part, when, segment.interval)
            key = row["attachment_id"]
            found[key] = found.get(key, Bill(Traffic(), Traffic())) + part
    return found


def shares_of(
    connection: Connection, period: Interval
) -> dict[tuple[int, int], Traffic]:
    """The explanation of a period by attachment and share."""
    found: dict[tuple[int, int], Traffic] = {}
    for segment in segments(period, layout(connection, period)):
        source = _SOURCES[segment.tier]
        rows = connection.execute(source.explanation, bounds(segment))
        for row in rows.mappings():
            part = traffic_of(row)
            if not row["inside"]:
                when = Interval(row["from_s"], row["to_s"])
                _, part = within(part, when, segment.interval)
            key = (row["attachment_id"], row["share_id"])
            found[key] = found.get(key, Traffic()) + part
    return found


def users_of(connection: Connection, period: Interval) -> set[tuple[int, int]]:
    """Attachment and share of all rows with bytes that begin in a period."""
    found: set[tuple[int, int]] = set()
    for segment in segments(period, layout(connection, period)):
        source = _SOURCES[segment.tier]
        rows = connection.execute(source.users, bounds(segment)).all()
        found |= {(row[0], row[1]) for row in rows}
    return found


def within(
    traffic: Traffic, when: Interval, period: Interval
) -> tuple[Interval, Traffic]:
    """The part of a row that lies in a period, with its own interval.

    Args:
        traffic: of the whole row.
        when: its interval, which touches the period.
        period: half-open.
    """
    return next(
        (piece, part)
        for piece, part in cut(traffic, when, period)
        if period.from_s <= piece.from_s < period.to_s
    )


def part_of_bill(bill: Bill, when: Interval, period: Interval) -> Bill:
    """The part of a bill that lies in a period.

    Args:
        bill: of the whole row.
        when: its interval, which touches the period.
        period: half-open.
    """
    if period.from_s <= when.from_s and when.to_s <= period.to_s:
        return bill
    _, counter = within(bill.counter, when, period)
    _, l3 = within(bill.l3, when, period)
    return Bill(counter, l3)


def bounds(segment: Segment) -> dict[str, int]:
    """The parameters of a query for a segment; no row is longer than its tier allows.

    Args:
        segment: a part of a period and the tier that answers for it.
    """
    longest_s = _SOURCES[segment.tier].longest_s
    return {
        "lower_s": segment.interval.from_s - longest_s,
        "begin_s": segment.interval.from_s,
        "end_s": segment.interval.to_s,
    }


def _query(
    whens: Table, amounts: Table, key: str, groups: list[ColumnElement[int]]
) -> Select[*tuple[object, ...]]:
    """Sums of all rows inside a segment, and each row that straddles its edges.

    Args:
        whens: the tier's intervals.
        amounts: the tier's bill or explanation.
        key: the column that joins both.
        groups: what the sums are for.

    Returns:
        A query with the parameters of `bounds`.
    """
    begin: ColumnElement[int] = bindparam("begin_s", type_=Integer)
    end: ColumnElement[int] = bindparam("end_s", type_=Integer)
    starts, ends = whens.c.from_s, whens.c.to_s
    inside = and_(starts >= begin, ends <= end)
    names = [name for name in COUNTER + TRAFFIC if name in amounts.c]
    return (
        select(
            *groups,
            func.min(starts).label("from_s"),
            func.max(ends).label("to_s"),
            case((inside, 1), else_=0).label("inside"),
            *(func.sum(amounts.c[name]).label(name) for name in names),
        )
        .select_from(whens)
        .join(amounts, whens.c[key] == amounts.c[key])
        # No row is longer than its tier allows: the lower bound makes it a range scan.
        .where(
            starts > bindparam("lower_s"),
            starts < end,
            or_(ends > begin, starts >= begin),
        )
        .group_by(*groups, case((inside, -1), else_=whens.c[key]))
    )


def _users(
    whens: Table, explanation: Table, key: str, at_share: ColumnElement[int]
) -> Select[int, int]:
    """Whose rows begin in a segment, without sums: a fifth of their cost."""
    return (
        select(at_share, explanation.c.share_id)
        .select_from(whens)
        .join(explanation, whens.c[key] == explanation.c[key])
        .where(
            whens.c.from_s >= bindparam("begin_s"),
            whens.c.from_s < bindparam("end_s"),
            explanation.c.rx_bytes + explanation.c.tx_bytes != 0,
        )
        .distinct()
    )


def _source(
    longest_s: int, whens: Table, key: str, bill: Table, explanation: Table
) -> _Source:
    of_spans = whens is SPANS
    at_bill = whens.c.attachment_id if of_spans else bill.c.attachment_id
    at_share = whens.c.attachment_id if of_spans else explanation.c.attachment_id
    return _Source(
        longest_s,
        _query(whens, bill, key, [at_bill]),
        _query(whens, explanation, key, [at_share, explanation.c.share_id]),
        _users(whens, explanation, key, at_share),
    )


_SOURCES = {
    Tier.SPANS: _source(SLOT_S, SPANS, "span_id", BILL, EXPLANATION),
    Tier.HOURS: _source(HOUR_S, HOURS, "from_s", HOURS_BILL, HOURS_EXPLANATION),
    Tier.DAYS: _source(LONGEST_DAY_S, DAYS, "from_s", DAYS_BILL, DAYS_EXPLANATION),
}
