"""Loads: whole local days, even ones, sums by what a plan tells apart."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.loads import (
    Shape,
    busiest,
    day_bytes,
    even_load,
    load_of,
    local_days,
    merged,
)
from monitor.plans.samples import Sample

UTC = ZoneInfo("UTC")
DAYS = local_days(date(2025, 6, 1), date(2025, 6, 5), UTC)
SAMPLES = st.lists(
    st.builds(
        lambda at, length, app, tethered, mcc, rx: Sample(
            *(DAYS[0] + at, DAYS[0] + at + length, "w", app, rx, 1, (), mcc, tethered)
        ),
        st.integers(-90_000, 5 * 86_400),
        st.integers(0, 90_000),
        st.sampled_from(["web", "chat", None]),
        st.sampled_from([True, False, None]),
        st.sampled_from(["410", "454", None]),
        st.integers(0, 10**6),
    ),
    max_size=20,
)
SHAPES = st.builds(
    Shape,
    st.sampled_from([(), ("web",), ("*",)]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 900, 3600]),
)


def test_days_are_as_long_as_clocks_make_them() -> None:
    days = local_days(date(2025, 3, 29), date(2025, 3, 31), ZoneInfo("Europe/Berlin"))
    hours = [(end - begin) // 3600 for begin, end in pairwise(days)]
    assert hours == [24, 23, 24]
    # A day that Samoa left out.
    assert (
        len(
            local_days(date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"))
        )
        == 3
    )


def test_what_reaches_out_of_the_period_is_cut() -> None:
    begin_s, end_s = DAYS[0], DAYS[-1]
    load = load_of(
        [
            Sample(end_s - 50, end_s + 50, "w", None, 100, 0),
            Sample(begin_s - 75, begin_s + 25, "w", None, 100, 0),
            Sample(begin_s - 75, begin_s, "w", None, 100, 0),
            Sample(end_s, end_s, "w", None, 100, 0),
        ],
        DAYS,
    )
    assert [each.rx_bytes for each in load.samples] == [25, 50]
    assert day_bytes(load) == [25, 0, 0, 0, 50]


@given(SAMPLES, SHAPES)
def test_summing_up_loses_nothing(samples: list[Sample], shape: Shape) -> None:
    load = load_of(samples, DAYS)
    found = merged(load, shape)
    for amount in ("rx_bytes", "tx_bytes"):
        assert sum(getattr(each, amount) for each in found) == sum(
            getattr(each, amount) for each in load.samples
        )
    assert list(found) == sorted(found, key=lambda each: (each.from_s, each.to_s))
    assert all(DAYS[0] <= each.from_s <= each.to_s <= DAYS[-1] for each in found)
    total = sum(each.rx_bytes + each.tx_bytes for each in load.samples)
    assert sum(day_bytes(load)) == total
    assert busiest(day_bytes(load), 30) == total


def test_the_busiest_days_follow_each_other() -> None:
    assert busiest([1, 5, 0, 4, 4, 0], 2) == 8
    assert busiest([1, 5, 0, 4, 4, 0], 1) == 5
    assert busiest([3], 30) == 3


@pytest.mark.parametrize(
    ("days", "total"),
    [
        (None, 11 * 3000 + 3000 * 28 // 30),  # February as if it had 30 days
        (1, 365 * 3000),
        (7, 365 * 3000 // 7),
        (365, 3000),
    ],
)
def test_an_even_load_adds_up(days: int | None, total: int) -> None:
    load = even_load(3000, days, date(2025, 11, 1), UTC, 12)
    assert len(load.days) == 366
    assert sum(day_bytes(load)) == total
    assert max(day_bytes(load)) - min(day_bytes(load)) <= 5
