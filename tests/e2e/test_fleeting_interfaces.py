"""Devices that live for milliseconds or change: short `tests.endurance.interfaces`."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.endurance.interfaces import changes, churn, crowd, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.endurance.interfaces import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Two namespaces and a daemon in the first."""
    with staged() as made:
        yield made


def test_no_byte_is_lost_of_devices_that_no_tick_ever_saw(stage: Stage) -> None:
    found = churn(stage, random.Random(1), seconds=4)  # noqa: S311 - repeatable
    assert found.devices > 10
    assert found.booked_bytes == found.moved_bytes
    assert stage.daemon.stop() == 0
    assert stage.daemon.said() == ""


@pytest.mark.parametrize("seed", [1, 2])
def test_devices_that_change_name_place_and_index_count_every_byte_once(
    stage: Stage, seed: int
) -> None:
    assert changes(stage, seed, 8) == ""
    assert stage.daemon.stop() == 0
    assert stage.daemon.said() == ""


def test_a_crowd_of_devices_is_counted_each_by_itself(stage: Stage) -> None:
    found = crowd(stage, 100)
    assert (found.devices, found.wrong) == (100, 0)
