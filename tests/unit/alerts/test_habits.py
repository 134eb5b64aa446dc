"""What is usual at an hour of the week: a table, and what holds whatever was."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.habits import HOUR_S, WEEKS, Habits, Past, UnusualRule
from tests.alerting import DAY_S, GB, JUNE_S, MB

if TYPE_CHECKING:
    from collections.abc import Iterable

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
WEEK_S = 7 * DAY_S
RULE = UnusualRule(floor_bytes=50 * MB, times=4, weeks=4)
NOW_S = JUNE_S + 12 * HOUR_S
"""A Sunday, 12:00 UTC."""


def every_hour(weeks: int, but: Iterable[int] = ()) -> set[int]:
    """Every hour of the last weeks, but for some hours of the day."""
    hours = range(NOW_S - weeks * WEEK_S, NOW_S, HOUR_S)
    return {hour for hour in hours if hour % DAY_S // HOUR_S not in but}


def past(
    seen: Iterable[int],
    much: dict[int, int] | None = None,
    least_bytes: int = RULE.least_bytes,
    first_s: int | None = None,
) -> Past:
    """Hours of one program, which is as old as they are or younger."""
    hours = frozenset(seen) | {*(much or {})}
    moved = {(hour, "sync"): amount for hour, amount in (much or {}).items()}
    first = {"sync": min(hours, default=0) if first_s is None else first_s}
    return Past(hours, first, moved, least_bytes)


def told(found: Past, amount: int, now_s: int = NOW_S, zone: ZoneInfo = UTC) -> bool:
    """Whether so much is unusual."""
    return Habits(found, zone).broken("sync", amount, now_s, RULE) is not None


def test_below_the_floor_nothing_is_unusual() -> None:
    known = past(every_hour(8))
    assert not told(known, 50 * MB - 1)
    assert told(known, 50 * MB)


def test_it_must_be_as_many_times_the_most_at_this_hour() -> None:
    known = past(every_hour(8), {NOW_S - 3 * WEEK_S: 100 * MB, NOW_S - WEEK_S: 20 * MB})
    assert not told(known, 400 * MB - 1)
    assert told(known, 400 * MB)


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_people_are_early_and_late(hours: int) -> None:
    known = past(every_hour(8), {NOW_S - WEEK_S + hours * HOUR_S: 100 * MB})
    found = Habits(known, UTC).broken("sync", 400 * MB, NOW_S, RULE)
    assert found is not None
    assert found.here_bytes == 100 * MB


@pytest.mark.parametrize("weeks", range(6))
def test_the_first_weeks_are_silent(weeks: int) -> None:
    assert told(past(every_hour(weeks)), GB) == (weeks >= 4)


@pytest.mark.parametrize("weeks", range(6))
def test_a_program_has_first_weeks_as_well(weeks: int) -> None:
    known = past(every_hour(10), first_s=NOW_S - weeks * WEEK_S - HOUR_S)
    assert told(known, GB) == (weeks >= 4)


def test_a_program_that_nobody_knows_is_no_matter_of_habits() -> None:
    assert Habits(past(every_hour(8)), UTC).broken("new", GB, NOW_S, RULE) is None
    assert not told(Past(), GB)


def test_weeks_in_which_the_machine_was_off_at_this_hour_are_not_known() -> None:
    off = {*range(NOW_S - 2 * HOUR_S - 5 * WEEK_S, NOW_S, HOUR_S)}
    around = {hour for hour in off if (hour - NOW_S + HOUR_S) % WEEK_S <= 2 * HOUR_S}
    hours = every_hour(8)
    assert told(past(hours), GB)
    # Of eight weeks five are gone; three others say too little.
    assert not told(past(hours - around), GB)


def test_an_hour_that_is_never_known_says_nothing() -> None:
    known = past(every_hour(WEEKS, but=(11, 12, 13)))
    assert not told(known, GB)
    assert told(known, GB, NOW_S - 4 * HOUR_S)


def evenings(clock: int = 20, step: int = 1) -> dict[int, int]:
    """Much, on the same hour of many days."""
    return {
        NOW_S - day * DAY_S + (clock - 12) * HOUR_S: 400 * MB
        for day in range(1, 90, step)
    }


def test_what_is_usual_at_another_hour_is_unusual_at_one_that_is_avoided() -> None:
    known = past(every_hour(WEEKS), evenings() | evenings(21))
    assert not told(known, 400 * MB, NOW_S + 8 * HOUR_S)
    assert told(known, 400 * MB)


def test_what_comes_at_any_hour_may_come_now() -> None:
    rare = {NOW_S - day * DAY_S + day % 7 * HOUR_S: 400 * MB for day in range(3, 60, 9)}
    known = past(every_hour(WEEKS), rare)
    assert not told(known, 1600 * MB - 1)
    assert told(known, 1600 * MB)


def test_hours_without_the_machine_are_not_avoided() -> None:
    mornings = every_hour(WEEKS, but=range(9, 16))
    few = {NOW_S - week * WEEK_S for week in range(1, 5)}
    known = past(mornings | few, evenings() | evenings(21))
    assert not told(known, 400 * MB)


def test_a_day_of_the_week_on_which_it_rests_is_avoided() -> None:
    at_work = {
        hour: 100 * MB
        for hour in every_hour(WEEKS)
        if (hour - NOW_S) % WEEK_S // HOUR_S not in {0, 1, 2, 166, 167}
    }
    known = past(every_hour(WEEKS), at_work)
    assert told(known, 100 * MB)
    assert not told(known, 100 * MB, NOW_S - 3 * DAY_S)


def test_what_goes_on_is_no_habit() -> None:
    known = past(every_hour(8), {NOW_S - HOUR_S: GB, NOW_S: GB})
    assert told(known, GB)
    assert not told(known, GB, NOW_S + 2 * HOUR_S)


def test_summer_time_moves_no_habit() -> None:
    # Each Friday at 20:00; on 30 March 2025 clocks went forward.
    fridays = [
        int(datetime(2025, month, day, 20, tzinfo=BERLIN).timestamp())
        for month, day in ((2, 28), (3, 7), (3, 14), (3, 21), (3, 28))
    ]
    hours = range(fridays[0] - WEEK_S, fridays[-1] + WEEK_S, HOUR_S)
    habits = Habits(past(hours, dict.fromkeys(fridays, 100 * MB)), BERLIN)
    found = [
        habits.broken(
            "sync",
            GB,
            int(datetime(2025, 4, 4, hour, 30, tzinfo=BERLIN).timestamp()),
            RULE,
        )
        for hour in (18, 19, 20, 21, 22)
    ]
    assert [each and each.here_bytes for each in found] == [
        0,
        100 * MB,
        100 * MB,
        100 * MB,
        0,
    ]


def test_an_hour_that_comes_twice_counts_as_its_larger_half() -> None:
    twice = int(datetime(2025, 10, 26, 2, tzinfo=BERLIN).timestamp())
    hours = range(twice - 8 * WEEK_S, twice + WEEK_S, HOUR_S)
    much = {twice: 30 * MB, twice + HOUR_S: 20 * MB}
    later_s = twice + WEEK_S + HOUR_S
    found = Habits(past(hours, much), BERLIN).broken("sync", GB, later_s, RULE)
    assert found is not None
    assert found.here_bytes == 30 * MB


def test_zones_off_the_hour_have_hours_of_their_own() -> None:
    known = past(every_hour(8), {NOW_S - WEEK_S: 100 * MB})
    found = Habits(known, KOLKATA).broken("sync", GB, NOW_S + HOUR_S // 2, RULE)
    assert found is not None
    assert found.here_bytes == 100 * MB


def test_a_clock_that_was_wrong_for_a_while_does_no_harm() -> None:
    years_s = 5 * 366 * DAY_S
    known = past(every_hour(8), {NOW_S + years_s: GB})
    assert told(known, GB)


def test_a_rule_that_is_finer_than_what_is_known_waits() -> None:
    coarse = past(every_hour(8), least_bytes=100 * MB)
    assert not told(coarse, 400 * MB - 1)
    assert told(coarse, 400 * MB)


def test_what_is_read_later_takes_the_place_of_what_was_known() -> None:
    known = past([NOW_S - 2 * HOUR_S], {NOW_S - HOUR_S: 20 * MB})
    newer = past([], {NOW_S - HOUR_S: 30 * MB, NOW_S: 40 * MB})
    both = known.then(newer, NOW_S - HOUR_S)
    assert both.seen == {NOW_S - HOUR_S, NOW_S}
    assert both.first == {"sync": NOW_S - 2 * HOUR_S}
    assert both.much == {(NOW_S - HOUR_S, "sync"): 30 * MB, (NOW_S, "sync"): 40 * MB}


AMOUNTS = st.dictionaries(st.integers(0, WEEKS * 168), st.integers(0, 2 * GB))


@given(AMOUNTS, st.integers(0, 3 * GB), st.integers(0, 168 * HOUR_S))
def test_never_below_the_floor_nor_without_being_more_than_ever_at_this_hour(
    hours: dict[int, int], amount: int, later_s: int
) -> None:
    much = {NOW_S - hour * HOUR_S: size for hour, size in hours.items()}
    kept = {hour: size for hour, size in much.items() if size >= RULE.least_bytes}
    found = Habits(past(every_hour(6) | {*much}, kept), BERLIN).broken(
        "sync", amount, NOW_S + later_s, RULE
    )
    if found is not None:
        assert amount >= max(RULE.floor_bytes, RULE.times * found.here_bytes)
        assert found.here_bytes <= found.most_bytes
