"""The kernel calls at the byte that a plan waits for, whatever moves it."""

from __future__ import annotations

import selectors
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from tests.kernel.meter import Meter, ask, transfer
from tests.lab import DEVICE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

MB = 1_000_000
LONG_S = 10


@pytest.fixture
def fast_meter(offload_lab: Lab) -> Iterator[Meter]:
    """In the network with offload."""
    made = Meter(offload_lab)
    yield made
    made.program.close()


def has_called(meter: Meter, wait_s: float) -> bool:
    """Whether the kernel calls within so many seconds; then that is heard."""
    wakeups = meter.program.wakeups
    with selectors.DefaultSelector() as selector:
        selector.register(wakeups, selectors.EVENT_READ)
        if not selector.select(wait_s):
            return False
    wakeups.take()
    return True


def allow(meter: Meter, left_bytes: int) -> None:
    """From now on the device may move so much."""
    meter.wires.set_quotas({meter.ifindex(DEVICE): left_bytes})


@pytest.mark.parametrize(("up", "down"), [(2 * MB, 0), (0, 2 * MB)])
@pytest.mark.parametrize("family", ["4", "6"])
def test_it_calls_once_when_the_quota_is_used_up(
    meter: Meter, family: str, up: int, down: int
) -> None:
    allow(meter, MB)
    transfer(meter.lab, family, up, down)
    assert has_called(meter, LONG_S)
    transfer(meter.lab, family, up, down)
    assert not has_called(meter, 0)


def test_it_calls_at_the_very_byte(meter: Meter) -> None:
    """Every question and every answer are 28 bytes of headers and 64 more."""
    ask(meter.lab, "4", 10)
    exactly = sum(way.bytes for way in meter.truth())
    allow(meter, exactly + 1)
    ask(meter.lab, "4", 10)
    assert not has_called(meter, 0)
    allow(meter, exactly)
    ask(meter.lab, "4", 10)
    assert has_called(meter, 0)


def test_another_quota_takes_the_place_of_the_first(meter: Meter) -> None:
    allow(meter, MB)
    allow(meter, 100 * MB)
    transfer(meter.lab, "4", 2 * MB, 0)
    assert not has_called(meter, 0)
    meter.wires.set_quotas({})
    transfer(meter.lab, "4", 2 * MB, 0)
    assert not has_called(meter, 0)


def test_what_no_carrier_sees_uses_nothing_up(meter: Meter) -> None:
    host = meter.lab.address["far4"]
    here = ip_network(f"{host}/32")
    meter.wires.set_local_prefixes([(meter.ifindex(DEVICE), here)])
    allow(meter, MB)
    transfer(meter.lab, "4", 2 * MB, 0)
    assert not has_called(meter, 0)


def test_super_packets_count_as_what_is_on_the_wire(fast_meter: Meter) -> None:
    transfer(fast_meter.lab, "4", 0, 2 * MB)
    assert sum(way.bytes for way in fast_meter.truth()) > 2 * MB + 40 * 2 * MB // 1500
    allow(fast_meter, 2 * MB + 30 * 2 * MB // 1500)
    transfer(fast_meter.lab, "4", 0, 2 * MB)
    assert has_called(fast_meter, LONG_S)
