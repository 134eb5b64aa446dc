"""Clocks are pushed about at random: two short stories of `tests.endurance.time`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endurance.time import tell, told_in

if TYPE_CHECKING:
    from tests.lab import Lab

pytestmark = pytest.mark.needs("clang", "/usr/include/stdlib.h")


@pytest.mark.parametrize("seed", [1, 4])
def test_whatever_is_done_to_the_clocks_every_byte_is_booked_once(
    lab: Lab, seed: int
) -> None:
    with told_in(lab, seed) as story:
        tell(story, 6)
