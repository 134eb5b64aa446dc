"""What holds for a plan beyond its limit: ends, pace, countries, members, blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from monitor.alerts import Cleared, Key, Noted, Raised
from monitor.plans.background import Night
from monitor.plans.books import Drift
from monitor.plans.forecast import Forecast
from monitor.plans.members import MemberStatus
from monitor.plans.terms import Background, Rapid, SyncDrift
from monitor.plans.timing import Window
from monitor.plans.values import Bytes, Minute
from monitor.usage import Interval
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
)

if TYPE_CHECKING:
    from monitor.alerts import Watched

NOW_S = JUNE_S + DAY_S
HOUR_S = 3600
QUIET = standing(GB)


def ending(in_s: int, *hours: int) -> Watched:
    """A plan that ends so soon."""
    status = structs.replace(QUIET, validity_end=NOW_S + in_s)
    return looked_at(plan(remind_before_h=hours), status)


def test_of_reminders_that_are_due_only_the_nearest_speaks() -> None:
    book = Book()
    assert book.tick(NOW_S, ending(20 * HOUR_S, 72, 24, 1)) == ["expiry.soon 24h"]
    assert {key.step for key in book.told.marks} == {"72h", "24h"}
    assert book.tick(NOW_S + 1, ending(20 * HOUR_S, 72, 24, 1)) == []


def test_a_reminder_is_due_at_the_very_second_and_not_after_the_end() -> None:
    assert Book().tick(NOW_S, ending(24 * HOUR_S + 1, 24)) == []
    assert Book().tick(NOW_S, ending(24 * HOUR_S, 24)) == ["expiry.soon 24h"]
    assert Book().tick(NOW_S, ending(0, 24)) == []


def test_a_renewal_clears_the_reminder_and_makes_it_ready_for_the_new_end() -> None:
    book = Book()
    book.tick(NOW_S, ending(20 * HOUR_S, 24))
    assert book.tick(NOW_S + 1, ending(30 * DAY_S, 24)) == []
    assert book.holding == []
    later_s = NOW_S + 30 * DAY_S
    status = structs.replace(QUIET, validity_end=later_s + HOUR_S)
    renewed = looked_at(plan(remind_before_h=(24,)), status)
    assert book.tick(later_s, renewed) == ["expiry.soon 24h"]


def test_the_end_is_told_once_and_holds_until_the_plan_lives_again() -> None:
    book = Book()
    over = looked_at(plan(), structs.replace(QUIET, state="expired"), over_s=NOW_S)
    assert book.tick(NOW_S, over) == ["expiry.expired 2025-06-02T00:00:00Z"]
    assert book.tick(NOW_S + 9, over) == []
    assert book.holding == ["expiry.expired"]
    book.tick(NOW_S + 10, looked_at(plan(), QUIET))
    assert book.holding == []


def test_a_plan_that_was_not_activated_is_reminded_of_and_then_over() -> None:
    book = Book()
    terms = plan(remind_before_h=(48,))
    pending = structs.replace(QUIET, state="pending", activate_by=NOW_S + HOUR_S)
    assert book.tick(NOW_S, looked_at(terms, pending)) == ["activation.deadline 48h"]
    lapsed = structs.replace(pending, state="lapsed")
    told = book.tick(NOW_S + HOUR_S, looked_at(terms, lapsed))
    assert told == ["expiry.lapsed 2025-06-02T01:00:00Z"]
    assert book.holding == ["expiry.lapsed"]


def test_a_rush_is_told_again_only_after_the_hours_that_were_asked_for() -> None:
    book = Book()
    terms = plan(rapid=Rapid(every_h=6))
    fast = looked_at(
        terms, QUIET, forecast=Forecast(rapid=True, rapid_projected_bytes=9 * GB)
    )
    assert book.tick(NOW_S, fast) == ["data.rapid 9000000000"]
    assert book.tick(NOW_S + 6 * HOUR_S - 1, fast) == []
    assert book.tick(NOW_S + 6 * HOUR_S, fast) == ["data.rapid 9000000000"]
    book.tick(NOW_S + 7 * HOUR_S, looked_at(terms, QUIET))
    assert book.holding == []


def test_a_day_over_its_budget_is_told_once_and_the_next_day_anew() -> None:
    book = Book()
    terms = plan(budget_day=True)
    spent = Forecast(today_bytes=110 * MB, daily_budget_bytes=100 * MB)

    def on(day_start_s: int, forecast: Forecast = spent) -> Watched:
        return looked_at(terms, QUIET, forecast=forecast, day_start_s=day_start_s)

    assert book.tick(NOW_S, on(NOW_S)) == ["data.budget_day 100000000"]
    assert book.tick(NOW_S + HOUR_S, on(NOW_S)) == []
    assert book.tick(NOW_S + DAY_S, on(NOW_S + DAY_S)) == ["data.budget_day 100000000"]
    unused = Forecast(today_bytes=0, daily_budget_bytes=0)
    assert book.tick(NOW_S + 2 * DAY_S, on(NOW_S + 2 * DAY_S, unused)) == []


def test_a_stay_abroad_is_told_once_and_cleared_after_a_day() -> None:
    book = Book()
    abroad = looked_at(plan(), QUIET, stays=[(NOW_S - 60, "454")])
    assert book.tick(NOW_S, abroad) == ["roaming.uncovered mcc=454"]
    assert book.tick(NOW_S + DAY_S - 1, abroad) == []
    assert book.holding == ["roaming.uncovered 454"]
    assert book.tick(NOW_S + DAY_S, abroad) == []
    assert book.holding == []
    again = looked_at(plan(), QUIET, stays=[(NOW_S - 60, "454"), (NOW_S + 99, "454")])
    assert book.tick(NOW_S + DAY_S + 1, again) == ["roaming.uncovered mcc=454"]


def test_a_member_is_told_again_only_after_the_share_was_larger() -> None:
    book = Book()

    def having(used_bytes: int, allocation_bytes: int | None) -> Watched:
        member = MemberStatus(
            used_bytes, 0, blocked=True, allocation_bytes=allocation_bytes
        )
        return looked_at(plan(), structs.replace(QUIET, members={"d/w": member}))

    assert book.tick(NOW_S, having(GB, GB)) == ["member.limit d/w"]
    assert book.tick(NOW_S + 1, having(GB, 2 * GB)) == []
    assert book.tick(NOW_S + 2, having(2 * GB, 2 * GB)) == ["member.limit d/w"]
    assert Book().tick(NOW_S, having(GB, None)) == []


def test_of_many_members_only_the_one_is_told_whom_it_concerns() -> None:
    member = MemberStatus(GB, 0, blocked=True, allocation_bytes=GB)
    both = structs.replace(QUIET, members={"anna": member, "bilal": member})
    everybody = looked_at(plan(), both)
    assert Book().tick(NOW_S, everybody) == ["member.limit anna", "member.limit bilal"]
    hers = replace(everybody, member="anna")
    assert Book().tick(NOW_S, hers) == ["member.limit anna"]


def test_each_further_block_is_told_with_what_it_costs() -> None:
    book = Book()

    def billed(blocks: int) -> Watched:
        cost = f"{4 * blocks}.00"
        status = structs.replace(QUIET, overage_blocks=blocks, overage_cost=cost)
        return looked_at(plan(), status)

    assert book.tick(NOW_S, billed(1)) == ["overage.block 1:4.00"]
    assert book.tick(NOW_S + 1, billed(1)) == []
    assert book.tick(NOW_S + 2, billed(3)) == ["overage.block 3:12.00"]
    assert book.tick(NOW_S + 3, billed(2)) == []
    assert book.holding == []
    assert book.tick(NOW_S + 4, billed(3)) == []


def test_a_night_names_each_program_that_was_not_allowed_once() -> None:
    book = Book()
    window = Window(Minute(60), Minute(360))
    terms = plan(background=Background(window, Bytes(50 * MB)))
    night = Interval(NOW_S, NOW_S + 5 * HOUR_S)
    apps = {"b/c": 60 * MB, "apt": 70 * MB, "few": 1}
    seen = looked_at(terms, QUIET, nights=[Night(night, apps)])
    changes = book.changes(NOW_S + 9, seen)
    raised = [each.alert for each in changes if isinstance(each, Raised)]
    assert [each.application for each in raised] == ["apt", "b/c"]
    assert raised[1].detail == "b/c:60000000"
    assert "between 01:00 and 06:00" in raised[0].title
    assert book.tick(NOW_S + 10, seen) == []


@pytest.mark.parametrize(
    ("delta_bytes", "told"),
    [
        (400 * MB, ["sync.drift 400000000"]),
        (-500 * MB, ["sync.drift -500000000"]),
        (99 * MB, []),
        (149 * MB, []),
    ],
)
def test_a_carrier_that_counts_otherwise_is_told_of_by_bytes_and_percent(
    delta_bytes: int, told: list[str]
) -> None:
    terms = plan(sync_drift=SyncDrift(Bytes(100 * MB), 5))
    drift = Drift("s/1", delta_bytes, 3 * GB)
    assert Book().tick(NOW_S, looked_at(terms, QUIET, drifts=[drift])) == told


def test_what_is_snoozed_is_noted_as_told() -> None:
    book = Book()
    changes = book.changes(
        NOW_S, looked_at(plan(), standing(8 * GB), snoozed={"data.warning"})
    )
    assert all(isinstance(each, Noted) for each in changes)
    assert book.tick(NOW_S + 1, looked_at(plan(), standing(8 * GB))) == []
    assert book.tick(JULY_S + 1, looked_at(plan(), standing(8 * GB, 10 * GB, JULY_S)))


def test_a_plan_that_is_gone_clears_what_held_for_its_members() -> None:
    book = Book()
    member = MemberStatus(GB, 0, blocked=True, allocation_bytes=GB)
    book.tick(NOW_S, looked_at(plan(), structs.replace(QUIET, members={"d": member})))
    changes = book.changes(NOW_S + 1)
    key = Key("member.limit", JUNE_S, "", "wwan/d")
    assert changes == [Cleared(key, NOW_S + 1, rearmed=False)]
