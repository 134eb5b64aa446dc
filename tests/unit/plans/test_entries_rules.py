"""Top-ups, gifts, members, undo, the order of entries: each rule, each reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plans.asking import ask

PACK = {
    "cycle": {"kind": "whole"},
    "validity": {"kind": "elapsed", "days": 10},
    "activated_at": "06-01",
}


def topup(amount: int = 50, ts: str = "06-05", **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A top-up with the name t."""
    return {"id": "t", "kind": "topup", "bytes": amount, "ts": ts, **fields}


@pytest.mark.parametrize(
    ("validity", "last", "over"),
    [
        ({}, "06-30T23:59", "07-01"),
        ({"mode": "own", "days": 1, "hours": 2}, "06-06T01:59", "06-06T02:00"),
        ({"mode": "own", "days": 2, "calendar": True}, "06-06T18:59", "06-06T19:00"),
        ({"mode": "until", "at": "06-20"}, "06-19T23:59", "06-20"),
    ],
)
def test_a_topup_ends_as_it_says(validity: Any, last: str, over: str) -> None:  # noqa: ANN401
    plan = {"tz": "Asia/Karachi"} if validity.get("calendar") else {}
    ledger = [topup(validity=validity)]
    assert ask(last, plan=plan, ledger=ledger)["lots"]["t"] == 50
    assert "t" not in ask(over, plan=plan, ledger=ledger)["lots"]


def test_a_topup_for_ever_outlives_everything() -> None:
    ledger = [topup(validity={"mode": "never"})]
    found = ask("12-30", plan=PACK, ledger=ledger)
    assert (found["lots"], found["state"]) == ({"t": 50}, "active")
    assert found["validity_end"] is None


def test_only_a_topup_with_an_end_of_its_own_is_taken_in_a_gap() -> None:
    ledger = [topup(ts="06-20"), topup(ts="06-20", validity={"mode": "own", "days": 1})]
    ledger[1]["id"] = "own"
    found = ask("06-20", plan=PACK, ledger=ledger)
    assert found["results"] == {"t": "rejected:not_active", "own": "accepted"}
    assert (found["lots"], found["validity_end"]) == (
        {"own": 50},
        "2025-06-21T00:00:00Z",
    )


def test_in_a_gap_what_a_lot_cannot_take_is_uncovered() -> None:
    ledger = [topup(ts="06-09", validity={"mode": "never"})]
    usage = [("06-20", 70, {"member": "a"})]
    found = ask("06-21", plan=PACK, ledger=ledger, usage=usage, members=[{"id": "a"}])
    assert (found["used_bytes"], found["uncovered_bytes"]) == (50, 20)
    assert (found["overage_bytes"], found["state"]) == (0, "expired")
    assert found["members"]["a"]["used_bytes"] == 50


def test_a_gift_ends_as_the_carrier_says() -> None:
    gift = {"id": "g", "kind": "transfer_in", "bytes": 9, "ts": "06-05"}
    days = {"gifting": {"recipient_expiry": {"days": 3, "hours": 1}}}
    assert "g" in ask("06-08T00:59", plan=days, ledger=[gift])["lots"]
    assert "g" not in ask("06-08T01:00", plan=days, ledger=[gift])["lots"]
    assert "g" not in ask("07-01", plan={}, ledger=[gift])["lots"]
    assert "g" in ask("07-01", plan={}, ledger=[gift | {"expires_at": "08-01"}])["lots"]
    late = {**gift, "ts": "06-20"}
    assert ask("06-20", plan=PACK, ledger=[late])["results"] == {
        "g": "rejected:not_active"
    }


