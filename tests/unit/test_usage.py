"""Cutting usage in time: parts always add up to the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import SLOT_S, Interval, Traffic, cut, slot_marks, total

SIGNED = st.integers(min_value=-(2**40), max_value=2**40)
TRAFFIC = st.builds(Traffic, SIGNED, SIGNED, SIGNED, SIGNED)
SECOND = st.integers(min_value=0, max_value=2**32)


@given(TRAFFIC, SECOND, st.integers(0, 10_000), st.lists(SECOND, max_size=9))
def test_the_parts_of_a_cut_add_up_and_touch(
    traffic: Traffic, start: int, length: int, marks: list[int]
) -> None:
    """Whatever the marks are, inside or not."""
    whole = Interval(start, start + length)
    near = [start + mark % (length + 10) for mark in marks]
    pieces = cut(traffic, whole, near)
    assert total(part for _, part in pieces) == traffic
    edges = [piece.to_s for piece, _ in pieces[:-1]]
    assert edges == [piece.from_s for piece, _ in pieces[1:]]
    assert (pieces[0][0].from_s, pieces[-1][0].to_s) == whole


@given(TRAFFIC, SECOND, st.integers(1, 5000), st.integers(1, 5000))
def test_cutting_twice_is_cutting_once(
    traffic: Traffic, start: int, first: int, second: int
) -> None:
    """A mark that is there from the start gives the same pieces behind it."""
    whole = Interval(start, start + first + second + 1)
    marks = [start + first, start + first + second]
    once = cut(traffic, whole, marks)
    assert cut(traffic, whole, [*marks, *marks]) == once


@given(SECOND, st.integers(0, 5000))
def test_no_piece_straddles_a_slot_mark(start: int, length: int) -> None:
    """Stored spans lie inside one slot of five minutes."""
    whole = Interval(start, start + length)
    for piece, _ in cut(Traffic(1000), whole, slot_marks(whole)):
        last_s = max(piece.from_s, piece.to_s - 1)
        assert piece.from_s // SLOT_S == last_s // SLOT_S


def test_an_instant_is_never_cut() -> None:
    """Zero length has no parts."""
    instant = Interval(600, 600)
    assert cut(Traffic(7), instant, [600]) == [(instant, Traffic(7))]


def test_a_cut_rounds_down_and_the_last_part_takes_the_rest() -> None:
    """Cumulative floor: 10 bytes over three seconds are 3, 3 and 4."""
    parts = cut(Traffic(10), Interval(0, 3), [1, 2])
    assert [part.rx_bytes for _, part in parts] == [3, 3, 4]
