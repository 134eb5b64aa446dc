"""When a person is told, and when not: the rules of the plan model, case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import (
    BACKGROUND_RATE,
    DATA_LIMIT,
    Cleared,
    Key,
    Noted,
    Raised,
    Rate,
    RateRule,
)
from monitor.alerts.rates import Mover
from monitor.plans.status import Status
from tests.alerting import (
    DAY_S,
    GB,
    JULY_S,
    JUNE_S,
    MB,
    Book,
    looked_at,
    plan,
    standing,
    watched,
)

NOW_S = JUNE_S + DAY_S


def moved(bytes_: int, name: str = "apt", plan_id: str = "wwan") -> Rate:
    """What a program moved within the window."""
    return Rate(Mover(name, "if:wwan0", plan_id), bytes_)


def test_each_percent_is_told_once_when_it_is_reached_and_anew_in_the_next_month() -> (
    None
):
    book = Book()
    assert book.tick(NOW_S, watched(4 * GB)) == []
    assert book.tick(NOW_S + 1, watched(5 * GB)) == ["data.warning 50"]
    assert book.tick(NOW_S + 2, watched(5 * GB)) == []
    assert book.tick(NOW_S + 3, watched(8_500 * MB)) == ["data.warning 80"]
    july = watched(6 * GB, start_s=JULY_S)
    assert book.tick(JULY_S + 9, july) == ["data.warning 50"]
    assert book.tick(JULY_S + 10, july) == []


def test_one_byte_below_a_percent_is_below_it() -> None:
    book = Book()
    assert book.tick(NOW_S, watched(5 * GB - 1)) == []
    assert book.tick(NOW_S, watched(5 * GB)) == ["data.warning 50"]


def test_of_several_percents_at_once_only_the_highest_is_told() -> None:
    book = Book()
    assert book.tick(NOW_S, watched(9_600 * MB)) == ["data.warning 95"]
    assert book.tick(NOW_S + 1, watched(9_700 * MB)) == []
    assert book.holding == ["data.warning 95"]


def test_when_nothing_is_left_only_the_limit_speaks_and_the_percents_are_noted() -> (
    None
):
    book = Book()
    changes = book.changes(NOW_S, watched(11 * GB))
    noted = [change.key.step for change in changes if isinstance(change, Noted)]
    assert noted == ["50", "80", "95"]
    assert [c.key.kind for c in changes if isinstance(c, Raised)] == [DATA_LIMIT]
    assert book.tick(NOW_S + 1, watched(11 * GB)) == []


def test_a_top_up_makes_the_limit_ready_to_be_told_again() -> None:
    book = Book()
    assert book.tick(NOW_S, watched(10 * GB)) == ["data.limit 100"]
    assert book.tick(NOW_S + 1, watched(10 * GB, 15 * GB)) == []
    assert book.holding == []
    assert book.tick(NOW_S + 2, watched(15 * GB, 15 * GB)) == ["data.limit 100"]


def test_use_that_falls_makes_only_the_percents_above_it_ready_again() -> None:
    book = Book()
    assert book.tick(NOW_S, watched(8_500 * MB)) == ["data.warning 80"]
    assert book.tick(NOW_S + 1, watched(6 * GB)) == []
    assert book.holding == []
    assert book.tick(NOW_S + 2, watched(8 * GB)) == ["data.warning 80"]
    assert book.tick(NOW_S + 3, watched(4 * GB)) == []
    assert book.tick(NOW_S + 4, watched(5 * GB)) == ["data.warning 50"]


def test_a_percent_that_is_crossed_while_the_daemon_was_down_is_told_at_once() -> None:
    before = Book()
    before.tick(NOW_S, watched(5 * GB))
    after = Book(before.told)  # as the store gives it back
    assert after.tick(NOW_S + DAY_S, watched(8_100 * MB)) == ["data.warning 80"]


def test_a_restart_tells_nothing_twice() -> None:
    before = Book()
    before.tick(NOW_S, watched(10 * GB), rates=[moved(60 * MB)])
    after = Book(before.told)
    now = watched(10 * GB)
    # The window is empty at first, and full again soon.
    assert after.tick(NOW_S + 30, now, is_complete=False) == []
    assert after.tick(NOW_S + 60, now, rates=[moved(70 * MB)], is_complete=False) == []
    assert after.tick(NOW_S + 3600, now, rates=[moved(70 * MB)]) == []


def test_a_clock_set_back_over_the_end_of_a_month_tells_nothing_again() -> None:
    book = Book()
    june, july = watched(9 * GB), watched(6 * GB, start_s=JULY_S)
    assert book.tick(JULY_S - 60, june) == ["data.warning 80"]
    assert book.tick(JULY_S + 60, july) == ["data.warning 50"]
    assert book.tick(JULY_S - 60, june) == []
    assert book.tick(JULY_S + 60, july) == []
    assert book.holding == ["data.warning 50"]


def test_a_clock_set_back_before_an_alert_tells_nothing_again() -> None:
    """What was used after that second is still to come then."""
    book = Book()
    book.tick(NOW_S, watched(9 * GB))
    assert book.tick(NOW_S - 3600, watched(GB)) == []
    assert book.holding == ["data.warning 80"]
    assert book.tick(NOW_S + 1, watched(9 * GB)) == []


def test_a_new_month_clears_what_held_in_the_old_one() -> None:
    book = Book()
    book.tick(NOW_S, watched(10 * GB))
    changes = book.changes(JULY_S + 1, watched(0, start_s=JULY_S))
    key = Key(DATA_LIMIT, JUNE_S, "100", "wwan")
    assert changes == [Cleared(key, JULY_S + 1, rearmed=False)]


@pytest.mark.parametrize(
    "status",
    [
        Status(state="pending"),
        Status(state="expired", limit_bytes=0, remaining_bytes=0),
        standing(99 * GB, None),
    ],
)
def test_a_plan_that_is_over_or_without_a_limit_is_silent(status: Status) -> None:
    book = Book()
    book.tick(NOW_S, watched(10 * GB))
    assert book.tick(NOW_S + 1, looked_at(plan(), status)) == []
    assert book.holding == []


def test_a_plan_that_left_the_configuration_is_not_told_again_when_it_is_back() -> None:
    book = Book()
    book.tick(NOW_S, watched(9 * GB))
    assert book.tick(NOW_S + 1) == []
    assert book.holding == []
    assert book.tick(NOW_S + 2, watched(9 * GB)) == []


def test_a_percent_that_a_reload_adds_below_one_that_was_told_is_no_news() -> None:
    book = Book()
    book.tick(NOW_S, watched(9 * GB))
    more = looked_at(plan(warn_pct=(50, 60, 80)), standing(9 * GB))
    assert book.tick(NOW_S + 1, more) == []
    above = looked_at(plan(warn_pct=(50, 80, 90)), standing(9 * GB))
    assert book.tick(NOW_S + 2, above) == ["data.warning 90"]


def test_a_percent_that_takes_the_place_of_a_higher_one_is_no_news() -> None:
    """Nor is the higher one when it is back, unless use had fallen below it."""
    book = Book()
    book.tick(NOW_S, watched(9 * GB))
    for percents in ((60,), (), (50, 80), (95,), (50, 80)):
        now = looked_at(plan(warn_pct=percents), standing(9 * GB))
        assert book.tick(NOW_S + 1, now) == []
    assert book.tick(NOW_S + 2, watched(6 * GB)) == []
    assert book.tick(NOW_S + 3, watched(9 * GB)) == ["data.warning 80"]


def test_two_plans_do_not_speak_for_each_other() -> None:
    book = Book()
    other = looked_at(plan("usb"), standing(6 * GB))
    assert book.tick(NOW_S, watched(9 * GB), other) == [
        "data.warning 80",
        "data.warning 50",
    ]
    assert book.tick(NOW_S + 1, watched(4 * GB), other) == []
    assert [key.subject for key in book.told.open] == ["usb"]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30))
def test_within_one_month_nothing_is_told_again_unless_use_had_fallen(
    used: list[int],
) -> None:
    book, told, peak = Book(), [], -1
    for tick, amount in enumerate(used):
        now = book.tick(NOW_S + tick, watched(amount * GB))
        assert len(now) <= 1
        if now:
            assert now[0] not in told
            told.append(now[0])
        if amount < peak:
            told, peak = [], -1  # anything above may come again
        peak = max(peak, amount)


def test_a_program_is_told_once_while_it_goes_on() -> None:
    book = Book()
    assert book.tick(NOW_S, rates=[moved(49 * MB)]) == []
    assert book.tick(NOW_S + 10, rates=[moved(50 * MB)]) == [
        "background.rate apt:50000000"
    ]
    assert book.tick(NOW_S + 20, rates=[moved(80 * MB)]) == []
    assert book.tick(NOW_S + 700, rates=[moved(30 * MB)]) == []
    assert book.holding == [BACKGROUND_RATE]


def test_a_program_is_told_again_after_it_was_quiet_and_a_window_has_passed() -> None:
    book = Book()
    book.tick(NOW_S, rates=[moved(60 * MB)])
    assert book.tick(NOW_S + 100, rates=[moved(24 * MB)]) == []
    assert book.holding == []
    assert book.tick(NOW_S + 200, rates=[moved(60 * MB)]) == []
    assert book.tick(NOW_S + 600, rates=[moved(60 * MB)]) == [
        "background.rate apt:60000000"
    ]


def test_a_program_that_may_is_never_told() -> None:
    book = Book()
    assert book.tick(NOW_S, rates=[moved(600 * MB, "backupd")]) == []
    book.tick(NOW_S, rates=[moved(60 * MB)])
    allowing = RateRule(50 * MB, 600, ("apt*",))
    assert book.tick(NOW_S + 1, rates=[moved(60 * MB)], rule=allowing) == []
    assert book.holding == []


def test_a_program_says_where_and_who_pays() -> None:
    (change,) = Book().changes(NOW_S, rates=[moved(60 * MB), moved(MB, plan_id="old")])
    assert isinstance(change, Raised)
    alert = change.alert
    assert (alert.application, alert.network, alert.plan) == ("apt", "if:wwan0", "wwan")
    assert alert.detail == "apt:60000000"