@pytest.mark.parametrize(
    ("terms", "amount", "result"),
    [
        ({}, 10, "rejected:not_allowed"),
        ({"allowed": True, "min_bytes": 20, "step_bytes": 3}, 10, "rejected:below_min"),
        (
            {"allowed": True, "step_bytes": 3, "max_pct": 1},
            10,
            "rejected:not_step",
        ),
        ({"allowed": True, "max_pct": 30}, 31, "rejected:over_max"),
        ({"allowed": True, "max_pct": 30}, 30, "accepted"),
        ({"allowed": True}, 101, "rejected:regift"),
        ({"allowed": True}, 111, "rejected:insufficient"),
        ({"allowed": True, "classes": ["gift", "base"]}, 110, "accepted"),
        ({"allowed": True, "classes": ["gift"]}, 11, "rejected:regift"),
        ({"allowed": True, "step_bytes": 0}, 7, "accepted"),
    ],
)
def test_a_gift_is_refused_by_the_first_rule_it_breaks(
    terms: dict[str, Any], amount: int, result: str
) -> None:
    ledger = [
        {"kind": "transfer_in", "bytes": 10, "ts": "06-02", "id": "i"},
        {"kind": "transfer_out", "bytes": amount, "ts": "06-03", "id": "o"},
    ]
    found = ask("06-04", plan={"gifting": terms}, ledger=ledger)
    assert found["results"]["o"] == result
    left = 110 - (amount if result == "accepted" else 0)
    assert (found["remaining_bytes"], found["used_bytes"]) == (left, 0)


def test_what_was_given_counts_until_the_cycle_ends() -> None:
    plan = {"gifting": {"allowed": True, "max_pct": 50}}
    gifts = [
        {"kind": "transfer_out", "bytes": 40, "ts": ts}
        for ts in ("06-02", "06-03", "07-02")
    ]
    found = ask("07-03", plan=plan, ledger=gifts)
    assert list(found["results"].values()) == [
        "accepted",
        "rejected:over_max",
        "accepted",
    ]


def test_gifts_shrink_lots_in_the_order_of_consumption() -> None:
    plan = {"gifting": {"allowed": True, "classes": ["base", "topup"]}}
    first = topup(30, ts="06-02", priority=1)
    gift = {"kind": "transfer_out", "bytes": 50, "ts": "06-03", "id": "o"}
    found = ask("06-04", plan=plan, ledger=[first, gift])
    assert found["lots"] == {"t": 0, "main": 80}


def test_an_unlimited_plan_gives_without_end() -> None:
    plan = {"gifting": {"allowed": True, "max_pct": 1}, "buckets": [{"id": "main"}]}
    gift = {"kind": "transfer_out", "bytes": 50, "ts": "06-03", "id": "o"}
    found = ask("06-04", plan=plan, ledger=[gift])
    assert (found["results"], found["lots"]) == ({"o": "accepted"}, {"main": None})


def test_what_is_revoked_has_to_be_there() -> None:
    ledger = [{"kind": "revoke", "lot": "other", "ts": "06-02"}]
    assert ask("06-04", plan={}, ledger=ledger)["results"] == {
        "e0": "rejected:unknown_lot"
    }


MEMBERS = [
    {"id": "a", "allocation_bytes": 40},
    {"id": "b", "allocation_bytes": 30},
    {"id": "c", "reserve_bytes": 20},
]


def borrowed(*loans: tuple[str, str, int], at: str = "06-20", **more: Any) -> Any:  # noqa: ANN401
    """What is left after loans on the tenth of June."""
    ledger = [
        {"kind": "borrow", "from": lender, "to": to, "bytes": amount, "ts": "06-10"}
        for lender, to, amount in loans
    ]
    more.setdefault("plan", {})
    return ask(at, ledger=ledger, members=MEMBERS, **more)


@pytest.mark.parametrize(
    ("loan", "result"),
    [
        (("a", "b", 40), "accepted"),
        (("a", "b", 41), "rejected:insufficient_allocation"),
        (("c", "b", 999), "accepted"),
        (("a", "x", 1), "rejected:unknown_member"),
        (("x", "a", 1), "rejected:unknown_member"),
    ],
)
def test_a_loan_needs_members_and_something_to_lend(loan: Any, result: str) -> None:  # noqa: ANN401
    found = borrowed(loan)
    assert found["results"] == {"e0": result}
    if result == "accepted":
        assert found["members"]["b"]["allocation_bytes"] == 30 + loan[2]
        assert found["members"]["c"]["allocation_bytes"] is None


def test_a_new_cycle_forgets_use_and_loans() -> None:
    usage = [("06-05", 10, {"member": "a"})]
    found = borrowed(("a", "b", 20), at="07-02", usage=usage)["members"]
    assert (found["a"]["used_bytes"], found["a"]["allocation_bytes"]) == (0, 40)
    assert found["b"]["allocation_bytes"] == 30


