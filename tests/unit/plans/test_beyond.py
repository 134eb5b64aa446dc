"""After the lots: overage and its bill; what rolls over; caps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plans.offers import Tier
from monitor.plans.overage import bill, tier_of
from monitor.plans.values import Bytes, Money
from tests.unit.plans.asking import ask

TIERS: list[dict[str, Any]] = [
    {"behavior": "bill", "upto_bytes": 10, "block_bytes": 4, "price": "1.115"},
    {"behavior": "free", "upto_bytes": 20},
    {
        "behavior": "bill",
        "upto_bytes": 40,
        "block_bytes": 10,
        "price": "2",
        "tax_pct": "17.5",
        "max_cost": "4.00",
    },
    {"behavior": "throttle", "upto_bytes": 50, "kbps": 64},
]


@pytest.mark.parametrize(
    ("over", "state", "blocks", "cost"),
    [
        (0, "overage", 0, "0.00"),
        (1, "overage", 1, "1.12"),
        (4, "overage", 1, "1.12"),
        (5, "overage", 2, "2.23"),
        (10, "free", 3, "3.35"),
        (20, "overage", 3, "3.35"),
        (21, "overage", 4, "5.70"),
        (31, "overage", 5, "7.35"),
        (40, "throttled", 5, "7.35"),
        (50, "depleted", 5, "7.35"),
    ],
)
def test_each_tier_holds_its_bytes_and_the_next_byte_makes_the_state(
    over: int, state: str, blocks: int, cost: str
) -> None:
    found = ask("06-20", plan={"overage": TIERS}, usage=[("06-05", 100 + over)])
    assert (found["state"], found["overage_bytes"]) == (state, over)
    assert (found["overage_blocks"], found["overage_cost"]) == (blocks, cost)
    assert found["kbps"] == (64 if state == "throttled" else None)


def test_blocks_of_a_whole_life_cost_exact_money() -> None:
    tier = Tier(
        behavior="bill",
        block_bytes=Bytes(1),
        price=Money("999999999999.999999"),
        tax_pct=Money("99.999999"),
    )
    blocks, cost = bill([tier], 10**18)
    assert blocks == 10**18
    assert cost == "1999999989999999998000000010000.00"


@given(st.integers(0, 60))
def test_the_tiers_hold_all_of_it(over: int) -> None:
    free = [Tier(behavior="free", upto_bytes=Bytes(10)), Tier(behavior="block")]
    assert tier_of(free, over).behavior == ("free" if over < 10 else "block")
    assert tier_of([], over).behavior == "block"
    assert tier_of(free[:1], over).behavior == ("free" if over < 10 else "block")


def test_the_tier_counts_only_while_nothing_is_usable() -> None:
    chat = {"id": "chat", "bytes": 9, "scope": {"apps": ["chat"]}}
    plan = {"overage": TIERS[-1:], "buckets": [{"id": "main", "bytes": 10}, chat]}
    assert ask("06-20", plan=plan, usage=[("06-05", 15)])["state"] == "throttled"
    plan["buckets"][1] = {**chat, "scope": {"zones": ["410"], "tethered": False}}
    found = ask("06-20", plan=plan, usage=[("06-05", 19, {"mcc": "454"})])
    assert (found["state"], found["kbps"]) == ("active", None)
    assert (found["usable_now_bytes"], found["overage_bytes"]) == (9, 9)


def test_overage_begins_anew_with_the_cycle() -> None:
    found = ask("07-02", plan={"overage": TIERS}, usage=[("06-05", 130)])
    assert (found["state"], found["overage_cost"]) == ("active", "0.00")
    assert found["history"] == [["2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z", 130]]


def test_billed_bytes_are_rounded_up_once() -> None:
    plan = {"rounding": {"per": "cycle", "unit_bytes": 30}}
    for used, billed in ((0, 0), (30, 30), (31, 60)):
        found = ask("06-20", plan=plan, usage=[("06-05", used)])
        assert found["billed_bytes"] == billed
    assert ask("06-20", plan={}, usage=[("06-05", 31)])["billed_bytes"] == 31


def rolled(rollover: dict[str, Any], at: str, **more: Any) -> Any:  # noqa: ANN401
    """Lots of a plan that began in April."""
    validity = {"kind": "fixed", "start": "04-01", "end": "08-01"}
    plan = {"rollover": rollover, "validity": validity, **more.pop("plan", {})}
    return ask(at, plan=plan, **more)["lots"]


def test_what_rolled_ends_with_the_nth_following_cycle() -> None:
    lots = rolled({"cycles": 2}, "06-20", usage=[("04-05", 30)])
    assert lots == {
        "main": 100,
        "rollover:2025-04-01": 70,
        "rollover:2025-05-01": 100,
    }
    lots = rolled({"cycles": 2}, "07-20", usage=[("04-05", 30)])
    assert lots == {
        "main": 100,
        "rollover:2025-05-01": 100,
        "rollover:2025-06-01": 100,
    }


def test_all_that_rolled_is_capped_together_and_nothing_makes_no_lot() -> None:
    terms = {"cycles": 3, "cap_bytes": 150}
    lots = rolled(terms, "07-02")
    assert lots == {
        "main": 100,
        "rollover:2025-04-01": 100,
        "rollover:2025-05-01": 50,
    }
    assert rolled({}, "05-02", usage=[("04-05", 100)]) == {"main": 100}


def test_only_unscoped_base_lots_that_end_roll_over() -> None:
    buckets = [
        {"id": "main", "bytes": 10},
        {"id": "bonus", "bytes": 10, "class": "promo"},
        {"id": "chat", "bytes": 10, "scope": {"apps": ["chat"]}},
        {"id": "free", "bytes": 10, "zero_rated": True, "priority": 1},
        {"id": "once", "bytes": 10, "per": "validity"},
        {"id": "endless", "priority": 900},
    ]
    top = {"kind": "topup", "bytes": 10, "ts": "04-05"}
    lots = rolled({}, "05-02", plan={"buckets": buckets}, ledger=[top])
    assert lots["rollover:2025-04-01"] == 10


def test_rolled_lots_may_go_first_where_the_plan_says_so() -> None:
    lots = rolled({"priority": 50}, "05-20", usage=[("05-05", 30)])
    assert lots == {"main": 100, "rollover:2025-04-01": 70}


def test_an_order_for_now_rolls_nothing_over() -> None:
    change = {
        "kind": "plan_change",
        "mode": "immediate_reset",
        "ts": "04-10",
        "buckets": [{"id": "big", "bytes": 200}],
    }
    assert rolled({}, "04-11", ledger=[change]) == {"big": 200}


def test_several_short_cycles_of_one_day_share_a_name() -> None:
    plan = {"cycle": {"kind": "elapsed", "hours": 6}, "rollover": {"cycles": 3}}
    found = ask("06-02T12:00", plan={**plan, "activated_at": "06-01"})
    assert found["lots"] == {
        "main": 100,
        "rollover:2025-06-01": 100,
        "rollover:2025-06-02": 200,
    }


def test_a_cap_counts_what_is_charged_and_matches_overage_too() -> None:
    caps = [
        {"id": "hot", "bytes": 50, "scope": {"tethered": True}, "behavior": "throttle"},
        {"id": "all", "bytes": 200},
    ]
    plan = {"caps": caps, "zones": {"included": ["410"]}}
    usage = [
        ("06-05", 120, {"tethered": True}),
        ("06-06", 7),
        ("06-06", 1000, {"mcc": "454", "tethered": True}),
    ]
    found = ask("06-20", plan=plan, usage=usage)["caps"]
    assert found["hot"] == {
        "used_bytes": 120,
        "remaining_bytes": 0,
        "reached": True,
        "behavior": "throttle",
    }
    assert found["all"] == {
        "used_bytes": 127,
        "remaining_bytes": 73,
        "reached": False,
        "behavior": None,
    }
    assert ask("07-02", plan=plan, usage=usage)["caps"]["hot"]["used_bytes"] == 0


def test_a_cap_with_a_window_cuts_samples_at_its_edges() -> None:
    scope = {"windows": [{"start": "22:00", "end": "23:00"}]}
    plan = {"caps": [{"id": "late", "bytes": 10, "scope": scope}]}
    usage = [("06-06", 40, {"from": "06-05T20:00"})]
    found = ask("06-20", plan=plan, usage=usage)["caps"]["late"]
    assert (found["used_bytes"], found["reached"]) == (10, True)
    assert found["behavior"] == "block"
