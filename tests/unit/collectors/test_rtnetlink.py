"""What each network device is, parsed from netlink messages."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors import netlink, rtnetlink
from monitor.devices import Link
from monitor.errors import SourceError

DONE = struct.pack("=IHHII", 20, 3, 2, 1, 0) + bytes(4)
ETHER = 1
RUNNING = 0x40


def attribute(kind: int, value: bytes) -> bytes:
    """One rtattr, padded."""
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)


def message(ifindex: int, *attributes: bytes) -> bytes:
    """One RTM_NEWLINK."""
    body = struct.pack("=BxHiII", 0, ETHER, ifindex, RUNNING, 0) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), 16, 2, 1, 0) + body


def parse(datagram: bytes) -> list[Link]:
    """The links of a datagram."""
    return rtnetlink.parse(netlink.messages(datagram, "rtnetlink"))


NAME = attribute(3, b"veth0\0")
MTU = attribute(4, struct.pack("=I", 1400))
LOWER = attribute(5, struct.pack("=I", 7))
MASTER = attribute(10, struct.pack("=I", 9))
# IFLA_LINKINFO comes with NLA_F_NESTED on some kernels, and without on others.
KIND = attribute(18 | 0x8000, attribute(1, b"veth\0"))
OTHER_NAMESPACE = attribute(37, struct.pack("=i", 0))


def test_a_dump_gives_every_attribute_that_matters() -> None:
    """Name, kind, MTU, master and lower device."""
    links = parse(message(3, NAME, MTU, LOWER, MASTER, KIND) + DONE)
    assert links == [Link(3, "veth0", ETHER, "veth", 1400, master=9, lower=7)]


def test_a_lower_device_in_another_namespace_is_none_of_ours() -> None:
    """Its index belongs to somebody else here."""
    links = parse(message(3, NAME, LOWER, OTHER_NAMESPACE))
    assert (links[0].lower, links[0].peer_nsid, links[0].peer_ifindex) == (0, 0, 7)


def test_a_vxlan_names_what_it_sits_on_among_its_own_attributes() -> None:
    """It has no IFLA_LINK."""
    own = attribute(2 | 0x8000, attribute(3, struct.pack("=I", 5)))
    kind = attribute(18 | 0x8000, attribute(1, b"vxlan\0") + own)
    assert parse(message(3, NAME, kind))[0].lower == 5


def test_a_device_is_not_its_own_lower() -> None:
    """Plain devices name themselves in IFLA_LINK."""
    assert parse(message(7, NAME, LOWER))[0].lower == 0


def test_an_error_of_the_kernel_is_told() -> None:
    """With its number."""
    refused = struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -1)
    with pytest.raises(SourceError, match="error 1"):
        parse(refused)


def test_a_message_that_claims_too_much_is_an_error() -> None:
    """Nothing is read beyond the datagram."""
    with pytest.raises(SourceError, match="message of 999 bytes"):
        parse(struct.pack("=IHHII", 999, 16, 2, 1, 0))
    with pytest.raises(SourceError, match="attribute of 99 bytes"):
        parse(message(3, struct.pack("=HH", 99, 3)))


@given(st.binary(max_size=200))
def test_any_bytes_give_values_or_a_source_error(datagram: bytes) -> None:
    """And nothing else."""
    try:
        parse(message(3, datagram))
        parse(datagram)
    except SourceError:
        pass


def test_this_machine_has_a_loopback() -> None:
    """The real kernel, whatever else it has."""
    loopback = rtnetlink.collect()[1]
    assert (loopback.name, loopback.arphrd) == ("lo", 772)
