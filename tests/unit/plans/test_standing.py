"""How a plan stands: used, left, over; with samples that are cut where they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans import Calibration, Plan, PlanStatus, Validity, standing
from monitor.plans.facts import plan_facts
from monitor.plans.model import payer
from monitor.usage import Interval, Traffic, cut

if TYPE_CHECKING:
    from collections.abc import Callable

GB = 10**9
DAY_S = 86_400
NOVEMBER_S = 1_793_491_200  # 2026-11-01T00:00Z
DECEMBER_S = NOVEMBER_S + 30 * DAY_S

Samples = list[tuple[int, int, int]]
"""From, to, bytes; one with no length is an instant."""


def _used(samples: Samples) -> Callable[[Interval], int]:
    def used(asked: Interval) -> int:
        return sum(
            part.bytes
            for from_s, to_s, size_bytes in samples
            for piece, part in cut(Traffic(size_bytes), Interval(from_s, to_s), asked)
            if asked.from_s <= piece.from_s < asked.to_s
        )

    return used


def _monthly(
    *,
    quota_bytes: int | None = 5 * GB,
    validity: tuple[int | None, int | None] = (None, None),
    calibration: Calibration | None = None,
) -> Plan:
    return Plan(
        id="home",
        interfaces=("wwan*",),
        zone=ZoneInfo("UTC"),
        quota_bytes=quota_bytes,
        billing_day=1,
        validity=Validity(*validity),
        calibration=calibration,
    )


def test_an_untouched_plan_has_all_of_its_quota() -> None:
    assert standing(_monthly(), _used([]), NOVEMBER_S) == PlanStatus(
        id="home",
        state="active",
        used_bytes=0,
        limit_bytes=5 * GB,
        remaining_bytes=5 * GB,
        pct_used="0.0",
        cycle_start=NOVEMBER_S,
        cycle_end=DECEMBER_S,
    )


def test_only_the_cycle_counts_and_a_sample_across_its_start_is_cut() -> None:
    samples = [
        (NOVEMBER_S - 900, NOVEMBER_S - 600, 7 * GB),
        (NOVEMBER_S - 100, NOVEMBER_S + 300, 4 * GB),
        (NOVEMBER_S, NOVEMBER_S, 500_000_000),  # an instant on the boundary
    ]
    status = standing(_monthly(), _used(samples), NOVEMBER_S + DAY_S)
    assert status.used_bytes == 3_500_000_000
    assert (status.remaining_bytes, status.pct_used) == (1_500_000_000, "70.0")


@pytest.mark.parametrize(
    ("used_bytes", "state", "pct", "warning"),
    [
        (0, "active", "0.0", None),
        (2 * GB + GB // 2 - 1, "active", "50.0", None),
        (2 * GB + GB // 2, "active", "50.0", 50),
        (4 * GB, "active", "80.0", 80),
        (5 * GB - 1, "active", "100.0", 95),
        (5 * GB, "depleted", "100.0", 95),
        (9 * GB, "depleted", "100.0", 95),
    ],
)
def test_the_limit_is_reached_with_its_last_byte(
    used_bytes: int, state: str, pct: str, warning: int | None
) -> None:
    samples = [(NOVEMBER_S, NOVEMBER_S + 10, used_bytes)]
    status = standing(_monthly(), _used(samples), NOVEMBER_S + 10)
    assert (status.state, status.pct_used) == (state, pct)
    assert status.warning_pct == warning
    assert status.used_bytes == used_bytes
    assert status.remaining_bytes == max(0, 5 * GB - used_bytes)


def test_without_a_limit_there_is_nothing_left_to_show() -> None:
    plan = _monthly(quota_bytes=None)
    status = standing(plan, _used([(NOVEMBER_S, NOVEMBER_S, GB)]), NOVEMBER_S)
    assert (status.state, status.used_bytes) == ("active", GB)
    shown = (status.limit_bytes, status.remaining_bytes, status.pct_used)
    assert (*shown, status.warning_pct) == (None, None, None, None)


def test_before_its_start_a_plan_is_pending_and_charges_nothing() -> None:
    start_s = NOVEMBER_S + 5 * DAY_S
    plan = _monthly(validity=(start_s, start_s + 7 * DAY_S))
    used = _used([(NOVEMBER_S, NOVEMBER_S + 10, GB)])
    assert standing(plan, used, start_s - 1) == PlanStatus(id="home", state="pending")
    begun = standing(plan, used, start_s)
    assert (begun.state, begun.used_bytes) == ("active", 0)
    assert (begun.validity_start, begun.validity_end) == plan.validity


def test_after_its_end_a_plan_covers_nothing() -> None:
    end_s = NOVEMBER_S + 7 * DAY_S
    plan = _monthly(validity=(NOVEMBER_S, end_s))
    samples = [(end_s - 10, end_s + 10, 2 * GB), (end_s, end_s, 7_000_000)]
    last = standing(plan, _used(samples), end_s - 1)
    assert (last.state, last.used_bytes) == ("active", GB)
    over = standing(plan, _used(samples), end_s + 60)
    assert over == PlanStatus(
        id="home",
        state="expired",
        limit_bytes=0,
        remaining_bytes=0,
        uncovered_bytes=GB + 7_000_000,
    )


def test_what_the_carrier_said_is_where_counting_goes_on() -> None:
    said_s = NOVEMBER_S + DAY_S
    plan = _monthly(calibration=Calibration(said_s, 2_200_000_000))
    samples = [(said_s - 100, said_s, 2_540_000_000), (said_s, said_s + 100, GB)]
    before = standing(plan, _used(samples), said_s - 1)
    assert before.used_bytes == 2_540_000_000
    at_once = standing(plan, _used([]), said_s)
    assert at_once.remaining_bytes == 2_200_000_000
    later = standing(plan, _used(samples), said_s + 100)
    assert (later.used_bytes, later.remaining_bytes) == (3_800_000_000, 1_200_000_000)


def test_a_word_of_the_cycle_before_says_nothing_of_this_one() -> None:
    plan = _monthly(calibration=Calibration(NOVEMBER_S - 1, GB))
    assert standing(plan, _used([]), NOVEMBER_S).used_bytes == 0


@given(
    st.lists(
        st.tuples(
            st.integers(-40 * DAY_S, 40 * DAY_S),
            st.integers(0, 7200),
            st.integers(0, 3 * GB),
        ),
        max_size=8,
    ),
    st.integers(0, 45 * DAY_S),
    st.one_of(st.none(), st.integers(0, 5 * GB)),
)
def test_used_and_left_make_up_the_limit(
    moved: list[tuple[int, int, int]], after_s: int, said_bytes: int | None
) -> None:
    samples = [
        (NOVEMBER_S + at_s, NOVEMBER_S + at_s + length_s, size_bytes)
        for at_s, length_s, size_bytes in moved
    ]
    said = None
    if said_bytes is not None:
        said = Calibration(NOVEMBER_S + 3 * DAY_S, said_bytes)
    plan = _monthly(calibration=said)
    status = standing(plan, _used(samples), NOVEMBER_S + after_s)
    assert status.remaining_bytes is not None
    assert status.limit_bytes == 5 * GB
    assert status.remaining_bytes == max(0, 5 * GB - status.used_bytes)
    assert (status.state == "depleted") == (status.remaining_bytes == 0)


@pytest.mark.parametrize(("count", "charged"), [("both", 12), ("rx", 10), ("tx", 2)])
def test_only_the_direction_that_counts_is_charged(count: str, charged: int) -> None:
    plan = Plan(
        id="p",
        interfaces=("usb0",),
        zone=ZoneInfo("UTC"),
        count=count,  # type: ignore[arg-type]  # one of the three
    )
    assert plan.charged(Traffic(10, 2, 1, 1)) == charged


def test_the_first_plan_that_matches_pays() -> None:
    one = Plan(id="one", interfaces=("wwan0", "usb*"), zone=ZoneInfo("UTC"))
    other = Plan(id="other", interfaces=("wwan*",), zone=ZoneInfo("UTC"))
    plans = (one, other)
    assert payer(plans, "wwan0") is one
    assert payer(plans, "wwan1") is other
    assert payer(plans, "WWAN0") is None


def _next(plan: Plan, at_s: int) -> object:
    status = standing(plan, _used([]), at_s)
    return plan_facts(plan, status, at_s)["next"]


def test_the_next_turn_is_told_in_the_zone_of_the_plan() -> None:
    berlin = Plan(
        id="p", interfaces=("wwan0",), zone=ZoneInfo("Europe/Berlin"), billing_day=1
    )
    assert _next(berlin, DECEMBER_S - 2 * 3600) == {
        "what": "resets",
        "at": "2026-11-30T23:00:00Z",
        "local": "1 Dec 00:00 CET",
        "at_s": DECEMBER_S - 3600,
        "in_s": 3600,
        "utc_offset_s": 3600,
    }
    start_s, end_s = NOVEMBER_S, NOVEMBER_S + 7 * DAY_S + 1
    pack = Plan(
        id="p",
        interfaces=("usb0",),
        zone=ZoneInfo("Asia/Karachi"),
        validity=Validity(start_s, end_s),
    )
    words = []
    for at_s in (start_s - 60, start_s, end_s + 60):
        turn = _next(pack, at_s)
        assert isinstance(turn, dict)
        words.append((turn["what"], turn["local"], turn["in_s"]))
    assert words == [
        ("starts", "1 Nov 05:00 PKT", 60),
        ("ends", "8 Nov 05:00:01 PKT", 7 * DAY_S + 1),
        ("ended", "8 Nov 05:00:01 PKT", -60),
    ]


def test_a_plan_that_never_ends_has_no_next_turn() -> None:
    open_plan = Plan(id="p", interfaces=("wwan0",), zone=ZoneInfo("UTC"))
    pending = PlanStatus(id="p", state="pending")
    assert plan_facts(open_plan, pending, NOVEMBER_S)["next"] is None


def test_the_facts_have_the_names_of_the_model() -> None:
    plan = _monthly()
    status = standing(plan, _used([(NOVEMBER_S, NOVEMBER_S, GB)]), NOVEMBER_S)
    facts = plan_facts(plan, status, NOVEMBER_S, ["wwan1", "wwan0"])
    assert facts["pct_used"] == 20.0
    assert facts["cycle_start"] == "2026-11-01T00:00:00Z"
    assert facts["validity_end"] is None
    assert facts["interfaces"] == ["wwan0", "wwan1"]
    assert {*PlanStatus.__slots__} <= {*facts}
