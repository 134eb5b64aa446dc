"""Parts of a period as a donor's table has them: who paid, and what was not counted."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import IMPORTED, Traffic, cut, total
from monitor.views.rows import UNATTRIBUTED, Account, Place, Row
from monitor.views.subjects import Records, residual
from monitor.views.totals import coverage_permille

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.accounts.aside import Aside
    from monitor.plans.payers import Paying
    from monitor.store.queries import ExplanationRow, InterfaceBill
    from monitor.usage import Interval
    from monitor.views.question import Question
    from monitor.views.subjects import Part


class _Key(NamedTuple):
    """What one row is about."""

    interval: Interval
    place: Place
    plan: str | None


def by_part_and_plan(records: Records, question: Question) -> list[Row]:
    """The bill of each part of the period, in each place, and who paid for it.

    Args:
        records: bills and explanation of each part, and of pieces of it.
        question: says who pays, and what plans did not count.

    Returns:
        Rows in order of time, as `by_part`; several of a part and place where several
        plans paid.
    """
    aside = _aside(records.parts, question.asides or ())
    places = {Place(bill.name, bill.network): bill for bill in records.bills}
    rows = []
    for part in records.parts:
        found = _by_payer(part, question.paying)
        missing = places.keys() - {key.place for key in found}
        for place in missing:  # nothing was moved there: none is not unknown
            plan = _payer(places[place], question.paying, part.interval.from_s)
            found[_Key(part.interval, place, plan)] = Records([])
        rows += [
            _row_of(key, each, aside.get(key, Traffic())) for key, each in found.items()
        ]
    return sorted(rows, key=_in_time)


def _in_time(row: Row) -> tuple[Interval | None, Place, str]:
    return row.interval, row.place, row.plan or ""


def _by_payer(part: Part, paying: Paying) -> dict[_Key, Records]:
    """Bills and explanation of a part by place and who paid."""
    bills: defaultdict[_Key, list[InterfaceBill]] = defaultdict(list)
    rows: defaultdict[_Key, list[ExplanationRow]] = defaultdict(list)
    for piece in part.pieces:
        for bill in piece.bills:
            bills[_key(part, piece, bill, paying)].append(bill)
        for row in piece.explanation:
            rows[_key(part, piece, row, paying)].append(row)
    return {key: Records(bills[key], rows[key]) for key in {**bills, **rows}}


def _key(
    part: Part, piece: Part, of: InterfaceBill | ExplanationRow, paying: Paying
) -> _Key:
    place = Place(of.where.device, of.network)
    return _Key(part.interval, place, _payer(of, paying, piece.interval.from_s))


def _payer(of: InterfaceBill | ExplanationRow, paying: Paying, at_s: int) -> str | None:
    return paying.plan(of.where, at_s) if of.billed else None


def _row_of(key: _Key, records: Records, aside: Traffic) -> Row:
    moved = total(bill.l3 for bill in records.bills)
    unclaimed_bytes = sum(
        row.traffic.bytes for row in residual(records) if row.reason == UNATTRIBUTED
    ) + sum(
        row.traffic.bytes for row in records.explanation if row.share_kind == IMPORTED
    )
    coverage = coverage_permille(moved.bytes, unclaimed_bytes)
    return Row(
        place=key.place,
        traffic=moved,
        interval=key.interval,
        plan=key.plan,
        account=Account(aside.rx_bytes, aside.tx_bytes, coverage),
    )


def _aside(parts: Sequence[Part], asides: Iterable[Aside]) -> Mapping[_Key, Traffic]:
    """What was free of charge, and what was not covered, as two directions."""
    whens = [part.interval for part in parts]
    starts = [when.from_s for when in whens]
    marks = sorted({edge_s for when in whens for edge_s in when})
    found: defaultdict[_Key, Traffic] = defaultdict(Traffic)
    for each in asides:
        amounts = Traffic(each.zero_rated_bytes, each.uncovered_bytes)
        low = bisect_right(marks, each.when.from_s)
        high = bisect_right(marks, each.when.to_s)
        for when, piece in cut(amounts, each.when, marks[low:high]):
            index = bisect_right(starts, when.from_s) - 1
            if index >= 0 and when.from_s < whens[index].to_s:
                place = Place(each.interface, each.network)
                found[_Key(whens[index], place, each.plan)] += piece
    return found
