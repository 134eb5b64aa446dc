"""Plans, members and ledgers that make no sense are refused at their place."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import PlanError
from monitor.plans.account import open_account
from monitor.plans.checking import check, check_entries, unsaid
from monitor.plans.terms import Member
from tests.unit.plans.asking import MAIN, entries_of, plan_of

FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"buckets": [MAIN, MAIN]}, "buckets[1].id"),
    ({"caps": [{"id": "c", "bytes": 1}] * 2}, "caps[1].id"),
    ({"cycle": {"kind": "elapsed"}}, "cycle.days"),
    ({"cycle": {"kind": "month", "interval": 2}}, "cycle.anchor"),
    ({"validity": {"kind": "elapsed"}}, "validity.days"),
    ({"validity": {"kind": "days_calendar"}}, "validity.days"),
    ({"validity": {"kind": "fixed", "start": "2025-06-01T00:00:00Z"}}, "validity.end"),
    (
        {
            "validity": {
                "kind": "fixed",
                "start": "2025-06-01T00:00:00Z",
                "end": "2025-06-01T00:00:00Z",
            }
        },
        "validity.end",
    ),
    ({"validity": {"activate_by_days": 3}}, "purchased_at"),
    (
        {"overage": [{"behavior": "free"}, {"behavior": "block"}]},
        "overage[0].upto_bytes",
    ),
    (
        {
            "overage": [
                {"behavior": "free", "upto_bytes": 5},
                {"behavior": "block", "upto_bytes": 5},
            ]
        },
        "overage[1].upto_bytes",
    ),
    ({"overage": [{"behavior": "bill", "price": "1"}]}, "overage[0].block_bytes"),
    ({"rounding": {"unit_bytes": 0}}, "rounding.unit_bytes"),
    ({"gifting": {"recipient_expiry": {}}}, "gifting.recipient_expiry.days"),
    ({"line": {"iccid": "1234"}}, "line.iccid"),
]


@pytest.mark.parametrize(("fields", "place"), FAULTY)
def test_a_plan_that_makes_no_sense_is_refused_at_its_place(
    fields: dict[str, Any], place: str
) -> None:
    plan = plan_of(**fields)
    assert [fault[0] for fault in check(plan)] == [place]
    with pytest.raises(PlanError) as refusal:
        open_account(plan)
    assert f"{refusal.value}".startswith(f"plan p: {place} must be ")


@pytest.mark.parametrize(
    ("tier", "place"),
    [
        ({"behavior": "bill", "block_bytes": 1}, "overage[0].price"),
        ({"behavior": "throttle"}, "overage[0].kbps"),
    ],
)
def test_what_a_person_forgot_stops_no_judgement(
    tier: dict[str, Any], place: str
) -> None:
    plan = plan_of(overage=[tier])
    assert [fault[0] for fault in unsaid(plan)] == [place]
    assert check(plan) == []
    open_account(plan)


def test_a_member_is_there_once() -> None:
    twice = [Member("m"), Member("m")]  # type: ignore[arg-type]
    assert check(plan_of(), twice) == [
        ("members[1].id", "another than that of members[0]: m")
    ]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"kind": "sync"}, "ledger.e0"),
        ({"kind": "sync", "used_bytes": 1, "remaining_bytes": 1}, "ledger.e0"),
        ({"kind": "sync", "lot": "a", "used_bytes": 1}, "ledger.e0"),
        ({"kind": "adjust", "delta_bytes": -(10**18) - 1}, "ledger.e0.delta_bytes"),
        (
            {"kind": "topup", "bytes": 1, "validity": {"mode": "until"}},
            "ledger.e0.validity.at",
        ),
        (
            {"kind": "plan_change", "mode": "next_cycle", "buckets": [MAIN, MAIN]},
            "ledger.e0.buckets[1].id",
        ),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(fields: Any, place: str) -> None:  # noqa: ANN401
    entries = entries_of({"ts": "2025-06-01T00:00:00Z", **fields})
    assert [fault[0] for fault in check_entries(entries)] == [place]
    with pytest.raises(PlanError, match="plan p: ledger"):
        open_account(plan_of(), (), entries)