def test_what_others_reserved_is_kept_for_them() -> None:
    usage = [("06-05", 70), ("06-05", 5, {"member": "c"})]
    found = borrowed(usage=usage)["members"]
    # 25 are left, 15 of them kept for c, who may use all of it.
    assert found["a"]["remaining_bytes"] == 10
    assert found["c"]["remaining_bytes"] == 25
    found = borrowed(usage=[("06-05", 95)])["members"]
    assert (found["a"]["remaining_bytes"], found["a"]["blocked"]) == (0, True)


def test_an_unlimited_pool_leaves_the_allocation() -> None:
    plan = {"buckets": [{"id": "main"}]}
    usage = [("06-05", 30, {"member": "a"}), ("06-05", 5, {"member": "stranger"})]
    found = borrowed(plan=plan, usage=usage)["members"]
    assert found["a"]["remaining_bytes"] == 10
    assert (found["c"]["remaining_bytes"], found["c"]["blocked"]) == (None, False)
    assert "stranger" not in found


def test_at_one_instant_cycle_then_entries_in_file_order_then_samples() -> None:
    ledger = [
        {"kind": "sync", "used_bytes": 5, "ts": "07-01"},
        {"kind": "adjust", "delta_bytes": 2, "ts": "07-01"},
    ]
    found = ask("07-01", plan={}, ledger=ledger, usage=[("07-01", 10), ("06-30", 50)])
    assert (found["used_bytes"], found["history"][0][2]) == (17, 50)
    found = ask("07-01", plan={}, ledger=ledger[::-1], usage=[("06-30", 50)])
    assert found["used_bytes"] == 5


def test_an_entry_takes_effect_as_of_its_instant_and_is_known_from_then_on() -> None:
    ledger = [topup(ts="06-20", as_of="06-05")]
    assert ask("06-04", plan={}, ledger=ledger)["results"] == {}
    assert ask("06-05", plan={}, ledger=ledger)["lots"] == {"main": 100, "t": 50}


def test_an_entry_of_another_plan_is_none_of_ours() -> None:
    assert ask("06-10", plan={}, ledger=[topup(plan="other")])["lots"] == {"main": 100}


def undone(*ledger: dict[str, Any], at: str = "06-20") -> Any:  # noqa: ANN401
    """Lots and results."""
    found = ask(at, plan={}, ledger=list(ledger), usage=[("06-08", 20)])
    return found["lots"], found["results"]


def undo(entry: str, name: str, ts: str = "06-10") -> dict[str, Any]:
    """An undo."""
    return {"id": name, "kind": "undo", "entry": entry, "ts": ts}


def test_an_undo_makes_an_entry_one_that_never_was() -> None:
    first = topup(ts="06-05", priority=1)
    assert undone(first, undo("t", "u")) == ({"main": 80}, {"u": "accepted"})
    # Before the undo it was.
    lots, results = undone(first, undo("t", "u"), at="06-09")
    assert (lots, results) == ({"main": 100, "t": 30}, {"t": "accepted"})


def test_an_undo_can_be_undone() -> None:
    ledger = [topup(ts="06-05"), undo("t", "u"), undo("u", "v", "06-11")]
    lots, results = undone(*ledger)
    assert lots == {"main": 80, "t": 50}
    assert results == {"t": "accepted", "v": "accepted"}


def test_what_was_never_written_cannot_be_undone() -> None:
    for entry in ("nothing", "u"):
        _, results = undone(undo(entry, "u"))
        assert results == {"u": "rejected:unknown_entry"}
    # The second undo finds nothing any more.
    ledger = [topup(ts="06-05"), undo("t", "u"), undo("t", "v")]
    assert undone(*ledger)[1] == {"u": "accepted", "v": "rejected:unknown_entry"}
    # An undo cannot undo a later one, so they never go in a circle.
    ledger = [undo("v", "u"), undo("u", "v", "06-11")]
    assert undone(*ledger)[1] == {"v": "accepted"}


def test_what_is_meant_for_later_can_be_taken_back_today() -> None:
    assert undone(topup(ts="06-15"), undo("t", "u"), at="06-16")[0] == {"main": 80}
    _, results = undone(undo("t", "u"), topup(ts="06-15"), at="06-16")
    assert results == {"u": "rejected:unknown_entry", "t": "accepted"}
