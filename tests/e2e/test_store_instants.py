"""A short form of tests/endurance/store_faults.py: random calls of a store fail."""

from __future__ import annotations

import random
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.endurance.bench import Bench
from tests.endurance.flips import flips
from tests.endurance.store_faults import STAGES, instants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.endurance.store_faults import Act
    from tests.lab import Lab

pytestmark = pytest.mark.needs("clang", "/usr/include/stdlib.h")

_FLIPS = 20


@pytest.fixture(scope="module")
def bench(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A store that has counted."""
    folder: Path = tmp_path_factory.mktemp("faults")
    return Bench(lab, folder)


@pytest.mark.parametrize("stage", STAGES[:3], ids=lambda stage: stage.__name__)
def test_a_call_that_fails_costs_no_byte(
    bench: Bench, stage: Callable[[Bench], Act]
) -> None:
    seed = secrets.randbelow(1 << 32)
    figures = instants(bench, stage, 1, random.Random(seed))  # noqa: S311 - to be repeated
    assert not figures.broken, f"seed {seed}"


def test_a_flipped_bit_is_found_where_the_file_can_tell(bench: Bench) -> None:
    seed = secrets.randbelow(1 << 32)
    found = flips(bench, _FLIPS, random.Random(seed))  # noqa: S311 - to be repeated
    assert sum(found.values()) == _FLIPS, f"seed {seed}"
