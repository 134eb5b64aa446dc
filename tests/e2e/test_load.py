"""Under load what is said is still so: short forms of tests/endurance."""

from __future__ import annotations

import pytest

from tests.benchmarks.short import NEEDS
from tests.endurance import long_run
from tests.endurance.flood import packets
from tests.endurance.load import older, one_process, processes

pytestmark = pytest.mark.needs(*NEEDS)


def test_each_of_a_thousand_processes_has_exactly_its_bytes() -> None:
    assert processes(part=10).broken == []


def test_so_has_each_whose_socket_is_older_than_the_daemon() -> None:
    assert older(part=10).broken == []


def test_one_process_with_five_thousand_connections_has_all_that_was_on_the_wire() -> (
    None
):
    assert one_process(part=10).broken == []


def test_of_as_many_packets_as_this_machine_makes_none_is_lost() -> None:
    assert packets(part=20).broken == []


def test_ten_minutes_as_fast_as_ten_seconds_leave_nothing_behind() -> None:
    looks, counted, _ = long_run.run(hours=1 / 6, rate=60)
    assert long_run.broken(looks, counted) == []
    assert looks[-1].ticks > 0
