"""Which lot a byte is taken from, and what scopes match."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plans.asking import answer, ask

JUNE = {"validity": {"kind": "fixed", "start": "05-01", "end": "12-01"}}


def bucket(name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A bucket of 100 bytes."""
    return {"id": name, "bytes": 100, **fields}


def lots(buckets: list[Any], *rows: Any, at: str = "06-20", **more: Any) -> Any:  # noqa: ANN401
    """What is left of each lot."""
    return ask(at, plan={"buckets": buckets}, usage=list(rows), **more)["lots"]


def test_the_smaller_priority_goes_first() -> None:
    both = [bucket("a"), bucket("b", priority=-5)]
    assert lots(both, ("06-05", 30)) == {"a": 100, "b": 70}


def test_more_scope_keys_go_before_the_earlier_end() -> None:
    two = {"apps": ["web"], "zones": ["410"]}
    both = [
        bucket("one", per="cycle", scope={"apps": ["web"]}),
        bucket("two", per="validity", scope=two),
    ]
    assert lots(both, ("06-05", 30)) == {"one": 100, "two": 70}


def test_at_one_end_classes_go_in_their_order() -> None:
    plan = {
        "buckets": [bucket("base"), bucket("promo", **{"class": "promo"})],
        "rollover": {},
        **JUNE,
    }
    ledger = [
        {"kind": "topup", "bytes": 100, "ts": "06-01", "id": "topup"},
        {"kind": "transfer_in", "bytes": 100, "ts": "06-01", "id": "gift"},
    ]
    rest = {"rollover:2025-05-01": 100}
    for used, expected in (
        (50, {"promo": 50, "gift": 100, "base": 100, "topup": 100}),
        (150, {"promo": 0, "gift": 50, "base": 100, "topup": 100}),
        (250, {"promo": 0, "gift": 0, "base": 50, "topup": 100}),
        (350, {"promo": 0, "gift": 0, "base": 0, "topup": 50}),
    ):
        found = ask("06-20", plan=plan, ledger=ledger, usage=[("06-05", used)])
        assert found["lots"] == {**expected, **rest}


def test_of_equals_the_earlier_granted_then_the_smaller_id_goes_first() -> None:
    def topup(name: str, ts: str) -> dict[str, Any]:
        return {"kind": "topup", "bytes": 10, "ts": ts, "id": name}

    ledger = [topup("c", "06-02"), topup("b", "06-03"), topup("a", "06-03")]
    for used, expected in (
        (105, {"c": 5, "a": 10, "b": 10}),
        (115, {"c": 0, "a": 5, "b": 10}),
    ):
        found = lots([bucket("main")], ("06-05", used), ledger=ledger)
        assert found == {"main": 0, **expected}


def test_a_zero_rated_match_takes_all_whatever_its_size_and_priority() -> None:
    free = bucket(
        "free", bytes=5, zero_rated=True, priority=900, scope={"apps": ["web"]}
    )
    plan = {"buckets": [bucket("main"), free], "caps": [{"id": "c", "bytes": 1}]}
    found = ask("06-20", plan=plan, usage=[("06-05", 70)])
    assert found["lots"] == {"main": 100, "free": 5}
    assert found["zero_rated_bytes"] == 70
    assert (found["used_bytes"], found["caps"]["c"]["used_bytes"]) == (0, 0)
    assert found["usable_now_bytes"] == 100


def test_without_an_unscoped_bucket_every_counted_lot_is_a_main_lot() -> None:
    plan = {"buckets": [bucket("chat", scope={"apps": ["chat"]})]}
    found = ask("06-20", plan=plan, usage=[("06-05", 30, {"app": "chat"})])
    assert (found["main_used_bytes"], found["remaining_bytes"]) == (30, 70)
    assert found["usable_now_bytes"] == 0
    assert found["usable_again_at"] is None


