"""What each network device is: type, kind, master and lower device, by rtnetlink.

Scope: this process's network namespace (sysfs would show that of its mount instead).
Privilege: none.
Cost: one dump, about 1.5 kB a device.
Source: rtnetlink(7), linux/if_link.h (RTM_GETLINK, IFLA_*), linux/rtnetlink.h.
Own parser of some sixty lines: the libraries for netlink cost the daemon more memory
than all of its own code.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

from monitor.errors import SourceError
from monitor.usage import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

_RTM_NEWLINK: Final = 16
_RTM_GETLINK: Final = 18
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_NLM_F_REQUEST_DUMP: Final = 0x301
_IFLA_IFNAME: Final = 3
_IFLA_MTU: Final = 4
_IFLA_LINK: Final = 5
_IFLA_MASTER: Final = 10
_IFLA_LINKINFO: Final = 18
_IFLA_LINK_NETNSID: Final = 37
_IFLA_INFO_KIND: Final = 1
_TYPE_MASK: Final = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_IFINFO = struct.Struct("=BxHiII")  # struct ifinfomsg
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr
_TIMEOUT_S = 2.0
_DATAGRAM_BYTES = 1 << 18


def _attributes(payload: bytes) -> dict[int, bytes]:
    """Attribute type to value; a cut or senseless length is an error."""
    found = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(payload):
        length, kind = _ATTRIBUTE.unpack_from(payload, offset)
        if length < _ATTRIBUTE.size or offset + length > len(payload):
            raise SourceError(f"rtnetlink: attribute of {length} bytes at {offset}")
        found[kind & _TYPE_MASK] = payload[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found


def _number(attributes: dict[int, bytes], kind: int) -> int:
    return int.from_bytes(attributes.get(kind, b"")[:4], sys.byteorder)


def _link(message: bytes) -> Link:
    if len(message) < _IFINFO.size:
        raise SourceError(f"rtnetlink: link message of {len(message)} bytes")
    _, arphrd, ifindex, _, _ = _IFINFO.unpack_from(message)
    found = _attributes(message[_IFINFO.size :])
    information = _attributes(found.get(_IFLA_LINKINFO, b""))
    # In another namespace the lower device's index means nothing here.
    lower = 0 if _IFLA_LINK_NETNSID in found else _number(found, _IFLA_LINK)
    return Link(
        ifindex=ifindex,
        name=found.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode("utf-8", "replace"),
        arphrd=arphrd,
        kind=information.get(_IFLA_INFO_KIND, b"").rstrip(b"\0").decode("ascii"),
        mtu=_number(found, _IFLA_MTU),
        master=_number(found, _IFLA_MASTER),
        lower=0 if lower == ifindex else lower,
    )


def parse(datagram: bytes) -> tuple[list[Link], bool]:
    """Parse one datagram of a link dump.

    Args:
        datagram: netlink messages as the kernel sent them.

    Returns:
        The links in it, and whether the dump ends here.

    Raises:
        SourceError: the kernel reported an error, or the bytes make no sense.
    """
    links: list[Link] = []
    for kind, payload in _messages(datagram):
        if kind == _NLMSG_DONE:
            return links, True
        if kind == _NLMSG_ERROR:
            number = -int.from_bytes(payload[:4], sys.byteorder, signed=True)
            raise SourceError(f"rtnetlink: the kernel answered error {number}")
        if kind == _RTM_NEWLINK:
            links.append(_link(payload))
    return links, False


def _messages(datagram: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, _, _, _ = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size or offset + length > len(datagram):
            raise SourceError(f"rtnetlink: message of {length} bytes at {offset}")
        yield kind, datagram[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


def collect() -> dict[int, Link]:
    """List the devices of this namespace.

    Returns:
        Every device by ifindex, loopback included.

    Raises:
        SourceError: the dump cannot be read or understood.
    """
    request = _IFINFO.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    header = _HEADER.pack(
        _HEADER.size + len(request), _RTM_GETLINK, _NLM_F_REQUEST_DUMP, 1, 0
    )
    links: list[Link] = []
    try:
        with socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE
        ) as netlink:
            netlink.settimeout(_TIMEOUT_S)
            netlink.send(header + request)
            done = False
            while not done:
                part, done = parse(netlink.recv(_DATAGRAM_BYTES))
                links += part
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"rtnetlink: list of devices: {error}") from error
    return {link.ifindex: link for link in links}
