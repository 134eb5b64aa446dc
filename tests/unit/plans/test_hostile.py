"""What is allowed and strange: long times, tiny cycles, huge numbers, many lots."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from monitor.errors import PlanError
from monitor.plans.account import open_account
from monitor.plans.books import HISTORY
from monitor.plans.localtime import FARTHEST_S
from monitor.plans.status import status
from tests.unit.plans.asking import ask, entries_of, june, moved, plan_of, utc

HOURS = {"kind": "elapsed", "hours": 1}
LAST = "2199-12-31T23:00:00Z"


@pytest.mark.parametrize("rollover", [None, {"cycles": 3}])
def test_two_hundred_years_of_hours_are_not_gone_through_one_by_one(
    rollover: Any,  # noqa: ANN401
) -> None:
    plan = plan_of(
        cycle=HOURS,
        activated_at="1990-01-01T00:00:00Z",
        **({"rollover": rollover} if rollover else {}),
    )
    account = open_account(plan)
    account.charge([moved(utc("1990-01-01T00:30:00Z"), 10)])
    seen = status(account, utc(LAST))
    assert len(seen.history) == HISTORY
    assert seen.history[-1] == (utc(LAST) - 3600, utc(LAST), 0)
    assert all(
        one[1] == other[0]
        for one, other in zip(seen.history, seen.history[1:], strict=False)
    )
    assert seen.lots["main"] == 100
    assert seen.remaining_bytes == (400 if rollover else 100)


def test_skipped_cycles_are_the_same_as_those_gone_through() -> None:
    plan = {"cycle": {"kind": "day"}, "tz": "Europe/Berlin"}
    ledger = [
        {
            "kind": "topup",
            "bytes": 9,
            "ts": "03-05",
            "validity": {"mode": "own", "days": 3},
        }
    ]
    usage = [("03-01T12:00", 5), ("03-20T12:00", 7)]
    found = ask("03-31T12:00", plan=plan, ledger=ledger, usage=usage)["history"]
    assert len(found) == 30
    assert [used for _, _, used in found] == [5, *[0] * 18, 7, *[0] * 10]
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert found[-1][:2] == ["2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"]


def test_a_plan_of_nothing_is_answered() -> None:
    for buckets in ([], [{"id": "main", "bytes": 0}]):
        found = ask("06-20", plan={"buckets": buckets}, usage=[("06-05", 7)])
        assert (found["state"], found["overage_bytes"]) == ("depleted", 7)
        assert (found["limit_bytes"], found["pct_used"]) == (0, None)
        found = ask("06-20", plan={"buckets": buckets}, what="forecast")
        assert found["runs_out_at"] is None


def test_the_largest_numbers_stay_exact() -> None:
    most = 10**18
    buckets = [{"id": name, "bytes": most} for name in "ab"]
    usage = [("06-05T01:00", most, {"from": "06-05"}), ("06-05T02:00", most - 1)]
    found = ask("06-20", plan={"buckets": buckets}, usage=usage)
    assert (found["remaining_bytes"], found["pct_used"]) == (1, "100.0")
    found = ask("06-20", plan={"buckets": buckets}, usage=usage, what="forecast")
    assert found["projected_bytes"] == (2 * most - 1) * 30 // 19


def test_entries_decades_away_and_before_everything() -> None:
    ledger = [
        {"kind": "topup", "bytes": 5, "ts": "1990-01-01T00:00:00Z"},
        {"kind": "topup", "bytes": 5, "ts": LAST, "validity": {"mode": "never"}},
        {"kind": "renewal", "ts": "1991-01-01T00:00:00Z"},
    ]
    assert ask("06-20", plan={}, ledger=ledger)["lots"] == {"main": 100}
    assert ask(LAST, plan={}, ledger=ledger)["lots"] == {"main": 100, "e1": 5}


def test_stacks_of_renewals_end_with_the_calendar() -> None:
    for kind in ("elapsed", "days_calendar"):
        plan = plan_of(
            cycle={"kind": "whole"},
            validity={"kind": kind, "days": 3660},
            activated_at="2025-06-01T00:00:00Z",
        )
        entries = entries_of(
            *[{"kind": "renewal", "ts": "2025-06-02T00:00:00Z"}] * 1000,
            {"kind": "renewal", "mode": "extend", "ts": "2025-06-02T00:00:00Z"},
        )
        seen = status(open_account(plan, (), entries), june(3))
        assert (seen.validity_end or 0) == FARTHEST_S
        assert set(seen.results.values()) == {"accepted", "rejected:stacked"}


def test_a_thousand_lots_are_enough() -> None:
    never = {"kind": "topup", "bytes": 1, "validity": {"mode": "never"}}
    entries = entries_of(*[{**never, "ts": "2025-06-02T00:00:00Z"}] * 1000)
    with pytest.raises(PlanError, match="plan p: more than 1000 lots at once"):
        status(open_account(plan_of(), (), entries), june(3))


@pytest.mark.parametrize(
    "zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia"]
)
def test_odd_offsets_have_days_of_their_own(zone: str) -> None:
    plan = {"tz": zone, "cycle": {"kind": "day", "reset_time": "00:30"}}
    found = ask("2025-04-06T12:00:00Z", plan=plan, usage=[("04-01", 1)])
    assert all(
        one[1] == other[0]
        for one, other in zip(found["history"], found["history"][1:], strict=False)
    )
    assert len(found["history"]) in (5, 6)
