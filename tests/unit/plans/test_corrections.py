"""What the carrier says: `sync` and `adjust`."""

from __future__ import annotations

from typing import Any

from tests.unit.plans.asking import ask

MAIN = {"id": "main", "bytes": 100}
PACK = {
    "cycle": {"kind": "whole"},
    "validity": {"kind": "elapsed", "days": 5},
    "activated_at": "06-01",
}


def corrected(*ledger: dict[str, Any], at: str = "06-10", **more: Any) -> Any:  # noqa: ANN401
    """A month in which 60 of 100 bytes were measured."""
    more.setdefault("usage", [("06-04", 60)])
    more.setdefault("plan", {})
    return ask(at, ledger=[{"ts": "06-05", **entry} for entry in ledger], **more)


def test_upwards_main_lots_in_order_then_overage() -> None:
    top = {"kind": "topup", "bytes": 10, "priority": 200}
    found = corrected(top, {"kind": "adjust", "delta_bytes": 45})
    assert found["lots"] == {"main": 0, "e0": 5}
    found = corrected(top, {"kind": "adjust", "delta_bytes": 65})
    assert (found["lots"], found["overage_bytes"]) == ({"main": 0, "e0": 0}, 15)
    assert (found["used_bytes"], found["main_used_bytes"]) == (125, 125)


def test_downwards_overage_then_main_lots_in_reverse() -> None:
    top = {"kind": "topup", "bytes": 10, "priority": 200, "ts": "06-02"}
    usage = [("06-04", 120)]
    for delta, lots, overage in (
        (-4, {"main": 0, "e0": 0}, 6),
        (-15, {"main": 0, "e0": 5}, 0),
        (-25, {"main": 5, "e0": 10}, 0),
    ):
        found = corrected(top, {"kind": "adjust", "delta_bytes": delta}, usage=usage)
        assert (found["lots"], found["overage_bytes"]) == (lots, overage)


def test_no_lot_gets_back_more_than_was_taken_in_this_cycle() -> None:
    never = {"kind": "topup", "bytes": 50, "validity": {"mode": "never"}, "ts": "05-02"}
    usage = [("05-04", 130), ("06-04", 20)]
    found = corrected(
        never, {"kind": "adjust", "delta_bytes": -100}, usage=usage, at="06-10"
    )
    # 30 of the top-up went in May, 20 of the month's own in June.
    assert (found["lots"], found["used_bytes"]) == ({"main": 100, "e0": 20}, 0)


def test_what_ended_lots_took_stays_used() -> None:
    own = {"validity": {"mode": "own", "days": 1}, "ts": "06-04"}
    found = corrected(
        {"kind": "topup", "bytes": 50, **own}, {"kind": "sync", "used_bytes": 0}
    )
    # The top-up ended before the month's own, so it gave 50 of 60.
    assert (found["lots"], found["used_bytes"]) == ({"main": 100}, 50)


def test_more_remaining_than_we_have_clears_all_overage() -> None:
    usage = [("06-04", 130)]
    found = corrected({"kind": "sync", "remaining_bytes": 20}, usage=usage)
    assert (found["used_bytes"], found["overage_bytes"]) == (80, 0)
    assert found["remaining_bytes"] == 20
    # Nothing remains on both sides: then overage is what it was.
    found = corrected({"kind": "sync", "remaining_bytes": 0}, usage=usage)
    assert (found["used_bytes"], found["overage_bytes"]) == (130, 30)


def test_more_remaining_than_there_ever_was_is_not_believed() -> None:
    found = corrected({"kind": "sync", "remaining_bytes": 500})
    assert (found["remaining_bytes"], found["used_bytes"]) == (100, 0)


def test_scoped_use_is_not_touched() -> None:
    chat = {"id": "chat", "bytes": 50, "scope": {"apps": ["chat"]}}
    found = corrected(
        {"kind": "sync", "used_bytes": 10},
        plan={"buckets": [MAIN, chat]},
        usage=[("06-04", 60), ("06-04", 30, {"app": "chat"})],
    )
    assert (found["main_used_bytes"], found["used_bytes"]) == (10, 40)


