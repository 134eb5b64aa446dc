"""Each second of a period is answered by exactly one tier."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.store.planner import Layout, Segment, Tier, segments
from monitor.usage import Interval
from tests.unit.store.builders import DAY_S, HOUR_S, T0


def days(first: int, count: int, shift_s: int = 0) -> tuple[Interval, ...]:
    return tuple(
        Interval(T0 + number * DAY_S + shift_s, T0 + (number + 1) * DAY_S + shift_s)
        for number in range(first, first + count)
    )


def plan(period: Interval, layout: Layout) -> list[tuple[str, int, int]]:
    return [
        (tier.value, when.from_s - T0, when.to_s - T0)
        for tier, when in segments(period, layout)
    ]


def test_a_period_is_answered_as_coarsely_as_it_can_be() -> None:
    period = Interval(T0 - HOUR_S - 10, T0 + 2 * DAY_S + 2 * HOUR_S + 7)
    assert plan(period, Layout(days=days(-1, 4))) == [
        ("spans", -HOUR_S - 10, -HOUR_S),
        ("hours", -HOUR_S, 0),
        ("days", 0, 2 * DAY_S),
        ("hours", 2 * DAY_S, 2 * DAY_S + 2 * HOUR_S),
        ("spans", 2 * DAY_S + 2 * HOUR_S, 2 * DAY_S + 2 * HOUR_S + 7),
    ]


def test_what_is_not_summed_yet_comes_from_spans() -> None:
    layout = Layout(stale_hours=frozenset({T0 + HOUR_S, T0 + 2 * HOUR_S}))
    assert plan(Interval(T0, T0 + 4 * HOUR_S), layout) == [
        ("hours", 0, HOUR_S),
        ("spans", HOUR_S, 3 * HOUR_S),
        ("hours", 3 * HOUR_S, 4 * HOUR_S),
    ]


def test_a_day_that_begins_inside_an_hour_is_met_by_spans() -> None:
    layout = Layout(days=days(0, 1, shift_s=1800))
    assert plan(Interval(T0, T0 + 2 * DAY_S), layout) == [
        ("spans", 0, 1800),
        ("days", 1800, DAY_S + 1800),
        ("spans", DAY_S + 1800, DAY_S + HOUR_S),
        ("hours", DAY_S + HOUR_S, 2 * DAY_S),
    ]


def test_where_spans_are_dropped_hours_answer_and_where_hours_are_days_do() -> None:
    layout = Layout(
        days=days(0, 4), spans_from_s=T0 + 3 * DAY_S, hours_from_s=T0 + 2 * DAY_S
    )
    period = Interval(T0 + 100, T0 + 3 * DAY_S + 100)
    assert plan(period, layout) == [
        ("days", 100, 3 * DAY_S),
        ("spans", 3 * DAY_S, 3 * DAY_S + 100),
    ]
    inside = Interval(T0 + 2 * DAY_S + 50, T0 + 2 * DAY_S + 60)
    assert plan(inside, layout) == [("hours", 2 * DAY_S + 50, 2 * DAY_S + 60)]


def test_an_empty_period_has_no_parts() -> None:
    assert segments(Interval(T0, T0), Layout()) == []


SECONDS = st.integers(T0 - 2 * DAY_S, T0 + 6 * DAY_S)


@given(
    st.tuples(SECONDS, SECONDS).map(sorted),
    st.sets(st.integers(-2, 5)),
    st.sampled_from([0, 1800, 2700]),
    st.sets(st.integers(-48, 140)),
    st.tuples(st.integers(-50, 140), st.integers(-3, 5)),
)
def test_parts_are_disjoint_and_make_up_the_period(
    period: list[int],
    known: set[int],
    shift_s: int,
    stale: set[int],
    gone: tuple[int, int],
) -> None:
    spans_from_s = T0 + gone[0] * HOUR_S
    hours_from_s = min(spans_from_s, T0 + gone[1] * DAY_S + shift_s)
    stale_hours = frozenset(
        hour_s
        for hour_s in (T0 + number * HOUR_S for number in stale)
        if hour_s >= spans_from_s
    )
    layout = Layout(
        tuple(
            day
            for number in sorted(known)
            for day in days(number, 1, shift_s)
            if not any(day.from_s - HOUR_S < hour < day.to_s for hour in stale_hours)
        ),
        stale_hours,
        spans_from_s,
        hours_from_s,
    )
    parts = segments(Interval(*period), layout)
    edges = [part.interval for part in parts]
    assert all(one.to_s == other.from_s for one, other in pairwise(edges))
    assert all(part.from_s < part.to_s for part in edges)
    assert all(one.tier != other.tier for one, other in pairwise(parts))
    if period[0] < period[1]:
        assert (edges[0].from_s, edges[-1].to_s) == tuple(period)
    for part in parts:
        _is_allowed(part, layout)


def _is_allowed(part: Segment, layout: Layout) -> None:
    if part.tier is Tier.SPANS:
        assert part.interval.from_s >= layout.spans_from_s
    if part.tier is Tier.HOURS:
        assert part.interval.from_s >= layout.hours_from_s
        for hour_s in layout.stale_hours:
            inside = max(hour_s, part.interval.from_s) < min(
                hour_s + HOUR_S, part.interval.to_s
            )
            assert not inside
