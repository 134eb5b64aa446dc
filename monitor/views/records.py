"""What the store holds of a question: the only way from a report to the database."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from monitor.networks.attaching import is_local
from monitor.store import queries
from monitor.usage import Interval, total
from monitor.views.parts import local_parts
from monitor.views.rows import sums
from monitor.views.slices import Slices, slices_of
from monitor.views.subjects import Part, Records
from monitor.views.titles import find_entries, titles_of
from monitor.views.unseen import background_processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.store.engine import Store
    from monitor.store.queries import ExplanationRow, InterfaceBill, ProcessUsage
    from monitor.usage import Traffic
    from monitor.views.question import Question

_TWO_DAYS_S = 172_800


def read_records(
    store: Store, question: Question, recorded: Interval | None
) -> Records:
    """Ask the store for what a report needs.

    Args:
        store: open for reading.
        question: what is wanted.
        recorded: first and last second with records.

    Returns:
        Records of the interfaces and the period in question.

    Raises:
        StoreError: the database cannot be read.
    """
    pieces = question.parts(question.period)
    slices = _slices(question, recorded)
    times = slices.parts if question.slices else _times(question, recorded)
    cells = [piece for part in times for piece in question.parts(part)]
    bills = queries.interface_bills_of(store, [*pieces, *cells])
    explained: list[list[ExplanationRow]] = [[] for _ in pieces]
    if question.is_explained:
        explained = _explanation(store, question, pieces)
    paid = [
        Part(piece, _meant(question, piece, found), rows)
        # Of the bills these are the first.
        for piece, found, rows in zip(pieces, bills, explained, strict=False)
    ]
    entries = find_entries(chain.from_iterable(explained), os.environ)
    titled = replace(question, titles=titles_of(entries))
    rows_in = _narrow_explanation(store, titled, cells)
    found_in = dict(zip(cells, zip(bills[len(pieces) :], rows_in, strict=True)))  # noqa: B905 - of one length, as the inner one
    parts = [_part(question, part, found_in) for part in times]
    return Records(
        bills=[bill for part in paid for bill in part.bills],
        explanation=[row for part in paid for row in part.explanation],
        processes=_processes(store, question, pieces),
        parts=_with_records(parts, recorded),
        paid=paid,
        local=_beside(question, pieces, bills),
        billed=total(
            bill.l3 for found in bills[: len(pieces)] for bill in found if bill.billed
        ),
        slice_s=slices.length_s,
        entries=entries,
    )


def _part(
    question: Question,
    part: Interval,
    found_in: Mapping[Interval, tuple[list[InterfaceBill], list[ExplanationRow]]],
) -> Part:
    """A part in time, of the pieces in which who pays stays the same."""
    pieces = [
        Part(piece, _meant(question, piece, found_in[piece][0]), found_in[piece][1])
        for piece in question.parts(part)
    ]
    return Part(
        part,
        [bill for piece in pieces for bill in piece.bills],
        [row for piece in pieces for row in piece.explanation],
        pieces,
    )


def _meant(
    question: Question, piece: Interval, bills: Iterable[InterfaceBill]
) -> list[InterfaceBill]:
    return [bill for bill in bills if question.covers(bill.where, piece.from_s)]


def _explanation(
    store: Store, question: Question, pieces: Sequence[Interval]
) -> list[list[ExplanationRow]]:
    return _covered(question, pieces, queries.explanation_of(store, pieces))


def _narrow_explanation(
    store: Store, question: Question, pieces: Sequence[Interval]
) -> list[list[ExplanationRow]]:
    """What is meant of it, where only that or how much it is is wanted."""
    if not question.is_narrow and not question.is_accounted:
        return [[] for _ in pieces]
    means = question.means if question.is_narrow else None
    found = queries.explanation_of(store, pieces, means)
    return _covered(question, pieces, found)


def _covered(
    question: Question,
    pieces: Sequence[Interval],
    found: Sequence[Sequence[ExplanationRow]],
) -> list[list[ExplanationRow]]:
    return [
        [row for row in rows if question.covers(row.where, piece.from_s)]
        for piece, rows in zip(pieces, found, strict=True)
    ]


def _processes(
    store: Store, question: Question, pieces: Sequence[Interval]
) -> list[ProcessUsage]:
    if question.by != "process":
        return []
    if question.background:
        return [
            usage
            for piece in pieces
            for usage in background_processes(store, piece)
            if question.covers(usage.where, piece.from_s)
        ]
    return [
        usage
        for piece in pieces
        for usage in queries.process_usage(store, piece)
        if question.covers(usage.where, piece.from_s)
    ]


def _beside(
    question: Question,
    pieces: Sequence[Interval],
    bills: Sequence[Sequence[InterfaceBill]],
) -> dict[str, Traffic]:
    """What no carrier saw of the interfaces that are shown, unless shown itself."""
    return sums(
        (bill.name, bill.l3)
        for piece, found in zip(pieces, bills, strict=False)
        for bill in _neighbours(question, piece, found)
    )


def _neighbours(
    question: Question, piece: Interval, bills: Sequence[InterfaceBill]
) -> list[InterfaceBill]:
    meant = _meant(question, piece, bills)
    shown = {(bill.name, bill.network) for bill in meant}
    names = {name for name, _ in shown}
    return [
        bill
        for bill in bills
        if question.includes(bill.network)
        and is_local(bill.network)
        and bill.name in names
        and (bill.name, bill.network) not in shown
    ]


def _slices(question: Question, recorded: Interval | None) -> Slices:
    if recorded is None or not question.slices:
        return Slices()
    return slices_of(question.period, recorded, question.zone, question.slices)


def _times(question: Question, recorded: Interval | None) -> Sequence[Interval]:
    """The parts of the period in which anything may have been recorded."""
    if recorded is None or not question.is_in_time:
        return ()
    period = Interval(
        # Two days more, so that the first part is a whole local day.
        max(question.period.from_s, recorded.from_s - _TWO_DAYS_S),
        min(question.period.to_s, recorded.to_s + _TWO_DAYS_S),
    )
    return [
        part
        for part in local_parts(question.by, period, question.zone)
        if part.to_s > recorded.from_s and part.from_s <= recorded.to_s
    ]


def _with_records(parts: Iterable[Part], recorded: Interval | None) -> list[Part]:
    """What begins with the last second has at most its instants."""
    return [
        part
        for part in parts
        if part.bills or (recorded and part.interval.from_s < recorded.to_s)
    ]
