"""A period is cut into parts that a person can name; nothing is lost between them."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import Interval
from monitor.views.slices import slices_of
from tests.unit.views.records import DAY, UTC_ZONE

DAY_S, HOUR_S = 86_400, 3600
KATHMANDU = ZoneInfo("Asia/Kathmandu")
EVER = Interval(0, 2**32)


@pytest.mark.parametrize(
    ("length_s", "slice_s"),
    [
        (HOUR_S, 300),
        (DAY_S, 2 * HOUR_S),
        (7 * DAY_S, 12 * HOUR_S),
        (30 * DAY_S, 2 * DAY_S),
        (365 * DAY_S, 28 * DAY_S),
        (3 * 365 * DAY_S, 91 * DAY_S),
    ],
)
def test_a_longer_period_has_longer_parts(length_s: int, slice_s: int) -> None:
    period = Interval(DAY.from_s, DAY.from_s + length_s)
    found = slices_of(period, EVER, UTC_ZONE, 16)
    assert found.length_s == slice_s
    assert len(found.parts) <= 17


def test_parts_keep_to_the_clock_of_the_zone() -> None:
    begin_s = int(datetime(2025, 6, 11, tzinfo=KATHMANDU).timestamp())
    found = slices_of(Interval(begin_s, begin_s + DAY_S), EVER, KATHMANDU, 16)
    hours = [datetime.fromtimestamp(part.from_s, KATHMANDU) for part in found.parts]
    assert [local.strftime("%H:%M") for local in hours] == [
        f"{hour:02}:00" for hour in range(0, 24, 2)
    ]


def test_a_day_on_which_clocks_change_is_one_part_of_a_month() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin_s = int(datetime(2025, 3, 28, tzinfo=berlin).timestamp())
    end_s = int(datetime(2025, 4, 11, tzinfo=berlin).timestamp())
    found = slices_of(Interval(begin_s, end_s), EVER, berlin, 16)
    lengths = [part.to_s - part.from_s for part in found.parts]
    assert sorted(set(lengths)) == [23 * HOUR_S, DAY_S]


def test_a_day_that_is_not_over_has_parts_until_now() -> None:
    recorded = Interval(DAY.from_s - 10 * DAY_S, DAY.from_s + 5 * HOUR_S + 7)
    found = slices_of(DAY, recorded, UTC_ZONE, 16)
    assert found.length_s == 2 * HOUR_S
    assert [part.to_s - part.from_s for part in found.parts] == [7200, 7200, 3608]


def test_where_nothing_was_recorded_there_is_nothing_to_see() -> None:
    found = slices_of(DAY, Interval(0, DAY.from_s - 1), UTC_ZONE, 16)
    assert found.parts == ()


@given(
    st.integers(0, 2**31),
    st.integers(1, 2**31),
    st.integers(0, 2**31),
    st.integers(0, 2**30),
    st.sampled_from([UTC_ZONE, KATHMANDU, ZoneInfo("America/St_Johns")]),
    st.sampled_from([16, 62]),
)
def test_all_that_was_recorded_of_a_period_is_in_one_part(  # noqa: PLR0913, PLR0917 - one argument an axis
    from_s: int, length_s: int, first_s: int, more_s: int, zone: ZoneInfo, most: int
) -> None:
    period = Interval(from_s, from_s + length_s)
    recorded = Interval(first_s, first_s + more_s)
    parts = slices_of(period, recorded, zone, most).parts
    begin_s, end_s = max(from_s, first_s), min(period.to_s, recorded.to_s + 1)
    if begin_s >= end_s:
        assert parts == ()
        return
    assert period.from_s <= parts[0].from_s <= begin_s
    assert parts[-1].to_s == end_s
    assert all(one.to_s == two.from_s for one, two in pairwise(parts))
    assert all(part.from_s < part.to_s for part in parts)
    assert len(parts) <= most + 2
