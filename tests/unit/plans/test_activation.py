"""What begins a plan, when that is too late, and when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plans.asking import ask

WEEK = {"kind": "elapsed", "days": 7}


def pack(validity: Any = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A pack of a week that begins as it says."""
    whole = {"kind": "whole"}
    return {"cycle": whole, "validity": {**WEEK, **(validity or {})}, **fields}


def start(plan: dict[str, Any], at: str = "06-20", **more: Any) -> Any:  # noqa: ANN401
    """Where the validity began."""
    found = ask(at, plan=plan, **more)["validity_start"]
    return found and found[5:16]


def test_the_rule_says_what_begins_a_plan() -> None:
    dates = {"purchased_at": "06-14", "installed_at": "06-15"}
    for rule, began in (
        ("purchase", "06-14T00:00"),
        ("install", "06-15T00:00"),
        ("fixed", None),
    ):
        assert start(pack({"starts_on": rule}, **dates)) == began
    assert start(pack({"start": "06-16"}, **dates)) == "06-16T00:00"


def test_a_known_activation_goes_before_the_rule_and_an_entry_too() -> None:
    plan = pack({"start": "06-16"}, activated_at="06-15")
    assert start(plan) == "06-15T00:00"
    entry = {"kind": "activate", "ts": "06-14", "mcc": "999"}
    assert start(plan, ledger=[entry]) == "06-15T00:00"
    plan = pack({"start": "06-16"}, zones={"included": ["410"]})
    assert start(plan, ledger=[entry]) == "06-14T00:00"
    # Also where it comes later, once it has come.
    late = {"kind": "activate", "ts": "06-18"}
    assert start(plan, ledger=[late], at="06-17") == "06-16T00:00"
    assert start(plan, ledger=[late], at="06-18") == "06-18T00:00"


@pytest.mark.parametrize(
    ("row", "begun"),
    [
        (("06-15", 1), "06-15T00:00"),
        (("06-15", 0), None),
        (("06-15", 1, {"mcc": "410"}), "06-15T00:00"),
        (("06-15", 1, {"mcc": "454"}), None),
        (("06-15", 1, {"iccid": "8986001112223334445"}), None),
        (("06-15", 1, {"iface": "wlan0"}), None),
        (("06-15", 1, {"app": None}), "06-15T00:00"),
    ],
)
def test_first_use_is_the_first_bytes_of_the_plan_where_it_is_good(
    row: Any,  # noqa: ANN401
    begun: str | None,
) -> None:
    plan = pack(
        {"starts_on": "first_use"},
        zones={"included": ["410"]},
        line={"iccid": "8992011234567890123"},
        count="tx",
    )
    found = start(plan, usage=[row], bindings=[{"iface": "wwan0"}])
    assert found == begun


def test_first_use_begins_where_the_bound_part_of_the_sample_does() -> None:
    row = ("06-15T02:00", 100, {"from": "06-15T00:00"})
    found = ask(
        "06-16",
        plan=pack({"starts_on": "first_use"}),
        usage=[row],
        bindings=[{"iface": "wwan0", "from": "06-15T01:00"}],
    )
    assert (found["validity_start"], found["used_bytes"]) == (
        "2025-06-15T01:00:00Z",
        50,
    )


def test_first_attach_without_a_country_counts() -> None:
    plan = pack({"starts_on": "first_attach"}, zones={"included": ["410"]})
    ledger = [
        {"kind": "attach", "ts": "06-15", "mcc": "454"},
        {"kind": "attach", "ts": "06-16"},
    ]
    assert start(plan, ledger=ledger) == "06-16T00:00"
    plan = pack({"starts_on": "first_attach"})
    assert start(plan, ledger=ledger) == "06-15T00:00"


@pytest.mark.parametrize("terms", [{"activate_by": "06-15"}, {"activate_by_days": 14}])
@pytest.mark.parametrize(
    "how",
    [
        {"activated_at": "06-15"},
        {"ledger": [{"kind": "activate", "ts": "06-15"}]},
        {"usage": [("06-15", 1)]},
    ],
)
def test_at_the_deadline_it_is_too_late(terms: Any, how: dict[str, Any]) -> None:  # noqa: ANN401
    fields = {"purchased_at": "06-01"}
    more = dict(how)
    if "activated_at" in more:
        fields["activated_at"] = more.pop("activated_at")
    plan = pack({"starts_on": "first_use", **terms}, **fields)
    found = ask("06-16", plan=plan, **more)
    assert (found["state"], found["results"]) == ("lapsed", {})
    assert found["activate_by"] == "2025-06-15T00:00:00Z"
    assert ask("06-14T23:59", plan=plan, **more)["state"] == "pending"
    plan["validity"]["on_deadline"] = "autostart"
    assert start(plan, at="06-16", **more) == "06-15T00:00"


