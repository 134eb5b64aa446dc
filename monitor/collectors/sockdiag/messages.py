"""TCP sockets as the kernel describes them by netlink, and what they cost on the wire.

Counts: payload and segments of one connection (`struct tcp_info`), from which its IP
    packets are estimated: payload + segments x (IP header + TCP header + timestamps),
    the options of the two SYNs, and the SYN-ACK that is counted nowhere.
Unit: bytes of layer 3, headers included.
Width and restart: 64 bits of payload, 32 bits of segments; from zero with the socket.
Error: see `monitor.collectors.sockdiag`.
Since: Linux 4.19 (tcpi_bytes_sent); 5.8 says the cgroup.
Source: linux/inet_diag.h, linux/tcp.h, net/ipv4/tcp_diag.c, net/ipv4/inet_diag.c.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.collectors.netlink import attributes
from monitor.errors import SourceError
from monitor.usage import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE: Final = "sock_diag"
SOCK_DIAG_BY_FAMILY: Final = 20
_INET_DIAG_INFO: Final = 2
_INET_DIAG_CGROUP_ID: Final = 21

ESTABLISHED, SYN_SENT, CLOSE_WAIT, LISTEN = 1, 2, 8, 10
# All that have segments of their own, and listeners for their ports: neither TIME_WAIT
# (6) nor CLOSE (7), nor a handshake that has no socket yet (NEW_SYN_RECV, 12).
_STATES: Final = sum(1 << state for state in (1, 2, 3, 4, 5, 8, 9, 10, 11))

# States behind a FIN of the other side, as far as can be told; the kernel counts it as
# a byte of payload. CLOSE (7) is that of every socket that is destroyed: after a reset
# the estimate is a byte too low, and never too high.
_FIN_CAME: Final = frozenset({7, 8, 9, 11})

_REQUEST = struct.Struct("=BBBxI48x")  # struct inet_diag_req_v2, any address
# struct inet_diag_msg: family, state, port, addresses, device, cookie, uid, inode.
_MESSAGE = struct.Struct("=BB2x2s2x16s16sIQ12xII")
# struct tcp_info: tcpi_options, bytes_received, segs_out, segs_in, bytes_sent.
_INFO = struct.Struct("=5xB122xQII56xQ")
_TIMESTAMPS, _SACK, _WINDOW_SCALE = 1, 2, 4  # TCPI_OPT_*

_IP_BYTES: Final = {4: 20, 16: 40}  # by the length of an address
_TCP_BYTES, _TIMESTAMPS_BYTES, _OPTION_BYTES = 20, 12, 4
_MAPPED: Final = bytes(10) + b"\xff\xff"  # RFC 4291, 2.5.5.2


class Socket(NamedTuple):
    """One TCP socket at one instant.

    Attributes:
        cookie: its number, never used again in this boot.
        state: `ESTABLISHED` and so on.
        port: ours.
        source: our address, 4 or 16 bytes; 4 also for IPv4 through a socket of IPv6.
        destination: the other side's.
        ifindex: of the device it is bound to; 0 for any.
        uid: who made it; says nothing without an inode.
        inode: of the open file; 0 when no process has it (yet, or any more).
        cgroup_id: where it was made; 0 when unknown.
        sent: payload, retransmissions included.
        received: payload that was taken.
        segments_out: sent; the SYN-ACK is not among them.
        segments_in: received.
        options: TCPI_OPT_* that both sides agreed upon.
    """

    cookie: int
    state: int
    port: int
    source: bytes
    destination: bytes
    ifindex: int
    uid: int
    inode: int
    cgroup_id: int
    sent: int
    received: int
    segments_out: int
    segments_in: int
    options: int

    @property
    def is_closed(self) -> bool:
        """Whether it stays without a process when it has none."""
        return self.state not in (ESTABLISHED, CLOSE_WAIT, SYN_SENT)

    def on_wire(self, *, accepted: bool) -> Traffic:
        """IP bytes and packets of the connection so far, estimated.

        Args:
            accepted: the other side began it: our SYN-ACK is added.
        """
        header = _IP_BYTES[len(self.source)] + _TCP_BYTES
        options = _OPTION_BYTES  # MSS
        if self.options & _WINDOW_SCALE:
            options += _OPTION_BYTES
        if self.options & _TIMESTAMPS:
            header += _TIMESTAMPS_BYTES  # in a SYN, SACK hides in its padding
        elif self.options & _SACK:
            options += _OPTION_BYTES
        begun = bool(self.segments_in)
        accepted &= begun
        fin = bool(self.received) and self.state in _FIN_CAME
        return Traffic(
            self.received - fin + self.segments_in * header + begun * options,
            self.sent + (self.segments_out + accepted) * header + begun * options,
            self.segments_in,
            self.segments_out + accepted,
        )


def request(family: int) -> bytes:
    """The body of a request for all connections and listeners.

    Args:
        family: AF_INET or AF_INET6.
    """
    wanted = 1 << (_INET_DIAG_INFO - 1)
    return _REQUEST.pack(family, socket.IPPROTO_TCP, wanted, _STATES)


def parse(messages: Iterable[tuple[int, bytes]]) -> list[Socket]:
    """Parse messages of a dump or of the destroy multicast.

    Args:
        messages: type and payload, as the kernel sent them.

    Returns:
        The sockets; one of whose segments the kernel says nothing is left out.

    Raises:
        SourceError: the bytes make no sense.
    """
    found = (_socket(body) for kind, body in messages if kind == SOCK_DIAG_BY_FAMILY)
    return [each for each in found if each is not None]


def _socket(message: bytes) -> Socket | None:
    if len(message) < _MESSAGE.size:
        raise SourceError(f"{SOURCE}: message of {len(message)} bytes")
    family, state, port, source, destination, ifindex, cookie, uid, inode = (
        _MESSAGE.unpack_from(message)
    )
    found = attributes(message[_MESSAGE.size :], SOURCE)
    information = found.get(_INET_DIAG_INFO, b"")
    if len(information) < _INFO.size:
        return None
    options, received, out, into, sent = _INFO.unpack_from(information)
    return Socket(
        cookie=cookie,
        state=state,
        port=int.from_bytes(port, "big"),
        source=_address(family, source),
        destination=_address(family, destination),
        ifindex=ifindex,
        uid=uid,
        inode=inode,
        cgroup_id=_native(found.get(_INET_DIAG_CGROUP_ID, b"")),
        sent=sent,
        received=received,
        segments_out=out,
        segments_in=into,
        options=options,
    )


def _native(raw: bytes) -> int:
    return int.from_bytes(raw[:8], sys.byteorder)


def _address(family: int, raw: bytes) -> bytes:
    if family == socket.AF_INET:
        return raw[:4]
    if family != socket.AF_INET6:
        raise SourceError(f"{SOURCE}: socket of address family {family}")
    return raw.removeprefix(_MAPPED)