@pytest.mark.parametrize(
    ("scope", "meta", "taken_from"),
    [
        ({"apps": ["com.x.*"]}, {"app": "com.x.y"}, "s"),
        ({"apps": ["Com.*"]}, {"app": "com.x"}, "main"),
        ({"apps": ["w[ae]b", "?"]}, {"app": "web"}, "s"),
        ({"apps": ["*"]}, {"app": None}, "main"),
        ({"zones": ["410"]}, {"mcc": "410"}, "s"),
        ({"zones": ["410"]}, {"mcc": "454"}, "main"),
        ({"zones": ["410"]}, {}, "s"),
        ({"tethered": False}, {}, "s"),
        ({"tethered": False}, {"tethered": True}, "main"),
        ({"tethered": True}, {}, "main"),
        ({"members": ["a"]}, {"member": "a"}, "s"),
        ({"members": ["a"]}, {"member": "b"}, "main"),
        ({"members": ["a"]}, {}, "main"),
        ({"apps": ["web"], "tethered": True}, {"app": "web"}, "main"),
    ],
)
def test_all_given_keys_of_a_scope_must_match(
    scope: dict[str, Any], meta: dict[str, Any], taken_from: str
) -> None:
    found = lots([bucket("main"), bucket("s", scope=scope)], ("06-05", 30, meta))
    assert found == {"main": 100, "s": 100, taken_from: 70}


def test_a_window_of_equal_times_lasts_24_hours_from_its_weekday() -> None:
    window = {"start": "06:00", "end": "06:00", "weekdays": [1]}
    both = [bucket("main"), bucket("monday", scope={"windows": [window]})]
    # 2 June 2025 is a Monday.
    for ts, left in (("06-02T05:59", 100), ("06-02T06:00", 90), ("06-03T05:59", 90)):
        assert lots(both, (ts, 10))["monday"] == left
    assert lots(both, ("06-03T06:00", 10))["monday"] == 100


def test_the_weekday_of_a_night_is_that_of_its_evening() -> None:
    window = {"start": "22:00", "end": "06:00", "weekdays": [7]}
    both = [bucket("main"), bucket("night", scope={"windows": [window]})]
    for ts, left in (("06-01T02:00", 100), ("06-01T23:00", 90), ("06-02T02:00", 90)):
        assert lots(both, (ts, 10))["night"] == left


def test_usable_again_is_the_next_opening_before_the_lot_ends() -> None:
    window = {"start": "22:00", "end": "23:00"}
    plan = {
        "buckets": [bucket("main"), bucket("night", scope={"windows": [window]})],
        "validity": {"kind": "fixed", "start": "06-01", "end": "06-10T21:00"},
    }
    usage = [("06-05T00:00", 100)]
    assert ask("06-09T12:00", plan=plan, usage=usage)["usable_again_at"] == (
        "2025-06-09T22:00:00Z"
    )
    found = ask("06-10T12:00", plan=plan, usage=usage)
    assert (found["state"], found["usable_again_at"]) == ("depleted", None)
    # While it is open it serves.
    found = ask("06-09T22:30", plan=plan, usage=usage)
    assert (found["state"], found["usable_again_at"]) == ("active", None)


def test_only_the_direction_that_costs_is_counted() -> None:
    rows = [["2025-06-05T00:00:00Z", "wwan0", "web", 30, 5, {}]]
    for count, used in (("both", 35), ("rx", 30), ("tx", 5)):
        plan = {"id": "p", "count": count, "buckets": [bucket("main")]}
        when = {"what": "status", "at": "2025-06-20T00:00:00Z"}
        case = {"config": {"plan": plan}, "usage": rows, "ask": when}
        assert answer(case)["used_bytes"] == used


def test_a_lot_of_a_validity_is_granted_once_in_it() -> None:
    plan = {
        "cycle": {"kind": "day"},
        "validity": {"kind": "elapsed", "days": 3},
        "activated_at": "06-01",
        "buckets": [bucket("once", per="validity"), bucket("daily", bytes=10)],
    }
    usage = [("06-01T10:00", 30), ("06-02T10:00", 30)]
    assert ask("06-03", plan=plan, usage=usage)["lots"] == {"once": 60, "daily": 10}
    ledger = [{"kind": "renewal", "ts": "06-02"}]
    found = ask("06-04", plan=plan, usage=usage, ledger=ledger)
    assert found["lots"] == {"once": 100, "daily": 10}
