"""From when on what was measured says how a plan stands."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitor.plans.account import replay
from monitor.plans.entries import LotValidity, Topup
from monitor.plans.localtime import NEVER
from monitor.plans.offers import Bucket, Rollover
from monitor.plans.reaching import FARTHEST_BACK_S, kept_since_s, needed_since_s
from monitor.plans.samples import Sample
from monitor.plans.terms import Plan
from monitor.plans.timing import Day, Month, Validity, Whole
from monitor.plans.values import Bytes, Name, Second

DAY_S = 86_400
MARCH_S = 1_740_787_200  # 2025-03-01
JUNE_S = 1_748_736_000
NOW_S = JUNE_S + 9 * DAY_S
MONTHLY = Plan(
    id=Name("p"),
    tz=ZoneInfo("UTC"),
    cycle=Month(),
    buckets=(Bucket(Name("main"), Bytes(1000)),),
)


def plan(**terms: object) -> Plan:
    """A plan by the month, but for some terms."""
    kept = {name: getattr(MONTHLY, name) for name in ("id", "tz", "cycle", "buckets")}
    return Plan(**{**kept, **terms})


def lasting(days: int, start_s: int = MARCH_S) -> Validity:
    """From March on."""
    end_s = Second(start_s + days * DAY_S)
    return Validity(kind="fixed", start=Second(start_s), end=end_s)


TOPUP = Topup(
    id=Name("t"),
    ts=Second(MARCH_S + 8 * DAY_S),
    bytes=Bytes(7000),
    validity=LotValidity("never"),
)


@pytest.mark.parametrize(
    ("made", "entries", "since_s"),
    [
        (plan(), (), JUNE_S),
        (plan(cycle=Day()), (), NOW_S),
        (plan(), (TOPUP,), TOPUP.at_s),
        (plan(validity=lasting(360)), (), MARCH_S),
        (plan(validity=lasting(30)), (), NEVER),
        (plan(cycle=Whole()), (), -NEVER),
        (plan(rollover=Rollover()), (), JUNE_S - 31 * DAY_S),
        (plan(rollover=Rollover(cycles=2)), (), JUNE_S - 61 * DAY_S),
        (plan(activated_at=Second(NOW_S + DAY_S)), (), NEVER),
    ],
)
def test_cycles_validities_and_lots_that_live_are_needed_from_their_start(
    made: Plan, entries: tuple[Topup, ...], since_s: int
) -> None:
    samples = [Sample(MARCH_S + 60, MARCH_S + 120, "wwan0", None, 100, 0)]
    account = replay(made, (), entries, None, samples, NOW_S)
    assert needed_since_s(account) == since_s


def test_what_is_kept_is_the_older_of_both_and_never_too_old() -> None:
    kept_s = 62 * DAY_S
    assert kept_since_s(NEVER, NOW_S, kept_s) == NOW_S - kept_s
    assert kept_since_s(JUNE_S, NOW_S, kept_s) == NOW_S - kept_s
    assert kept_since_s(MARCH_S, NOW_S, kept_s) == MARCH_S
    assert kept_since_s(-NEVER, NOW_S, kept_s) == NOW_S - FARTHEST_BACK_S
    assert kept_since_s(NEVER, NOW_S, 2 * FARTHEST_BACK_S) < NOW_S - FARTHEST_BACK_S
