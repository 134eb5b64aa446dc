"""What a device had counted at its end is counted once, wherever it went."""

from __future__ import annotations

import pytest

from monitor.counters import Outcome
from monitor.counting.leaving import Leaving
from monitor.devices import Departure, DeviceCounters, Link
from monitor.usage import Traffic

MODEM = Link(5, "wwan0", 519, "", 1500, address=b"\2\0\0\0\0\1")


def gone(link: Link = MODEM, rx: int = 0, *, moved: bool = False) -> Departure:
    """A device that went."""
    return Departure(link, Traffic(rx, 0, rx // 100, 0), moved)


def counted(rx: int, link: Link = MODEM) -> dict[int, DeviceCounters]:
    """What is known of a device."""
    device = DeviceCounters(link.name, link.ifindex, Traffic(rx, 0, rx // 100, 0))
    return {link.ifindex: device}


@pytest.mark.parametrize("known", [0, 700])
def test_what_it_moved_since_the_last_tick_is_usage(known: int) -> None:
    leaving, devices = Leaving(), counted(known) if known else {}
    leaving.hear(([gone(rx=1000)], False))
    left = leaving.settle(devices, {}, baseline=False)
    assert [each.traffic.rx_bytes for each in left.usage] == [1000 - known]
    assert devices == {}
    assert leaving.settle(devices, {}, baseline=False).usage == []


def test_before_the_first_sight_of_a_store_nothing_is_usage() -> None:
    leaving = Leaving()
    leaving.hear(([gone(rx=1000)], True))
    left = leaving.settle({}, {}, baseline=True)
    assert (left.usage, left.lost) == ([], True)


def test_two_devices_of_one_index_within_a_tick_are_two() -> None:
    leaving, devices = Leaving(), counted(100)
    leaving.hear(([gone(rx=300), gone(rx=20)], False))
    left = leaving.settle(devices, {MODEM.ifindex: MODEM}, baseline=False)
    assert [each.traffic.rx_bytes for each in left.usage] == [200, 20]
    assert len(left.links) == 2
    assert left.reused == {MODEM.ifindex}
    assert MODEM.ifindex not in left.links


def test_a_driver_that_let_go_of_a_counter_before_the_end_restarts_nothing() -> None:
    leaving, devices = Leaving(), counted(1000)
    leaving.hear(([gone(rx=0)], False))
    ((_, traffic, outcome),) = leaving.settle(devices, {}, baseline=False).usage
    assert (traffic, outcome) == (Traffic(), Outcome.CUT)


def test_what_came_back_from_another_namespace_goes_on_where_it_was() -> None:
    leaving, devices = Leaving(), counted(100)
    leaving.hear(([gone(rx=1000, moved=True)], False))
    leaving.settle(devices, {}, baseline=False)
    back = Link(9, "wwan0", 519, "", 1500, address=MODEM.address)
    leaving.come_back(counted(1500, back).values(), devices, {9: back})
    assert devices[9].counter.rx_bytes == 1000
    # Only once: a second device with this address is another one.
    other: dict[int, DeviceCounters] = {}
    twin = Link(10, "wwan0", 519, "", 1500, address=MODEM.address)
    leaving.come_back(counted(1500, twin).values(), other, {10: twin})
    assert other == {}


def test_what_came_back_before_it_was_heard_to_go_is_not_counted_twice() -> None:
    leaving, devices = Leaving(), counted(100)
    back = Link(9, "wwan0", 519, "", 1500, address=MODEM.address)
    leaving.hear_late(([gone(rx=1000, moved=True)], False))
    leaving.settle(devices, {9: back}, baseline=False)
    leaving.come_back(counted(1500, back).values(), devices, {9: back})
    assert devices[9].counter.rx_bytes == 1000
    leaving.hear(([], False))
    left = leaving.settle(devices, {9: back}, baseline=False)
    assert [each.traffic.rx_bytes for each in left.usage] == [900]
    twin: dict[int, DeviceCounters] = {}
    leaving.come_back(counted(1500, back).values(), twin, {9: back})
    assert twin == {}
