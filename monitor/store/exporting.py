"""Everything that was recorded, row by row as it is stored, with little memory.

Each row is of one stored interval, place and share; what nobody claims of the bill of
an interval is a row of its own, and so is what is claimed beyond it. So all rows add up
to the bills.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, literal, select

from monitor.store import places
from monitor.store.columns import TRAFFIC
from monitor.store.planner import Segment, Tier, segments
from monitor.store.schema import (
    APPLICATIONS,
    BILL,
    DAYS,
    DAYS_BILL,
    DAYS_EXPLANATION,
    EXPLANATION,
    HOURS,
    HOURS_BILL,
    HOURS_EXPLANATION,
    SHARES,
    SPANS,
)
from monitor.store.tierqueries import LONGEST_DAY_S
from monitor.store.tiers import layout, within
from monitor.usage import SOCKET, Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection, RowMapping, Table

    from monitor.store.engine import Store
    from monitor.store.planner import Layout
    from monitor.usage import Attachment

UNCLAIMED: Final = "unattributed"
OVERCLAIMED: Final = "over-explained"

_DAY_S: Final = 86_400


class Detail(StrEnum):
    """How finely rows are wanted, as far as that is kept."""

    SLOT = "5min"
    HOUR = "hour"
    DAY = "day"


class Exported(NamedTuple):
    """Usage of one stored interval.

    Attributes:
        when: half-open.
        where: interface and network.
        share: whose, as a row of `shares` with its application; None for what only
            the bill knows.
        reason: of such a row.
        traffic: IP bytes and packets.
    """

    when: Interval
    where: Attachment
    share: RowMapping | None
    reason: str
    traffic: Traffic


class _Source(NamedTuple):
    """A tier: its intervals, and what refers to them by a key."""

    whens: Table
    key: str
    bill: Table
    explanation: Table
    chunk_s: int
    longest_s: int


class _Names(NamedTuple):
    """What ids stand for: places that are billed, and shares."""

    where: Mapping[int, Attachment]
    shares: Mapping[int, RowMapping]


_SOURCES: Final = {
    Tier.SPANS: _Source(SPANS, "span_id", BILL, EXPLANATION, _DAY_S, 300),
    Tier.HOURS: _Source(
        HOURS, "from_s", HOURS_BILL, HOURS_EXPLANATION, 4 * _DAY_S, 3600
    ),
    Tier.DAYS: _Source(
        DAYS, "from_s", DAYS_BILL, DAYS_EXPLANATION, 60 * _DAY_S, LONGEST_DAY_S
    ),
}


def exported(
    store: Store, period: Interval, detail: Detail, show: Callable[[int], None]
) -> Iterator[Exported]:
    """All rows of a period that were billed.

    Args:
        store: open for reading: one snapshot.
        period: half-open; rows that are over its edges are cut there.
        detail: how finely.
        show: called now and then with the UTC second that is reached.

    Yields:
        In order of time, as far as the database gives it.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        known = places.places(connection).items()
        where = {key: each for key, each in known if each.billed}
        names = _Names(where, _shares(connection))
        for segment in _segments(period, layout(connection, period), detail):
            for part in _chunks(segment):
                show(part.interval.from_s)
                yield from _rows(connection, part, segment.interval, names)


def _segments(period: Interval, found: Layout, detail: Detail) -> list[Segment]:
    """Which tier answers for which part of the period."""
    if detail is not Detail.SLOT:
        days = found.days if detail is Detail.DAY else ()
        return segments(period, replace(found, days=days))
    edges_s = (0, found.hours_from_s, max(found.hours_from_s, found.spans_from_s))
    parts = [
        Segment(tier, Interval(max(period.from_s, from_s), min(period.to_s, to_s)))
        for tier, from_s, to_s in zip(
            (Tier.DAYS, Tier.HOURS, Tier.SPANS),
            edges_s,
            (*edges_s[1:], period.to_s),
            strict=True,
        )
    ]
    return [part for part in parts if part.interval.from_s < part.interval.to_s]


