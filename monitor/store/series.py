"""The bill of each hour or day of a period, in a few queries instead of one for each.

What it answers is what `tiers.bills_of` says of each part by itself, to the byte: the
same rows of the same tiers, cut at the same edges. A month has 744 hours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Integer, bindparam, or_, select

from monitor.store.columns import COUNTER, TRAFFIC, bill_of
from monitor.store.planner import Segment, Tier, segments
from monitor.store.schema import BILL, DAYS, DAYS_BILL, HOURS, HOURS_BILL, SPANS
from monitor.store.tiers import bounds, layout, part_of_bill
from monitor.usage import Bill, Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Select, Table


class _Wanted(NamedTuple):
    """A piece of a part, and the part's place in the answer."""

    segment: Segment
    at: int


def bills_of_parts(
    connection: Connection, parts: Sequence[Interval]
) -> list[dict[int, Bill]]:
    """The bill of each part by attachment.

    Args:
        connection: to read from.
        parts: half-open, disjoint, in order.

    Returns:
        One for each part, in the same order; empty where nothing was recorded.
    """
    found: list[dict[int, Bill]] = [{} for _ in parts]
    for run in _runs(_wanted(connection, parts)):
        starts = [each.segment.interval.from_s for each in run]
        whole = Segment(run[0].segment.tier, Interval(starts[0], _end_s(run)))
        rows = connection.execute(_ROWS[whole.tier], bounds(whole)).mappings()
        for row in rows:
            when = Interval(row["from_s"], row["to_s"])
            bill = bill_of(row)
            first = max(0, bisect_right(starts, when.from_s) - 1)
            for wanted in run[first:]:
                if not _touches(when, wanted.segment.interval):
                    break
                of_part = found[wanted.at]
                key = row["attachment_id"]
                before = of_part.get(key, Bill(Traffic(), Traffic()))
                part = part_of_bill(bill, when, wanted.segment.interval)
                of_part[key] = before + part
    return found


def _wanted(connection: Connection, parts: Sequence[Interval]) -> list[_Wanted]:
    if not parts:
        return []
    known = layout(connection, Interval(parts[0].from_s, parts[-1].to_s))
    return [
        _Wanted(segment, at)
        for at, part in enumerate(parts)
        for segment in segments(part, known)
    ]


def _runs(wanted: Iterable[_Wanted]) -> Iterator[list[_Wanted]]:
    """Pieces that one query can answer: of one tier, without a hole between them."""
    by_tier: defaultdict[Tier, list[_Wanted]] = defaultdict(list)
    for each in wanted:
        by_tier[each.segment.tier].append(each)
    for pieces in by_tier.values():
        run = pieces[:1]
        for each in pieces[1:]:
            if each.segment.interval.from_s != _end_s(run):
                yield run
                run = []
            run.append(each)
        yield run


def _end_s(run: Sequence[_Wanted]) -> int:
    return run[-1].segment.interval.to_s


def _touches(when: Interval, part: Interval) -> bool:
    """An instant belongs to what begins there."""
    return when.from_s < part.to_s and (
        when.to_s > part.from_s or when.from_s >= part.from_s
    )


def _rows(
    whens: Table, amounts: Table, key: str, attachment: Column[int]
) -> Select[*tuple[object, ...]]:
    """Each row of a run of pieces; as `tiers` asks for their sums."""
    starts, ends = whens.c.from_s, whens.c.to_s
    begin: ColumnElement[int] = bindparam("begin_s", type_=Integer)
    return (
        select(
            starts, ends, attachment, *(amounts.c[name] for name in COUNTER + TRAFFIC)
        )
        .select_from(whens)
        .join(amounts, whens.c[key] == amounts.c[key])
        .where(
            starts > bindparam("lower_s"),
            starts < bindparam("end_s"),
            or_(ends > begin, starts >= begin),
        )
    )


_ROWS = {
    Tier.SPANS: _rows(SPANS, BILL, "span_id", SPANS.c.attachment_id),
    Tier.HOURS: _rows(HOURS, HOURS_BILL, "from_s", HOURS_BILL.c.attachment_id),
    Tier.DAYS: _rows(DAYS, DAYS_BILL, "from_s", DAYS_BILL.c.attachment_id),
}
