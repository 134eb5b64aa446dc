"""The three tiers as queries: the sums of a segment of each, and what straddles it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    true,
)

from monitor.store.columns import COUNTER, TRAFFIC
from monitor.store.planner import HOUR_S, Tier
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
)
from monitor.usage import SLOT_S

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table

LONGEST_DAY_S = 172_800
"""No local day is as long as this."""


class Source(NamedTuple):
    """A tier: its intervals, and the queries for bill, explanation and who it was."""

    longest_s: int
    bill: Select[*tuple[object, ...]]
    explanation: Select[*tuple[object, ...]]
    some: Select[*tuple[object, ...]]
    users: Select[int, int]


_EACH = func.json_each(bindparam("segments", type_=Text)).table_valued("key", "value")
_ASKED = (
    select(
        _EACH.c.key.label("segment"),
        func.json_extract(_EACH.c.value, "$[0]", type_=Integer).label("begin_s"),
        func.json_extract(_EACH.c.value, "$[1]", type_=Integer).label("end_s"),
    )
    .cte("asked")
    .prefix_with("MATERIALIZED")  # else its JSON is read again for each row
)
"""The segments, each with its place in the list."""


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
        A query with `segments`, a list of begin and end as JSON, and `longest_s`.
    """
    begin, end = _ASKED.c.begin_s, _ASKED.c.end_s
    starts, ends = whens.c.from_s, whens.c.to_s
    inside = and_(starts >= begin, ends <= end)
    names = [name for name in COUNTER + TRAFFIC if name in amounts.c]
    return (
        select(
            _ASKED.c.segment,
            *groups,
            func.min(starts).label("from_s"),
            func.max(ends).label("to_s"),
            case((inside, 1), else_=0).label("inside"),
            *(func.sum(amounts.c[name]).label(name) for name in names),
        )
        .select_from(_ASKED)
        .join(whens, true())
        .join(amounts, whens.c[key] == amounts.c[key])
        # No row is longer than its tier allows: the lower bound makes it a range scan.
        .where(
            starts > begin - bindparam("longest_s", type_=Integer),
            starts < end,
            or_(ends > begin, starts >= begin),
        )
        .group_by(_ASKED.c.segment, *groups, case((inside, -1), else_=whens.c[key]))
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


_ONLY = select(
    func.json_each(bindparam("only", type_=Text))
    .table_valued(column("value", Integer))
    .c.value
)


def _source(
    longest_s: int, whens: Table, key: str, bill: Table, explanation: Table
) -> Source:
    of_spans = whens is SPANS
    at_bill = whens.c.attachment_id if of_spans else bill.c.attachment_id
    at_share = whens.c.attachment_id if of_spans else explanation.c.attachment_id
    shares = _query(whens, explanation, key, [at_share, explanation.c.share_id])
    return Source(
        longest_s,
        _query(whens, bill, key, [at_bill]),
        shares,
        shares.where(explanation.c.share_id.in_(_ONLY)),
        _users(whens, explanation, key, at_share),
    )


SOURCES = {
    Tier.SPANS: _source(SLOT_S, SPANS, "span_id", BILL, EXPLANATION),
    Tier.HOURS: _source(HOUR_S, HOURS, "from_s", HOURS_BILL, HOURS_EXPLANATION),
    Tier.DAYS: _source(LONGEST_DAY_S, DAYS, "from_s", DAYS_BILL, DAYS_EXPLANATION),
}
