"""The next second at which a plan is to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from monitor.alerts import look_at, next_due
from monitor.plans.account import replay
from monitor.plans.localtime import NEVER
from monitor.plans.timing import Validity, Whole
from monitor.plans.values import Second
from tests.alerting import DAY_S, GB, JUNE_S, looked_at, plan, standing

if TYPE_CHECKING:
    from monitor.plans.terms import Plan

HOUR_S = 3600
NOW_S = JUNE_S + 10 * HOUR_S
MIDNIGHT_S = JUNE_S + 22 * HOUR_S  # in Paris


def lasting(validity: Validity, *hours: int) -> Plan:
    """A plan of that time, reminded of so many hours before the end."""
    made = plan(remind_before_h=hours)
    return structs.replace(made, cycle=Whole(), validity=validity)


def until(end_s: int, *hours: int) -> Plan:
    """A plan that ends then."""
    start_s = Second(JUNE_S - DAY_S)
    return lasting(Validity(kind="fixed", start=start_s, end=Second(end_s)), *hours)


def by(deadline_s: int, *hours: int) -> Plan:
    """A plan that is to be activated by then."""
    terms = Validity(
        kind="elapsed", days=9, starts_on="first_use", activate_by=Second(deadline_s)
    )
    return lasting(terms, *hours)


@pytest.mark.parametrize(
    ("made", "due_s"),
    [
        (plan(), MIDNIGHT_S),
        (until(NOW_S + 8), NOW_S + 8),
        (until(NOW_S + HOUR_S + 8, 1), NOW_S + 8),
        (until(NOW_S + HOUR_S, 1), NOW_S + HOUR_S),
        (until(NOW_S + 72 * HOUR_S + 8, 24, 72), NOW_S + 8),
        (until(NOW_S + 40 * DAY_S, 24), MIDNIGHT_S),
        (until(NOW_S - 8, 24), MIDNIGHT_S),
        (by(NOW_S + 8), NOW_S + 8),
        (by(NOW_S + 48 * HOUR_S + 8, 48), NOW_S + 8),
        (by(NOW_S - 8, 48), MIDNIGHT_S),
    ],
)
def test_ends_deadlines_reminders_and_midnights_are_due(made: Plan, due_s: int) -> None:
    account = replay(made, (), (), None, (), NOW_S)
    assert next_due(NOW_S, look_at(account, NOW_S)) == due_s


def test_each_reminder_is_due_at_the_second_from_which_it_holds() -> None:
    """Told then, and due before: looking at every due second misses none."""
    end_s, told = NOW_S + 80 * HOUR_S + 7, []
    made, now_s = until(end_s, 1, 24, 72), NOW_S
    while now_s < end_s:
        account = replay(made, (), (), None, (), now_s)
        due_s = next_due(now_s, look_at(account, now_s))
        assert due_s is not None
        assert due_s > now_s
        now_s = due_s
        told.append(now_s)
    assert {end_s - hours * HOUR_S for hours in (72, 24, 1, 0)} <= set(told)


def test_nothing_is_due_of_a_plan_that_never_turns() -> None:
    status = structs.replace(standing(GB), cycle_end=None)
    assert next_due(NOW_S, looked_at(plan(), status, turns_s=NEVER)) is None
