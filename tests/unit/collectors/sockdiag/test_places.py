"""The device of a connection, by its own address."""

from __future__ import annotations

import contextlib
from socket import AF_INET, AF_INET6, inet_pton

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors.sockdiag import places
from monitor.errors import SourceError
from tests.unit.collectors.sockdiag.captured import ADDRESSES

_NEW_ADDRESS = 20


def test_a_dump_gives_the_device_of_each_address() -> None:
    """Those of the near namespace of the lab."""
    assert places.parse((_NEW_ADDRESS, each) for each in ADDRESSES) == {
        inet_pton(AF_INET, "127.0.0.1"): 1,
        inet_pton(AF_INET, "10.77.1.1"): 2,
        inet_pton(AF_INET6, "::1"): 1,
        inet_pton(AF_INET6, "fd77:1::1"): 2,
    }


@pytest.mark.parametrize(
    ("address", "is_loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("128.0.0.1", False)],
)
def test_all_of_127_is_loopback(address: str, *, is_loopback: bool) -> None:
    """Not only its first address."""
    assert places.is_loopback(inet_pton(AF_INET, address)) is is_loopback


def test_of_ipv6_only_one_address_is_loopback() -> None:
    """It has no network of them."""
    assert places.is_loopback(inet_pton(AF_INET6, "::1"))
    assert not places.is_loopback(inet_pton(AF_INET6, "7f00::1"))


@given(st.binary(max_size=100))
def test_any_bytes_give_addresses_or_a_source_error(raw: bytes) -> None:
    """And nothing else."""
    with contextlib.suppress(SourceError):
        places.parse([(_NEW_ADDRESS, raw), (_NEW_ADDRESS, ADDRESSES[0][:8] + raw)])
