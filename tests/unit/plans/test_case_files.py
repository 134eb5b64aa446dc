"""Every case of the specification, and of our own, through the command."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.plans.casebook import FILES, cases_of, differences, simulated

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    pytest.param(path, case, id=case["id"]) for path in FILES for case in cases_of(path)
]


@cache
def _simulated(path: Path) -> tuple[int, dict[str, Any], str]:
    return simulated(path)


@pytest.mark.parametrize(("path", "case"), CASES)
def test_the_answer_is_what_was_computed_by_hand(
    path: Path, case: dict[str, Any]
) -> None:
    _, answers, _ = _simulated(path)
    found = answers[case["id"]]
    assert list(differences(case["expect"], found)) == [], case["why"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_case_has_its_answer_in_the_order_of_the_file(path: Path) -> None:
    status, answers, said = _simulated(path)
    assert (status, said) == (0, "")
    assert list(answers) == [case["id"] for case in cases_of(path)]


def test_our_own_cases_are_many() -> None:
    mine = [case["id"] for case in cases_of(FILES[1])]
    assert len(set(mine)) == len(mine) >= 60
    assert not set(mine) & {case["id"] for case in cases_of(FILES[0])}
