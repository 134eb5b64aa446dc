"""Hostile input: a little of `python -m tests.endurance.fuzz`, the same each time."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.endurance.fuzzing.everything import TARGETS
from tests.endurance.fuzzing.target import Tally, attempt

if TYPE_CHECKING:
    from pathlib import Path

# As many as take one or two seconds; of what is not named 400.
INPUTS = {
    **dict.fromkeys(("config", "cases", "commands", "web-requests", "vnstat"), 40),
    **dict.fromkeys(("backup",), 20),
    **dict.fromkeys(("plans.d", "status-file", "proc-process", "texts"), 150),
}


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_makes_it_fall_over(name: str, tmp_path: Path) -> None:
    chance, tally = Random(name), Tally()  # noqa: S311 - repeatable
    (tmp_path / "own").mkdir()
    target = TARGETS[name](tmp_path / "own")
    try:
        for good in target.seeds:
            attempt(target, good, tally)
        for _ in range(INPUTS.get(name, 400)):
            attempt(target, target.draw(chance), tally)
    finally:
        target.close()
    assert [(each.what, each.words) for each in tally.crashes.values()] == []
    assert tally.refused < tally.tried