def _chunks(segment: Segment) -> Iterator[Segment]:
    """Parts of a segment that are read at once; rows go by their beginning."""
    step_s = _SOURCES[segment.tier].chunk_s
    from_s, to_s = segment.interval
    while from_s < to_s:
        end_s = min(to_s, from_s - from_s % step_s + step_s)
        yield segment._replace(interval=Interval(from_s, end_s))
        from_s = end_s


def _rows(
    connection: Connection, part: Segment, whole: Interval, names: _Names
) -> Iterator[Exported]:
    """The rows that begin in a part, or before it where the whole begins with it."""
    source = _SOURCES[part.tier]
    since_s = part.interval.from_s
    if since_s == whole.from_s:
        since_s -= source.longest_s
    among = Interval(since_s, part.interval.to_s)
    left = {
        key: _cut(traffic, key, whole)
        for key, traffic in _amounts(connection, source, source.bill, among)
        if key.attachment_id in names.where and _touches(key, whole)
    }
    for key, traffic in _amounts(connection, source, source.explanation, among):
        bill_key = key._replace(share_id=0)
        if bill_key not in left:
            continue
        moved = _cut(traffic, key, whole)
        left[bill_key] -= moved
        share = names.shares[key.share_id]
        yield _exported(key, whole, names, moved)._replace(
            share=share, reason="" if share["kind"] == SOCKET else share["kind"]
        )
    for key, rest in left.items():
        below = (rest.clamped() - rest).clamped()
        for reason, amount in ((UNCLAIMED, rest.clamped()), (OVERCLAIMED, below)):
            if amount:
                signed = amount if reason == UNCLAIMED else Traffic() - amount
                yield _exported(key, whole, names, signed)._replace(reason=reason)


class _Key(NamedTuple):
    """A row of a bill or of an explanation; share 0 is the bill."""

    from_s: int
    to_s: int
    attachment_id: int
    share_id: int


def _amounts(
    connection: Connection, source: _Source, amounts: Table, among: Interval
) -> Iterator[tuple[_Key, Traffic]]:
    """The rows that begin in a time, those of one key together."""
    whens = source.whens
    at = whens.c.attachment_id if whens is SPANS else amounts.c.attachment_id
    shares = [amounts.c.share_id] if "share_id" in amounts.c else [literal(0)]
    keys = [whens.c.from_s, whens.c.to_s, at, *shares]
    wanted = (
        select(*keys, *(func.sum(amounts.c[name]) for name in TRAFFIC))
        .select_from(whens)
        .join(amounts, whens.c[source.key] == amounts.c[source.key])
        .where(whens.c.from_s >= among.from_s, whens.c.from_s < among.to_s)
        .group_by(*keys)
        .order_by(whens.c.from_s)
    )
    for row in connection.execute(wanted):
        yield _Key(*row[:4]), Traffic(*row[4:])


def _touches(key: _Key, whole: Interval) -> bool:
    """Whether a row has a part in a time; an instant is where it begins."""
    return key.from_s >= whole.from_s or key.to_s > whole.from_s


def _cut(traffic: Traffic, key: _Key, whole: Interval) -> Traffic:
    if whole.from_s <= key.from_s and key.to_s <= whole.to_s:
        return traffic
    return within(traffic, Interval(key.from_s, key.to_s), whole)[1]


def _exported(key: _Key, whole: Interval, names: _Names, traffic: Traffic) -> Exported:
    when = Interval(max(key.from_s, whole.from_s), min(key.to_s, whole.to_s))
    return Exported(when, names.where[key.attachment_id], None, "", traffic)


def _shares(connection: Connection) -> dict[int, RowMapping]:
    """Whose bytes there are, with the name of the application; nobody has none."""
    wanted = select(SHARES, APPLICATIONS.c.name).select_from(SHARES.join(APPLICATIONS))
    rows = connection.execute(wanted).mappings()
    return {row["share_id"]: row for row in rows}
