"""Usage told several times is counted once, and each row is what it was."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from monitor.store.nesting import Part, finest, spread, without
from monitor.usage import Interval, Traffic, total

LENGTHS = (5, 60, 1440, 43_200)
WHOLE = Interval(0, 2 * LENGTHS[-1])

moves = st.lists(
    st.tuples(st.integers(0, WHOLE.to_s - 1), st.integers(0, 1 << 50)), max_size=60
)
intervals = st.tuples(st.integers(0, 100), st.integers(1, 50)).map(
    lambda pair: Interval(pair[0], pair[0] + pair[1])
)


def tables(
    moved: list[tuple[int, int]], begins: list[int]
) -> list[dict[Interval, Traffic]]:
    """Each table knows what came after its beginning."""
    found = []
    for length, begin in zip(LENGTHS, begins, strict=True):
        rows: defaultdict[Interval, Traffic] = defaultdict(Traffic)
        for at, amount in moved:
            row = Interval(at - at % length, at - at % length + length)
            if row.from_s >= begin:
                rows[row] += Traffic(amount, amount // 3)
        found.append(dict(rows))
    return found


@given(moves, st.lists(st.integers(0, WHOLE.to_s), min_size=3, max_size=3))
def test_the_parts_inside_each_row_add_up_to_it(
    moved: list[tuple[int, int]], begins: list[int]
) -> None:
    # The finer, the less is kept; all of it is in the coarsest.
    tiers = tables(moved, [*sorted(begins, reverse=True), 0])
    told = finest(tiers, WHOLE)
    assert not any(told.excess)
    assert all(part.when.from_s < part.when.to_s for part in told.parts)
    for tier in tiers:
        for row, amount in tier.items():
            inside = [
                part.traffic
                for part in told.parts
                if row.from_s <= part.when.from_s and part.when.to_s <= row.to_s
            ]
            assert total(inside) == amount


def test_what_contradicts_is_said_and_the_finer_stays() -> None:
    fine = {Interval(0, 5): Traffic(10, 1)}
    coarse = {Interval(0, 60): Traffic(7, 4)}
    told = finest([fine, coarse], Interval(0, 60))
    assert told.excess == (Traffic(), Traffic(3))
    assert told.parts == (
        Part(Interval(0, 5), Traffic(10, 1)),
        Part(Interval(0, 60), Traffic(0, 3)),
    )


def test_before_and_after_it_was_counted_is_no_time_for_it() -> None:
    told = finest([{Interval(0, 60): Traffic(7)}], Interval(20, 30))
    assert told.parts == (Part(Interval(20, 30), Traffic(7)),)


def test_a_row_over_the_edge_of_a_coarser_one_is_cut_there() -> None:
    told = finest([{Interval(50, 70): Traffic(20)}, {}], Interval(0, 100))
    assert told.parts == (Part(Interval(50, 70), Traffic(20)),)
    told = finest(
        [{Interval(50, 70): Traffic(20)}, {Interval(0, 60): Traffic(30)}],
        Interval(0, 100),
    )
    assert told.parts == (
        Part(Interval(0, 50), Traffic(20)),
        Part(Interval(50, 60), Traffic(10)),
        Part(Interval(60, 70), Traffic(10)),
    )


@given(intervals, st.lists(intervals, max_size=6))
def test_what_is_left_of_a_time_is_what_nothing_else_has(
    when: Interval, others: list[Interval]
) -> None:
    left = without(when, others)
    seconds = {at for each in left for at in range(*each)}
    taken = {at for each in others for at in range(*each)}
    assert seconds == set(range(*when)) - taken
    assert sum(to_s - from_s for from_s, to_s in left) == len(seconds)


@given(st.integers(0, 1 << 60), st.lists(intervals, min_size=1, max_size=6))
def test_what_is_spread_adds_up(amount: int, over: list[Interval]) -> None:
    parts = spread(Traffic(amount, 1), over)
    assert total(part.traffic for part in parts) == Traffic(amount, 1)
    assert [part.when for part in parts] == over