def test_a_lot_is_set_also_above_what_was_taken() -> None:
    found = corrected({"kind": "sync", "lot": "main", "remaining_bytes": 150})
    assert (found["lots"], found["used_bytes"]) == ({"main": 150}, 0)
    assert found["limit_bytes"] == 150
    found = corrected({"kind": "sync", "lot": "main", "remaining_bytes": 10})
    assert (found["lots"], found["used_bytes"]) == ({"main": 10}, 90)


def test_setting_a_lot_leaves_overage_alone() -> None:
    found = corrected(
        {"kind": "sync", "lot": "main", "remaining_bytes": 30}, usage=[("06-04", 130)]
    )
    assert (found["overage_bytes"], found["used_bytes"]) == (30, 100)
    assert found["remaining_bytes"] == 30


def test_only_a_live_counted_limited_lot_can_be_set() -> None:
    plan = {
        "buckets": [
            MAIN,
            {"id": "free", "bytes": 9, "zero_rated": True, "scope": {"apps": ["x"]}},
            {"id": "endless", "scope": {"apps": ["y"]}},
        ]
    }
    waits = {"kind": "topup", "bytes": 5, "starts": "on_depletion", "id": "q"}
    names = ["nothing", "free", "endless", "q"]
    found = corrected(
        waits,
        *({"kind": "sync", "lot": name, "remaining_bytes": 1} for name in names),
        plan=plan,
    )
    results = {found["results"][f"e{number}"] for number in (1, 2, 3, 4)}
    assert results == {"rejected:unknown_lot"}
    assert found["used_bytes"] == 60


def test_an_unlimited_plan_takes_used_bytes_and_adjust() -> None:
    found = corrected(
        {"kind": "sync", "used_bytes": 70},
        {"kind": "adjust", "delta_bytes": -20},
        {"kind": "sync", "remaining_bytes": 5},
        plan={"buckets": [{"id": "main"}]},
    )
    assert found["used_bytes"] == 50
    assert list(found["results"].values()) == [
        "accepted",
        "accepted",
        "rejected:unlimited",
    ]


def test_with_neither_cycle_nor_main_lot_there_is_nothing_to_correct() -> None:
    found = corrected(
        {"kind": "sync", "used_bytes": 7, "ts": "06-07"},
        {"kind": "adjust", "delta_bytes": 7, "ts": "06-07"},
        {"kind": "sync", "lot": "main", "remaining_bytes": 7, "ts": "06-07"},
        plan=PACK,
    )
    assert set(found["results"].values()) == {"rejected:not_active"}
    assert found["used_bytes"] == 0


def test_in_a_gap_a_live_lot_is_corrected_and_beyond_it_is_overage() -> None:
    own = {"mode": "own", "days": 20}
    found = corrected(
        {"kind": "topup", "bytes": 30, "validity": own, "ts": "06-02"},
        {"kind": "adjust", "delta_bytes": 40, "ts": "06-07"},
        plan=PACK,
    )
    assert (found["lots"], found["overage_bytes"]) == ({"e0": 0}, 10)
    assert (found["used_bytes"], found["state"]) == (40, "expired")


def test_corrections_count_for_no_member_no_cap_and_not_as_today() -> None:
    plan = {"caps": [{"id": "all", "bytes": 1000}]}
    ledger = [{"kind": "adjust", "delta_bytes": 30, "ts": "06-10T01:00"}]
    usage = [("06-10T02:00", 5, {"member": "a"})]
    asked: dict[str, Any] = {
        "plan": plan,
        "ledger": ledger,
        "usage": usage,
        "members": [{"id": "a"}],
    }
    found = ask("06-10T03:00", **asked)
    assert found["caps"]["all"]["used_bytes"] == 5
    assert found["members"]["a"]["used_bytes"] == 5
    assert ask("06-10T03:00", what="forecast", **asked)["today_bytes"] == 5
