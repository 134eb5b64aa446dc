"""The cases of the plan model, each part of it, answered by the engine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plans.asking import CASES, Case, answer

# Counters, clock, sizes and alerts are answered elsewhere.
ASKED = [
    case
    for case in CASES
    if case["ask"]["what"]
    in ("boundaries", "cycle", "status", "forecast", "display", "day_usage", "iccid")
]


def missed(expected: Any, found: Any, place: str = "") -> list[str]:  # noqa: ANN401
    """Where an answer is not what a case names; `lots` has no other keys."""
    if isinstance(expected, dict) and isinstance(found, dict):
        extra = set(found) - set(expected) if place.endswith("lots") else set()
        return [f"{place}.{each}: not expected" for each in sorted(extra)] + [
            line
            for name, value in expected.items()
            for line in missed(value, found.get(name, "missing"), f"{place}.{name}")
        ]
    found = list(found) if isinstance(found, tuple) else found
    return [] if expected == found else [f"{place}: {found!r}, not {expected!r}"]


@pytest.mark.parametrize("case", ASKED, ids=[case["id"] for case in ASKED])
def test_the_answer_is_that_of_the_case(case: Case) -> None:
    assert missed(case["expect"], answer(case)) == []


def test_no_case_is_forgotten() -> None:
    elsewhere = {"counters", "clock", "parse_size", "alerts"}
    rest = [case for case in CASES if case not in ASKED]
    assert {case["ask"]["what"] for case in rest} == elsewhere
    assert len(CASES) == 142
