"""Pieces of usage find their span."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import StoreError
from monitor.store.pieces import Assignment, Span, assign, check
from monitor.usage import SLOT_S, Interval
from tests.unit.store.builders import T0


def assigned(
    *pieces: tuple[int, int], newest: dict[int, Span] | None = None
) -> Assignment:
    whens = [(Interval(T0 + start, T0 + end), 1) for start, end in pieces]
    return assign(whens, newest or {}, next_id=10)


def shape(result: Assignment) -> list[tuple[int, int]]:
    return [
        (span.interval.from_s - T0, span.interval.to_s - T0)
        for span in result.made.values()
    ]


@pytest.mark.parametrize(
    ("pieces", "spans"),
    [
        ([(0, 10), (10, 20), (20, 30)], [(0, 30)]),
        ([(20, 30), (0, 10), (10, 20)], [(0, 30)]),
        ([(0, 10), (11, 20)], [(0, 10), (11, 20)]),
        ([(0, 300), (300, 310)], [(0, 300), (300, 310)]),
        ([(290, 300), (300, 300)], [(290, 300), (300, 300)]),
        ([(300, 300), (300, 310)], [(300, 310)]),
        ([(0, 10), (10, 10)], [(0, 10)]),
        ([(0, 10), (0, 30)], [(0, 10), (0, 30)]),
        ([(0, 10), (0, 10)], [(0, 10)]),
    ],
)
def test_neighbours_of_one_slot_are_one_span(
    pieces: list[tuple[int, int]], spans: list[tuple[int, int]]
) -> None:
    assert shape(assigned(*pieces)) == spans


def test_the_newest_span_of_the_attachment_goes_on() -> None:
    open_span = Span(7, 1, Interval(T0, T0 + 30))
    result = assigned((30, 60), (60, 90), newest={1: open_span})
    assert result.made == {}
    assert result.extended == {7: Span(7, 1, Interval(T0, T0 + 90))}
    assert result.newest == {1: result.extended[7]}


def test_no_span_goes_on_over_the_boundary_of_a_plan() -> None:
    """Each cycle finds its part to the byte, also after a restart."""
    open_span = Span(7, 1, Interval(T0, T0 + 30))
    whens = [(Interval(T0 + 30, T0 + 60), 1), (Interval(T0 + 60, T0 + 90), 1)]
    result = assign(whens, {1: open_span}, next_id=10, cuts={T0 + 30, T0 + 60})
    assert shape(result) == [(30, 60), (60, 90)]


def test_another_attachment_does_not_go_on() -> None:
    open_span = Span(7, 2, Interval(T0, T0 + 30))
    result = assigned((30, 60), newest={2: open_span})
    assert shape(result) == [(30, 60)]
    assert result.newest[2] == open_span


@pytest.mark.parametrize(
    "interval",
    [
        Interval(T0 + 299, T0 + 301),
        Interval(T0 + 10, T0),
        Interval(-1, 0),
    ],
)
def test_what_would_break_the_tiers_is_refused(interval: Interval) -> None:
    with pytest.raises(StoreError, match="report it"):
        check(interval)


PIECES = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 5)).map(
        lambda drawn: (drawn[0] * 60, min(drawn[0] * 60 + drawn[1] * 60, 1500))
    ),
    max_size=12,
).map(
    lambda pieces: [
        (start, min(end, start - start % SLOT_S + SLOT_S)) for start, end in pieces
    ]
)


@given(PIECES)
def test_every_piece_lies_in_its_span_and_no_span_straddles(
    pieces: list[tuple[int, int]],
) -> None:
    result = assigned(*pieces)
    for (when, _), span_id in result.span_ids.items():
        span = result.made[span_id].interval
        assert span.from_s <= when.from_s
        assert when.to_s <= span.to_s
        check(span)
