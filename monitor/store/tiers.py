"""Reading usage of a period from the three tiers, and cutting what straddles its edge.

A row that lies inside is summed by SQLite; a row that straddles comes by itself and is
cut by `usage.cut`, so that neighbouring periods add up to the byte.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    select,
)

from monitor.store import meta
from monitor.store.columns import bill_of, traffic_of
from monitor.store.planner import HOUR_S, Layout, Segment, Tier, segments
from monitor.store.schema import (
    DAYS,
    STALE_DAYS,
    STALE_HOURS,
)
from monitor.store.tierqueries import SOURCES
from monitor.usage import Bill, Interval, Traffic, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from sqlalchemy import Connection, RowMapping


class _Found(NamedTuple):
    """One row of an answer: what part it belongs to, and how much of it."""

    part: int
    row: RowMapping
    of: Callable[[Traffic], Traffic]


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


def bills_of(
    connection: Connection, parts: Sequence[Interval]
) -> list[dict[int, Bill]]:
    """The bill of each part of a period by attachment.

    Args:
        connection: to read from.
        parts: half-open.
    """
    found: list[dict[int, Bill]] = [{} for _ in parts]
    for part, row, of in _rows(connection, parts, "bill"):
        whole = bill_of(row)
        bill = Bill(of(whole.counter), of(whole.l3))
        key, bills = row["attachment_id"], found[part]
        bills[key] = bills[key] + bill if key in bills else bill
    return found


def shares_of(
    connection: Connection,
    parts: Sequence[Interval],
    only: Collection[int] | None = None,
) -> list[dict[tuple[int, int], Traffic]]:
    """The explanation of each part of a period by attachment and share.

    Args:
        connection: to read from.
        parts: half-open.
        only: ids of shares; None for all.
    """
    found: list[dict[tuple[int, int], Traffic]] = [{} for _ in parts]
    for part, row, of in _rows(connection, parts, "explanation", only):
        traffic = of(traffic_of(row))
        key, shares = (row["attachment_id"], row["share_id"]), found[part]
        shares[key] = shares[key] + traffic if key in shares else traffic
    return found


def users_of(connection: Connection, period: Interval) -> set[tuple[int, int]]:
    """Attachment and share of all rows with bytes that begin in a period."""
    found: set[tuple[int, int]] = set()
    for segment in segments(period, layout(connection, period)):
        source = SOURCES[segment.tier]
        begin_s, end_s = segment.interval
        asked = {"begin_s": begin_s, "end_s": end_s}
        rows = connection.execute(source.users, asked).all()
        found |= {(row[0], row[1]) for row in rows}
    return found


def _rows(
    connection: Connection,
    parts: Sequence[Interval],
    what: str,
    only: Collection[int] | None = None,
) -> Iterator[_Found]:
    """One query a tier, however many parts there are: each query has its price."""
    cells: defaultdict[Tier, list[tuple[int, Segment]]] = defaultdict(list)
    for number, part, its_layout in _layouts(connection, parts):
        for segment in segments(part, its_layout):
            cells[segment.tier].append((number, segment))
    for tier, asked in cells.items():
        source = SOURCES[tier]
        wanted = [[*segment.interval] for _, segment in asked]
        query = source.bill if what == "bill" else source.explanation
        bounds = {"segments": json.dumps(wanted), "longest_s": source.longest_s}
        if only is not None:
            query = source.some
            bounds["only"] = json.dumps([*only])
        for row in connection.execute(query, bounds).mappings():
            number, segment = asked[row["segment"]]
            yield _Found(number, row, _cutter(row, segment.interval))


def _layouts(
    connection: Connection, parts: Sequence[Interval]
) -> Iterator[tuple[int, Interval, Layout]]:
    """Each part with what the store has of it."""
    if not parts:
        return
    hull = Interval(min(p.from_s for p in parts), max(p.to_s for p in parts))
    whole = layout(connection, hull)
    for number, part in enumerate(parts):
        first = bisect_left(whole.days, part.from_s, key=lambda day: day.from_s)
        last = bisect_right(whole.days, part.to_s, key=lambda day: day.to_s)
        yield number, part, replace(whole, days=whole.days[first:last])


def _cutter(row: RowMapping, segment: Interval) -> Callable[[Traffic], Traffic]:
    """What of a row lies in a segment."""
    if row["inside"]:
        return _all_of_it
    when = Interval(row["from_s"], row["to_s"])
    return lambda traffic: within(traffic, when, segment)[1]


def _all_of_it(traffic: Traffic) -> Traffic:
    return traffic


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
