"""The terms of a plan in plain words, whatever was agreed."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.plans.refusals import read
from monitor.plans.terms import Plan
from monitor.views.plan_terms import terms_text

GB = 10**9
MAIN = {"id": "main", "bytes": 5 * GB}


def told(**terms: Any) -> list[str]:  # noqa: ANN401 - any part of a plan
    """What is said of a plan with these terms."""
    plan = read({"id": "p", "buckets": [MAIN], **terms}, Plan, "plan")
    return list(terms_text(plan))


CYCLES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "month": (
        {"kind": "month", "billing_day": 22},
        ["main 5.00 GB each month", "begins anew on the 22nd"],
    ),
    "quarter": (
        {"kind": "month", "interval": 3, "anchor": "2025-01-31"},
        ["main 5.00 GB every 3 months"],
    ),
    "week": (
        {"kind": "week", "weekday": 7},
        ["main 5.00 GB each week", "begins anew on Sun"],
    ),
    "day": ({"kind": "day"}, ["main 5.00 GB each day"]),
    "days": ({"kind": "days_calendar", "days": 1}, ["main 5.00 GB every 1 day"]),
    "elapsed": (
        {"kind": "elapsed", "days": 28, "hours": 1},
        ["main 5.00 GB every 28 days 1 hour"],
    ),
    "whole": ({"kind": "whole"}, ["main 5.00 GB"]),
}


@pytest.mark.parametrize(("cycle", "expected"), CYCLES.values(), ids=CYCLES.keys())
def test_when_data_comes_anew(cycle: dict[str, Any], expected: list[str]) -> None:
    assert told(cycle=cycle) == expected


PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "elapsed": ({"validity": {"kind": "elapsed", "days": 7}}, "valid for 7 days"),
    "calendar": (
        {"validity": {"kind": "days_calendar", "days": 30}},
        "valid for 30 calendar days",
    ),
    "no data": ({"buckets": []}, "no data of its own"),
    "unlimited": ({"buckets": [{"id": "main"}]}, "main unlimited"),
    "night": (
        {
            "buckets": [
                {
                    "id": "night",
                    "bytes": GB,
                    "per": "validity",
                    "scope": {
                        "windows": [
                            {"start": "22:00", "end": "06:00", "weekdays": [6, 7]}
                        ],
                        "tethered": False,
                        "members": ["amina"],
                        "zones": ["410"],
                    },
                }
            ]
        },
        "night 1.00 GB once, only Sat Sun 22:00-06:00, in 410, not tethered, for amina",
    ),
    "throttle": (
        {"overage": [{"behavior": "throttle", "kbps": 128}]},
        "after it it is slow: 128 kbit/s",
    ),
    "bill": (
        {
            "overage": [
                {
                    "behavior": "bill",
                    "upto_bytes": 2 * GB,
                    "block_bytes": GB,
                    "price": "10.00",
                    "tax_pct": "5",
                    "max_cost": "20",
                }
            ]
        },
        (
            "after it for 2.00 GB it costs: 10.00 for each 1.00 GB begun + 5 % tax, at "
            "most 20"
        ),
    ),
    "download": ({"count": "rx"}, "only what is received counts"),
    "upload": ({"count": "tx"}, "only what is sent counts"),
    "countries": ({"zones": {"included": ["410", "460"]}}, "good in 410, 460"),
    "rollover": (
        {"rollover": {"cycles": 2, "cap_bytes": GB}},
        "what is left goes on for 2 cycles, at most 1.00 GB",
    ),
    "gifts": ({"gifting": {"allowed": True}}, "data may be given away"),
}


@pytest.mark.parametrize(("terms", "expected"), PARTS.values(), ids=PARTS.keys())
def test_each_term_is_told(terms: dict[str, Any], expected: str) -> None:
    assert expected in told(**terms)
