"""What would have become of a load under an offer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from monitor.plans.loads import even_load
from tests.unit.plans.comparisons import BERLIN, DAY_S, GB, load, outcome, plan


def test_an_offer_is_bought_again_when_it_has_ended() -> None:
    found = outcome(plan(), load(("2025-03-20T10:00", GB // 4), days=25))
    assert (found.purchases, found.ended) == (3, 2)
    assert found.cost == 30
    assert found.fits
    assert (found.paid_bytes, found.used_bytes) == (2 * GB, GB // 4)
    assert found.unused_bytes == 2 * GB - GB // 4


def test_a_price_for_thirty_days_is_the_cost_of_thirty_days_however_long_it_is() -> (
    None
):
    thirty = plan(validity={"kind": "elapsed", "days": 30})
    for days in (7, 30, 31, 92):
        assert outcome(thirty, load(days=days)).cost_30_days == Decimal("10.00"), days


def test_where_nothing_is_left_days_until_the_end_are_without_data() -> None:
    found = outcome(
        plan(),
        load(
            ("2025-03-21T10:00", GB),
            ("2025-03-22T10:00", 5),
            ("2025-03-22T11:00", 5),
            ("2025-03-28T23:59", 1),
            ("2025-03-31T10:00", GB),  # bought again the day before, 01:00 summer time
        ),
    )
    assert (found.days_without, found.refused_bytes) == (2, 11)
    assert not found.fits
    assert found.again is not None
    assert found.again.purchases == 3  # the second ends before what came on the 31st


def test_a_byte_at_midnight_is_refused_on_the_day_that_begins() -> None:
    used_up = ("2025-03-21T10:00", GB)
    found = outcome(plan(), load(used_up, ("2025-03-21T23:59", 60)))
    assert found.days_without == 1
    found = outcome(plan(), load(used_up, ("2025-03-21T23:59", 60), days=2))
    assert (found.days_without, found.refused_bytes) == (1, 60)


def test_what_is_throttled_or_billed_is_not_refused() -> None:
    moved = load(("2025-03-21T10:00", 3 * GB + 1), ("2025-03-22T10:00", 5))
    slow = outcome(plan(overage=[{"behavior": "throttle", "kbps": 64}]), moved)
    assert (slow.fits, slow.days_slow) == (True, 2)
    assert not slow.billed
    block = {"behavior": "bill", "block_bytes": GB, "price": "1.50"}
    billed = outcome(plan(overage=[block]), moved)
    assert (billed.fits, billed.days_slow) == (True, 0)
    assert billed.billed == Decimal("4.50")
    assert billed.cost == 20 + Decimal("4.50")
    assert billed.again is None


def test_a_tier_that_ends_is_followed_by_nothing() -> None:
    tier = {"behavior": "throttle", "kbps": 64, "upto_bytes": 100}
    moved = load(("2025-03-21T10:00", GB + 90), ("2025-03-22T10:00", 30))
    found = outcome(plan(overage=[tier]), moved)
    assert (found.days_slow, found.days_without, found.refused_bytes) == (2, 1, 20)


def test_a_plan_without_an_end_is_bought_with_each_cycle_from_its_first_day() -> None:
    monthly = plan(validity={"kind": "open"}, cycle={"kind": "month", "billing_day": 1})
    moved = load(
        ("2025-03-21T10:00", GB),
        ("2025-04-19T10:00", 1),
        ("2025-04-20T10:00", GB),
        days=93,
    )
    found = outcome(monthly, moved, "9.99")
    assert (found.purchases, found.ended, found.days_without) == (4, 3, 1)
    assert found.cost == 4 * Decimal("9.99")
    assert (found.paid_bytes, found.used_bytes) == (3 * GB, 2 * GB)


def test_weeks_and_several_months_begin_on_the_first_day_as_well() -> None:
    for cycle, count in (
        ({"kind": "week", "weekday": 1}, 13),
        ({"kind": "month", "billing_day": 1, "interval": 2, "anchor": "2000-01-01"}, 2),
        ({"kind": "day"}, 91),
    ):
        found = outcome(plan(validity={"kind": "open"}, cycle=cycle), load(days=91))
        assert found.purchases == count, cycle


def test_what_rolls_over_is_paid_once() -> None:
    rolling = plan(
        validity={"kind": "open"}, cycle={"kind": "elapsed", "days": 5}, rollover={}
    )
    moved = load(("2025-03-26T10:00", 2 * GB), days=15)
    found = outcome(rolling, moved)
    assert found.fits
    assert (found.paid_bytes, found.used_bytes) == (2 * GB, 2 * GB)  # two have ended


def test_a_bucket_of_the_night_serves_the_night_only() -> None:
    night = {"windows": [{"start": "22:00", "end": "06:00"}]}
    nightly = plan(
        buckets=[
            {"id": "main", "bytes": 10},
            {"id": "night", "bytes": GB, "scope": night},
        ]
    )
    fitting = outcome(nightly, load(("2025-03-21T23:00", GB // 2)))
    assert fitting.fits
    assert not outcome(nightly, load(("2025-03-21T21:00", GB // 2))).fits
    edge = outcome(nightly, load(("2025-03-21T21:59", 60), ("2025-03-21T22:00", 60)))
    assert edge.refused_bytes == 50
    assert fitting.again is None


def test_a_free_program_is_known_by_its_name() -> None:
    scope = {"apps": ["radio*"]}
    free = {"id": "radio", "scope": scope, "zero_rated": True}
    offer = plan(buckets=[{"id": "main", "bytes": 10}, free])
    moved = ("2025-03-21T10:00", GB)
    assert outcome(offer, load(moved, app="radio1")).fits
    assert not outcome(offer, load(moved, app="firefox")).fits


def test_countries_outside_leave_one_without_data() -> None:
    abroad = load(("2025-03-21T10:00", 50))
    abroad = abroad._replace(
        samples=tuple(each._replace(mcc="454") for each in abroad.samples)
    )
    found = outcome(plan(zones={"included": ["410"]}), abroad)
    assert (found.days_without, found.refused_bytes, found.uncovered_bytes) == (
        *(1, 50),
        50,
    )
    assert found.again is None
    assert outcome(plan(zones={"included": ["410", "454"]}), abroad).fits


def test_bytes_abroad_use_up_nothing_at_home() -> None:
    moved = load(
        ("2025-03-21T10:00", GB), ("2025-03-22T10:00", GB), ("2025-03-23T10:00", 1)
    )
    abroad, *home = moved.samples
    there = moved._replace(samples=(abroad._replace(mcc="454"), *home))
    found = outcome(plan(zones={"included": ["410"]}), there)
    assert (found.days_without, found.refused_bytes) == (2, GB + 1)
    assert found.again is not None
    assert found.again.purchases == 3  # the second ends before the period does


def test_above_a_cap_of_the_hotspot_it_is_refused() -> None:
    cap = {"id": "hotspot", "bytes": 20, "scope": {"tethered": True}}
    moved = load(("2025-03-21T10:00", 50))
    tethered = moved._replace(
        samples=tuple(each._replace(tethered=True) for each in moved.samples)
    )
    assert outcome(plan(caps=[cap]), moved).fits
    assert outcome(plan(caps=[cap]), tethered).refused_bytes == 30
    slow = outcome(plan(caps=[cap | {"behavior": "throttle"}]), tethered)
    assert (slow.fits, slow.days_slow) == (True, 1)


def test_an_offer_longer_than_the_period_counts_by_its_time_or_its_data() -> None:
    year = plan(validity={"kind": "elapsed", "days": 365})
    idle = outcome(year, load(days=10), "73.00")
    assert idle.cost_30_days == Decimal("6.00")
    assert (idle.ended, idle.paid_bytes) == (0, 0)
    half = outcome(year, load(("2025-03-21T10:00", GB // 2), days=10), "73.00")
    assert half.cost_30_days == Decimal("109.50")


def test_bought_again_at_the_byte_that_finds_nothing_left() -> None:
    found = outcome(plan(), load(("2025-03-21T10:00", 7 * GB // 2), days=10))
    assert found.again is not None
    assert found.again.purchases == 4
    assert found.again.cost == Decimal(40)
    # The last one was bought after six sevenths of the hour, and counts by its time.
    bought_s = DAY_S + 10 * 3600 + 3600 * 6 // 7
    last = Decimal(10 * DAY_S - bought_s) / (10 * DAY_S)
    assert found.again.cost_30_days == round(30 * (3 + last), 2)


def test_a_tiny_offer_and_a_huge_load_take_no_time() -> None:
    offer = plan(buckets=[{"id": "main", "bytes": 1}])
    found = outcome(offer, load(("2025-03-21T10:00", 10**15)))
    assert found.again is not None
    assert found.again.purchases == 10**15 + 1


def test_six_gigabytes_a_month_fit_a_month_and_thirty_days_of_six() -> None:
    even = even_load(6 * GB, None, date(2025, 1, 1), BERLIN, 12)
    buckets = [{"id": "main", "bytes": 6 * GB}]
    monthly = {"kind": "month", "billing_day": 1}
    for terms in (
        {"validity": {"kind": "open"}, "cycle": monthly},
        {"validity": {"kind": "elapsed", "days": 30}},
        {"validity": {"kind": "days_calendar", "days": 30}},
    ):
        found = outcome(plan(buckets=buckets, **terms), even)
        assert found.fits, terms
