"""TCP sockets parsed from what a real kernel said, and what they cost on the wire."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_pton

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors import netlink
from monitor.collectors.sockdiag import messages
from monitor.collectors.sockdiag.messages import SOCK_DIAG_BY_FAMILY, Socket
from monitor.errors import SourceError
from monitor.usage import Traffic
from tests.unit.collectors.sockdiag.captured import ACCEPTED, CLIENT, END, LISTENER

TIMESTAMPS, SACK, SCALE = 1, 2, 4


def parse(body: bytes) -> Socket:
    """The one socket of a message."""
    (found,) = messages.parse([(SOCK_DIAG_BY_FAMILY, body)])
    return found


def test_an_open_connection_has_ends_user_and_inode() -> None:
    """As ss(8) shows them."""
    found = parse(CLIENT)
    assert found.state == messages.ESTABLISHED
    assert found.source == inet_pton(AF_INET, "10.77.1.1")
    assert found.destination == inet_pton(AF_INET, "10.77.3.2")
    assert (found.uid, found.cgroup_id, found.ifindex) == (0, 1, 0)
    assert found.inode > 0
    assert found.cookie > 0
    assert (found.sent, found.received) == (0, 0)
    assert (found.segments_out, found.segments_in) == (2, 1)
    assert found.options == TIMESTAMPS | SACK | SCALE


def test_a_listener_has_the_port_of_what_it_accepted() -> None:
    """That is how a connection that came in is told from one that went out."""
    listener, accepted = parse(LISTENER), parse(ACCEPTED)
    assert listener.state == messages.LISTEN
    assert listener.port == accepted.port == 7002
    assert accepted.destination == inet_pton(AF_INET6, "fd77:3::2")


def test_an_end_tells_how_much_but_not_who() -> None:
    """16 bytes of header and 1000 of payload went up, 2000 and the FIN came down."""
    (found,) = messages.parse(netlink.messages(END, "end"))
    assert found.cookie == parse(CLIENT).cookie
    assert (found.uid, found.inode, found.cgroup_id) == (0, 0, 0)
    assert (found.sent, found.received) == (1016, 2001)
    traffic = found.on_wire(accepted=False)
    # SYN and SYN-ACK are 60 bytes over IPv4, every other segment has 52 of headers.
    assert traffic.rx_bytes == 2000 + 52 * traffic.rx_packets + 8
    assert traffic.tx_bytes == 1016 + 52 * traffic.tx_packets + 8


def test_ipv4_through_a_socket_of_ipv6_is_ipv4() -> None:
    """Its packets have a header of 20 bytes."""
    mapped = bytearray(ACCEPTED)
    mapped[8:24] = bytes(10) + b"\xff\xff" + bytes([10, 77, 1, 1])
    assert parse(bytes(mapped)).source == bytes([10, 77, 1, 1])


@pytest.mark.parametrize(
    ("options", "syn", "segment"),
    [
        (TIMESTAMPS | SACK | SCALE, 60, 52),
        (TIMESTAMPS | SACK, 56, 52),
        (SACK | SCALE, 52, 40),
        (SACK, 48, 40),
        (0, 44, 40),
    ],
)
def test_each_segment_has_the_options_that_were_agreed_upon(
    options: int, syn: int, segment: int
) -> None:
    """A SYN has those and some more."""
    found = parse(CLIENT)._replace(
        options=options, sent=100, received=10, segments_out=4, segments_in=3
    )
    assert found.on_wire(accepted=False) == Traffic(
        10 + syn + 2 * segment, 100 + syn + 3 * segment, 3, 4
    )
    # The kernel does not count a SYN-ACK that it sends.
    accepted = found._replace(segments_out=3).on_wire(accepted=True)
    assert accepted == found.on_wire(accepted=False)


def test_a_connection_that_nobody_answers_has_only_its_syns() -> None:
    """Nothing is agreed upon yet."""
    found = parse(CLIENT)._replace(
        state=messages.SYN_SENT, options=0, segments_out=2, segments_in=0
    )
    assert found.on_wire(accepted=False) == Traffic(0, 80, 0, 2)
    assert found.on_wire(accepted=True) == Traffic(0, 80, 0, 2)


@pytest.mark.parametrize(
    ("state", "is_closed"), [(1, False), (2, False), (8, False), (4, True), (9, True)]
)
def test_a_socket_that_waits_to_be_accepted_is_not_closed(
    state: int, *, is_closed: bool
) -> None:
    """Only one that was closed will never have a process again."""
    assert parse(CLIENT)._replace(state=state).is_closed is is_closed


def test_a_kernel_that_counts_too_little_gives_no_socket() -> None:
    """`struct tcp_info` of before Linux 4.19 is shorter."""
    assert messages.parse([(SOCK_DIAG_BY_FAMILY, CLIENT[:72])]) == []


def test_what_makes_no_sense_is_an_error() -> None:
    """With what was found."""
    with pytest.raises(SourceError, match="message of 9 bytes"):
        parse(CLIENT[:9])
    with pytest.raises(SourceError, match="address family 7"):
        parse(b"\x07" + CLIENT[1:])
    with pytest.raises(SourceError, match="attribute of"):
        parse(CLIENT[:-4])


@given(st.binary(max_size=400))
def test_any_bytes_give_sockets_or_a_source_error(raw: bytes) -> None:
    """And their cost is never negative."""
    for datagram in (raw, CLIENT[:72] + raw, raw[:4] + CLIENT[4:]):
        try:
            found = messages.parse([(SOCK_DIAG_BY_FAMILY, datagram)])
        except SourceError:
            continue
        for each in found:
            moved = each.on_wire(accepted=True)
            assert moved == moved.clamped()
