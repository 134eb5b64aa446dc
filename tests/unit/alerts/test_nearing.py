"""How many bytes it is to the next alert about usage."""

from __future__ import annotations

import pytest
from msgspec import structs

from monitor.alerts import bytes_to_next
from monitor.plans.forecast import Forecast
from monitor.plans.members import MemberStatus
from monitor.plans.offers import Tier
from monitor.plans.values import Bytes
from tests.alerting import GB, looked_at, plan, standing, watched


@pytest.mark.parametrize(
    ("used_bytes", "left_bytes"),
    [
        (0, 5 * GB),
        (5 * GB - 1, 1),
        (5 * GB, 3 * GB),
        (8 * GB, 1_500_000_000),
        (9_500_000_000, 500_000_000),
        (10 * GB - 7, 7),
        (10 * GB, None),
        (11 * GB, None),
    ],
)
def test_the_next_percent_or_the_limit(used_bytes: int, left_bytes: int | None) -> None:
    assert bytes_to_next(watched(used_bytes)) == left_bytes


def test_a_percent_that_is_no_whole_byte_is_reached_with_the_byte_after_it() -> None:
    """Half of 3 bytes are used when 2 are."""
    assert bytes_to_next(watched(0, 3)) == 2


def test_an_unlimited_plan_tells_nothing_of_what_is_used() -> None:
    assert bytes_to_next(watched(GB, None)) is None


@pytest.mark.parametrize(
    ("overage_bytes", "left_bytes"), [(0, 1), (1, GB), (GB, 1), (GB + 1, GB)]
)
def test_a_block_begins_with_the_byte_after_the_one_before(
    overage_bytes: int, left_bytes: int
) -> None:
    blocks = (Tier(behavior="bill", block_bytes=Bytes(GB)),)
    billed = structs.replace(plan(), overage=blocks)
    over = structs.replace(standing(10 * GB), overage_bytes=overage_bytes)
    assert bytes_to_next(looked_at(billed, over)) == left_bytes


def test_no_block_begins_while_something_is_left() -> None:
    blocks = (Tier(behavior="bill", block_bytes=Bytes(1000)),)
    billed = structs.replace(plan(), overage=blocks)
    assert bytes_to_next(looked_at(billed, standing(9 * GB))) == 500_000_000


def test_the_share_of_a_member_and_the_budget_of_the_day() -> None:
    member = MemberStatus(
        used_bytes=10, remaining_bytes=5, blocked=False, allocation_bytes=15
    )
    shared = structs.replace(standing(0), members={"amina": member})
    assert bytes_to_next(looked_at(plan(), shared)) == 5
    today = Forecast(left_today_bytes=3)
    of_day = looked_at(plan(budget_day=True), shared, forecast=today)
    assert bytes_to_next(of_day) == 3
    silent = looked_at(plan(), standing(0), forecast=today)
    assert bytes_to_next(silent) == 5 * GB