def test_entries_before_the_activation_take_effect_with_it_in_order_of_date() -> None:
    plan = pack(activated_at="06-15")
    ledger = [
        {"kind": "sync", "used_bytes": 30, "ts": "06-10", "id": "late"},
        {"kind": "sync", "used_bytes": 20, "ts": "06-09", "id": "early"},
        {"kind": "renewal", "ts": "06-01", "id": "r"},
    ]
    assert ask("06-14", plan=plan, ledger=ledger)["results"] == {}
    found = ask("06-15", plan=plan, ledger=ledger)
    assert list(found["results"]) == ["r", "early", "late"]
    assert (found["used_bytes"], found["validity_end"]) == (30, "2025-06-29T00:00:00Z")


def test_nothing_is_charged_before_the_activation() -> None:
    usage = [("06-15T02:00", 100, {"from": "06-14T22:00"})]
    found = ask("06-16", plan=pack(activated_at="06-15"), usage=usage)
    assert (found["used_bytes"], found["uncovered_bytes"]) == (50, 0)


def test_pending_says_little() -> None:
    found = ask("06-01", plan=pack(), usage=[("05-01", 10)])
    assert found["state"] == "pending"
    assert (found["used_bytes"], found["main_used_bytes"]) == (0, 0)
    for name in ("validity_start", "validity_end", "cycle_start", "limit_bytes"):
        assert found[name] is None
    assert ask("06-01", plan=pack(), what="forecast")["rapid"] is False


def test_cycles_that_count_from_the_activation_need_one() -> None:
    for cycle in ({"kind": "elapsed", "days": 3}, {"kind": "days_calendar", "days": 3}):
        assert ask("06-20", plan={"cycle": cycle})["state"] == "pending"
        ledger = [{"kind": "activate", "ts": "06-18T12:00"}]
        found = ask("06-20", plan={"cycle": cycle}, ledger=ledger)
        assert (found["state"], found["validity_end"]) == ("active", None)
        clock = "12:00" if cycle["kind"] == "elapsed" else "00:00"
        assert found["cycle_end"] == f"2025-06-21T{clock}:00Z"
        assert found["cycle_start"] == "2025-06-18T12:00:00Z"


def test_a_plan_without_a_beginning_remembers_from_the_first_thing_on() -> None:
    assert ask("06-20", plan={})["history"] == []
    found = ask("06-20", plan={}, usage=[("04-10", 7, {"mcc": "454"})])
    assert [entry[0] for entry in found["history"]] == [
        "2025-04-01T00:00:00Z",
        "2025-05-01T00:00:00Z",
    ]
    ledger = [{"kind": "snooze", "alert": "data.limit", "ts": "05-10"}]
    found = ask("06-20", plan={}, ledger=ledger, usage=[("06-10", 7)])
    assert found["history"] == [["2025-05-01T00:00:00Z", "2025-06-01T00:00:00Z", 0]]


def test_calendar_days_before_the_reset_belong_to_the_day_before() -> None:
    validity = {"kind": "days_calendar", "days": 2, "reset_time": "04:00"}
    for activated, end in (
        ("06-10T03:59", "06-11T04:00"),
        ("06-10T04:00", "06-12T04:00"),
    ):
        plan = {"cycle": {"kind": "whole"}, "validity": validity}
        found = ask("06-11", plan={**plan, "activated_at": activated})
        assert found["validity_end"] == f"2025-{end}:00Z"


def test_a_fixed_validity_that_is_over_when_activated_is_a_gap() -> None:
    plan = {"validity": {"kind": "fixed", "start": "05-01", "end": "06-01"}}
    found = ask("06-20", plan={**plan, "activated_at": "06-10"}, usage=[("06-12", 5)])
    assert (found["state"], found["uncovered_bytes"]) == ("expired", 5)
    assert (found["history"], found["lots"]) == ([], {})


def test_only_bound_interfaces_in_their_time_are_charged() -> None:
    bindings = [
        {"iface": "wwan0", "to": "06-10"},
        {"iface": "wwan0", "from": "06-09", "to": "06-11"},
        {"iface": "usb0", "from": "06-15"},
        {"iface": "wlan0", "plan": "other"},
    ]
    usage = [
        ("06-11T12:00", 60, {"from": "06-10T12:00"}),
        ("06-15", 7, {"iface": "usb0"}),
        ("06-14", 1000, {"iface": "usb0"}),
        ("06-15", 1000, {"iface": "wlan0"}),
        ("06-11", 1000),
    ]
    found = ask("06-20", plan={}, bindings=bindings, usage=usage)
    assert found["used_bytes"] == 37
