"""Adding usage to rows of any tier: a second amount for the same key adds up.

Usage inside the store refers to attachments and shares by id.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.dialects.sqlite import insert

from monitor.store.columns import COUNTER, TRAFFIC, bill_values, traffic_values
from monitor.store.schema import BILL, EXPLANATION
from monitor.usage import Bill, Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Table
    from sqlalchemy.dialects.sqlite import Insert


def _nothing() -> Bill:
    return Bill(Traffic(), Traffic())


@dataclass(frozen=True, slots=True)
class Usage:
    """A bill by (interval, attachment), an explanation by (interval, both, share).

    Attributes:
        bill: by interval and attachment.
        explanation: by interval, attachment and share.
        cuts: seconds over which no span goes on.
    """

    bill: defaultdict[tuple[Interval, int], Bill] = field(
        default_factory=lambda: defaultdict(_nothing)
    )
    explanation: defaultdict[tuple[Interval, int, int], Traffic] = field(
        default_factory=lambda: defaultdict(Traffic)
    )
    cuts: Collection[int] = ()

    def pieces(self) -> set[tuple[Interval, int]]:
        """Every interval with its attachment."""
        shared = {(when, attachment) for when, attachment, _ in self.explanation}
        return shared | set(self.bill)

    def split(self, mark_s: int) -> tuple[Usage, Usage]:
        """What begins before the mark, and the rest."""
        before, after = Usage(), Usage(cuts=self.cuts)
        for piece, bill in self.bill.items():
            (before if piece[0].from_s < mark_s else after).bill[piece] += bill
        for row, traffic in self.explanation.items():
            (before if row[0].from_s < mark_s else after).explanation[row] += traffic
        return before, after


def adding(table: Table, amounts: tuple[str, ...]) -> Insert:
    """An INSERT that adds the amounts where the row is already there."""
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={name: table.c[name] + statement.excluded[name] for name in amounts},
    )


_ADD_BILL = adding(BILL, COUNTER + TRAFFIC)
_ADD_EXPLANATION = adding(EXPLANATION, TRAFFIC)


def add_to_spans(
    connection: Connection, usage: Usage, span_ids: dict[tuple[Interval, int], int]
) -> None:
    """Add usage to spans that are there.

    Args:
        connection: in a transaction.
        usage: what to add.
        span_ids: the span of each of its pieces.
    """
    bills: defaultdict[int, Bill] = defaultdict(_nothing)
    for piece, bill in usage.bill.items():
        bills[span_ids[piece]] += bill
    shares: defaultdict[tuple[int, int], Traffic] = defaultdict(Traffic)
    for (when, attachment, share), traffic in usage.explanation.items():
        shares[span_ids[when, attachment], share] += traffic
    _execute(
        connection,
        _ADD_BILL,
        [{"span_id": span} | bill_values(bill) for span, bill in bills.items()],
    )
    _execute(
        connection,
        _ADD_EXPLANATION,
        [
            {"span_id": span, "share_id": share} | traffic_values(traffic)
            for (span, share), traffic in shares.items()
        ],
    )


def add_to_tier(
    connection: Connection, usage: Usage, bill_table: Table, explanation_table: Table
) -> None:
    """Add usage to rows of hours or days; its intervals are rows of the tier.

    Args:
        connection: in a transaction.
        usage: what to add.
        bill_table: of the tier.
        explanation_table: of the tier.
    """
    _execute(
        connection,
        adding(bill_table, COUNTER + TRAFFIC),
        [
            {"from_s": when.from_s, "attachment_id": attachment} | bill_values(bill)
            for (when, attachment), bill in usage.bill.items()
        ],
    )
    _execute(
        connection,
        adding(explanation_table, TRAFFIC),
        [
            {"from_s": when.from_s, "attachment_id": attachment, "share_id": share}
            | traffic_values(traffic)
            for (when, attachment, share), traffic in usage.explanation.items()
        ],
    )


def _execute(
    connection: Connection, statement: Insert, rows: list[dict[str, int]]
) -> None:
    if rows:  # an INSERT without rows would insert defaults
        connection.execute(statement, rows)
