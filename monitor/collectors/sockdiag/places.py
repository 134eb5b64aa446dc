"""Through which device a connection goes: by its own address.

Scope: this process's network namespace.
Privilege: none.
Cost: one dump of addresses for each `refresh`, some 80 bytes an address.
Error: a route that sends packets of one device's address out by another (policy
    routing, two devices in one network) is not seen.
Source: rtnetlink(7), linux/if_addr.h (RTM_GETADDR, IFA_*).
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Final

from monitor.collectors import routes
from monitor.collectors.netlink import attributes, dump
from monitor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.collectors.sockdiag.messages import Socket

NOWHERE: Final = 0
"""Ifindex of what never leaves this machine, and of what has no device."""

_SOURCE: Final = "rtnetlink"
_RTM_NEWADDR: Final = 20
_RTM_GETADDR: Final = 22
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFADDR = struct.Struct("=B3xI")  # struct ifaddrmsg: family, ifindex
_LOOPBACK: Final = 1  # ifindex, in every namespace
_LOOPBACK_V4: Final = 127
_LOOPBACK_V6: Final = bytes(15) + b"\x01"


def parse(messages: Iterable[tuple[int, bytes]]) -> dict[bytes, int]:
    """Parse the messages of a dump of addresses.

    Args:
        messages: type and payload, as the kernel sent them.

    Returns:
        Ifindex by address (4 or 16 bytes).

    Raises:
        SourceError: the bytes make no sense.
    """
    addresses = {}
    for kind, message in messages:
        if kind != _RTM_NEWADDR:
            continue
        if len(message) < _IFADDR.size:
            raise SourceError(f"{_SOURCE}: address message of {len(message)} bytes")
        _, ifindex = _IFADDR.unpack_from(message)
        found = attributes(message[_IFADDR.size :], _SOURCE)
        # On a point-to-point device IFA_ADDRESS is the other side.
        addresses[found.get(_IFA_LOCAL, found.get(_IFA_ADDRESS, b""))] = ifindex
    return addresses


def is_loopback(address: bytes) -> bool:
    """Whether an address never leaves the machine it is used on."""
    return address[0] == _LOOPBACK_V4 if len(address) == 4 else address == _LOOPBACK_V6  # noqa: PLR2004


class Places:
    """Which device has which address."""

    def __init__(self) -> None:
        """Know nothing yet: call `refresh`."""
        self._addresses: dict[bytes, int] = {}
        self._default = NOWHERE

    def refresh(self) -> None:
        """Read addresses and default routes anew.

        Raises:
            SourceError: they cannot be read.
        """
        request = _IFADDR.pack(socket.AF_UNSPEC, 0)
        messages = dump(socket.NETLINK_ROUTE, _RTM_GETADDR, request, _SOURCE)
        self._addresses = parse(messages)
        self._default = _first(routes.collect())

    def ifindex(self, found: Socket) -> int:
        """The device that a connection goes through.

        Args:
            found: the connection.

        Returns:
            Its ifindex; that of the default route for an address that no device has
            (any more); `NOWHERE` when both ends are this machine.
        """
        source, destination = found.source, found.destination
        is_local = source == destination or destination in self._addresses
        if is_local or is_loopback(source) or is_loopback(destination):
            return NOWHERE
        ifindex = found.ifindex or self._addresses.get(source, _LOOPBACK)
        return self._default if ifindex == _LOOPBACK else ifindex


def _first(devices: frozenset[str]) -> int:
    """The ifindex of the first of some devices that is there."""
    for name in sorted(devices):
        try:
            return socket.if_nametoindex(name)
        except OSError:
            continue  # it went since the routes were read
    return NOWHERE
