"""What holds of every offer and every load."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.comparing import Comparison
from monitor.plans.loads import load_of, local_days
from monitor.plans.samples import Sample
from tests.unit.plans.comparisons import DAY_S, outcome, plan
from tests.unit.plans.histories import BUCKETS, TIERS

if TYPE_CHECKING:
    from monitor.plans.terms import Plan

DAYS = local_days(date(2025, 6, 1), date(2025, 6, 10), ZoneInfo("UTC"))
SAMPLES = st.lists(
    st.builds(
        lambda hour, rx, tx: Sample(
            DAYS[0] + hour * 3600, DAYS[0] + hour * 3600 + 3600, "w", None, rx, tx
        ),
        st.integers(0, 10 * 24 - 1),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    max_size=30,
)
LENGTHS = st.integers(1, 12)


def _plain(size_bytes: int, days: int) -> Plan:
    return plan(
        tz="UTC",
        validity={"kind": "elapsed", "days": days},
        buckets=[{"id": "main", "bytes": size_bytes}],
    )


@given(SAMPLES, st.integers(1, 300), LENGTHS)
def test_what_is_refused_is_what_a_purchase_does_not_hold(
    samples: list[Sample], size_bytes: int, days: int
) -> None:
    found = outcome(_plain(size_bytes, days), load_of(samples, DAYS))
    used: dict[int, int] = {}
    refused: dict[int, int] = {}
    for each in sorted(samples):
        purchase = (each.from_s - DAYS[0]) // (days * DAY_S)
        amount = each.rx_bytes + each.tx_bytes
        fits = min(amount, size_bytes - used.get(purchase, 0))
        used[purchase] = used.get(purchase, 0) + fits
        day = (each.from_s - DAYS[0]) // DAY_S
        refused[day] = refused.get(day, 0) + amount - fits
    assert found.refused_bytes == sum(refused.values())
    assert found.days_without == sum(each > 0 for each in refused.values())
    ended = [part for at, part in used.items() if (at + 1) * days <= len(DAYS) - 1]
    assert found.used_bytes == sum(ended)
    assert found.purchases == -(-(len(DAYS) - 1) // days)


@given(SAMPLES, st.integers(1, 300), st.integers(0, 300), LENGTHS)
def test_a_larger_bucket_never_has_more_days_without_data(
    samples: list[Sample], size_bytes: int, more_bytes: int, days: int
) -> None:
    moved = Comparison(load_of(samples, DAYS))
    small = moved.outcome(_plain(size_bytes, days), Decimal(1))
    large = moved.outcome(_plain(size_bytes + more_bytes, days), Decimal(1))
    assert large.days_without <= small.days_without
    assert large.refused_bytes <= small.refused_bytes
    if small.again is not None and large.again is not None:
        assert large.again.purchases <= small.again.purchases


@given(
    SAMPLES,
    BUCKETS,
    TIERS,
    st.sampled_from(
        [
            {"validity": {"kind": "elapsed", "hours": 31}},
            {"validity": {"kind": "days_calendar", "days": 2}},
            {"validity": {"kind": "elapsed", "days": 4}, "cycle": {"kind": "day"}},
            {"cycle": {"kind": "week"}, "rollover": {}},
            {"cycle": {"kind": "day", "reset_time": "02:30"}, "rollover": {}},
        ]
    ),
    st.sampled_from(["UTC", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_no_cost_is_negative_and_what_is_used_was_paid(
    samples: list[Sample],
    buckets: list[dict[str, Any]],
    tiers: list[dict[str, Any]],
    terms: dict[str, Any],
    tz: str,
) -> None:
    given = {"validity": {"kind": "open"}, "buckets": buckets, "overage": tiers}
    moved = load_of(samples, DAYS)
    found = outcome(plan(tz=tz, **(given | terms)), moved, "0.37")
    assert found.cost_30_days >= 0
    assert found.cost == found.purchases * Decimal("0.37") + found.billed
    assert found.billed >= 0
    assert 0 <= found.used_bytes <= found.paid_bytes
    assert found.unused_bytes + found.used_bytes == found.paid_bytes
    total = sum(each.rx_bytes + each.tx_bytes for each in samples)
    assert 0 <= found.uncovered_bytes <= found.refused_bytes <= total
    assert 0 <= found.days_without <= len(DAYS) - 1
    assert bool(found.refused_bytes) == bool(found.days_without)


@pytest.mark.parametrize("count", ["rx", "tx"])
def test_only_the_direction_that_costs_is_used(count: str) -> None:
    sample = Sample(DAYS[0], DAYS[0] + 60, "w", None, 30, 5)
    found = outcome(
        plan(count=count, tz="UTC", validity={"kind": "elapsed", "days": 5}),
        load_of([sample], DAYS),
    )
    assert found.used_bytes == (30 if count == "rx" else 5)


def test_an_instant_is_charged_to_what_begins_there() -> None:
    at_s = int(datetime(2025, 6, 6, tzinfo=UTC).timestamp())
    moved = load_of([Sample(at_s, at_s, "w", None, 7, 0)], DAYS)
    found = outcome(_plain(5, 5), moved)
    assert (found.refused_bytes, found.days_without, found.used_bytes) == (2, 1, 5)
