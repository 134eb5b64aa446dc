"""Network devices that are gone, with their very last counters, by rtnetlink.

Unit: bytes and packets as the driver counts them, as in `netdev`.
Scope: this process's network namespace.
Privilege: none; with CAP_NET_ADMIN there is room for more of them.
Cost: nothing while devices stay; about 2 kB for one that goes. All other news of
  devices is left out by a filter in the kernel.
Source: rtnetlink(7), RTM_DELLINK: the kernel (net/core/dev.c) fills it when the device
  is down and counts no more, and before its counters are freed. A device that moves to
  another namespace departs, too, and takes its counters along (IFLA_NEW_IFINDEX).
  socket(7) for SO_ATTACH_FILTER, bpf(4) of BSD for the classic filter.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from typing import Final

from monitor.closing import Closing
from monitor.collectors.netlink import DATAGRAM_BYTES, attributes, messages
from monitor.collectors.rtnetlink import IFINFO, SOURCE, link_of
from monitor.devices import Departure
from monitor.errors import SourceError
from monitor.usage import Traffic

_RTM_DELLINK: Final = 17
_RTMGRP_LINK: Final = 1
_IFLA_STATS64: Final = 23
_IFLA_NEW_IFINDEX: Final = 49
_SO_ATTACH_FILTER: Final = 26
_SO_RCVBUFFORCE: Final = 33
_BUFFER_BYTES: Final = 8 << 20
_STATS = struct.Struct("=4Q")  # struct rtnl_link_stats64: packets in and out, bytes
# The type in a message's header is in the order of the machine, what BPF loads is not.
_WANTED: Final = socket.htons(_RTM_DELLINK)
_FILTER: Final = b"".join(
    struct.pack("=HBBI", *step)
    for step in (
        (0x28, 0, 0, 4),  # ldh [4]: nlmsg_type
        (0x15, 0, 1, _WANTED),  # jeq
        (0x06, 0, 0, 0xFFFFFFFF),  # ret: all of it
        (0x06, 0, 0, 0),  # ret: nothing
    )
)
MOST: Final = 5000
"""Between two ticks; what goes beyond it is lost, and that is said."""


def parse(payload: bytes) -> Departure | None:
    """Parse one message.

    Args:
        payload: of RTM_DELLINK.

    Returns:
        None where it is no device that went: a port that left its bridge.

    Raises:
        SourceError: the bytes make no sense.
    """
    if payload[:1] != bytes([socket.AF_UNSPEC]):
        return None
    try:
        link = link_of(payload)
    except UnicodeDecodeError as error:
        raise SourceError(f"{SOURCE}: a device that went: {error}") from error
    found = attributes(payload[IFINFO.size :], SOURCE)
    stats = found.get(_IFLA_STATS64, b"")
    if len(stats) < _STATS.size:
        raise SourceError(f"{SOURCE}: counters of {len(stats)} bytes")
    rx_packets, tx_packets, rx_bytes, tx_bytes = _STATS.unpack_from(stats)
    counter = Traffic(rx_bytes, tx_bytes, rx_packets, tx_packets)
    return Departure(link, counter, moved=_IFLA_NEW_IFINDEX in found)


class Departures(Closing):
    """Listens from now on."""

    def __init__(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the kernel refuses it.
        """
        self._heard: list[bytes] = []
        self._lost = False
        self._netlink = socket.socket(
            socket.AF_NETLINK,
            socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
            socket.NETLINK_ROUTE,
        )
        try:
            self._netlink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        except PermissionError:
            self._netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        steps = ctypes.create_string_buffer(_FILTER, len(_FILTER))
        program = struct.pack("HL", len(_FILTER) // 8, ctypes.addressof(steps))
        self._netlink.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        self._netlink.bind((0, _RTMGRP_LINK))

    def fileno(self) -> int:
        """For selectors."""
        return self._netlink.fileno()

    def hear(self) -> None:
        """Take what has come out of the kernel's buffer, so that there is room."""
        while True:
            try:
                datagram = self._netlink.recv(DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self._lost = True
                continue
            if len(self._heard) < MOST:
                self._heard.append(datagram)
            else:
                self._lost = True

    def take(self) -> tuple[list[Departure], bool]:
        """Those since the last call in their order, and whether some were lost.

        Raises:
            SourceError: what the kernel says makes no sense.
        """
        self.hear()
        heard, lost = self._heard, self._lost
        self._heard, self._lost = [], False
        found = [
            parse(payload)
            for datagram in heard
            for kind, payload in messages(datagram, SOURCE)
            if kind == _RTM_DELLINK
        ]
        return [each for each in found if each is not None], lost

    def close(self) -> None:
        """Release the socket."""
        self._netlink.close()
