"""What each network device is: type, kind, master and lower device, by rtnetlink.

Scope: this process's network namespace (sysfs would show that of its mount instead).
Privilege: none.
Cost: one dump, about 1 kB a device; what did not change is not parsed again.
Source: rtnetlink(7), linux/if_link.h (RTM_GETLINK, IFLA_*), linux/rtnetlink.h.
"""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.collectors.netlink import attributes, dump, number
from monitor.devices import Link
from monitor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

_RTM_NEWLINK: Final = 16
_RTM_GETLINK: Final = 18
_IFLA_ADDRESS: Final = 1
_IFLA_IFNAME: Final = 3
_IFLA_MTU: Final = 4
_IFLA_LINK: Final = 5
_IFLA_MASTER: Final = 10
_IFLA_LINKINFO: Final = 18
_IFLA_EXT_MASK: Final = 29
_IFLA_LINK_NETNSID: Final = 37
_IFLA_INFO_KIND: Final = 1
_IFLA_INFO_DATA: Final = 2
_IFLA_VXLAN_LINK: Final = 3

_RTEXT_FILTER_SKIP_STATS: Final = 1 << 3
_KEPT_LINKS: Final = 1024

_IFF_RUNNING: Final = 0x40  # linux/if.h: up, and its carrier is there or unknown
IFINFO = struct.Struct("=BxHiII")
"""struct ifinfomsg, before the attributes of a device."""
_WANTED = struct.Struct("=HHI")  # struct nlattr and a number
# Without counters, a message is the same from tick to tick, and a third as long.
_REQUEST = IFINFO.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + _WANTED.pack(
    _WANTED.size, _IFLA_EXT_MASK, _RTEXT_FILTER_SKIP_STATS
)
SOURCE: Final = "rtnetlink"
"""In error messages."""


def link_of(message: bytes) -> Link:
    """Parse what the kernel says of one device.

    Args:
        message: payload of RTM_NEWLINK or RTM_DELLINK.

    Raises:
        SourceError: the bytes make no sense.
    """
    if len(message) < IFINFO.size:
        raise SourceError(f"rtnetlink: link message of {len(message)} bytes")
    _, arphrd, ifindex, flags, _ = IFINFO.unpack_from(message)
    found = attributes(message[IFINFO.size :], SOURCE)
    information = attributes(found.get(_IFLA_LINKINFO, b""), SOURCE)
    kind = information.get(_IFLA_INFO_KIND, b"").rstrip(b"\0").decode("ascii")
    other = number(found, _IFLA_LINK)
    if kind == "vxlan":  # which has no IFLA_LINK
        data = attributes(information.get(_IFLA_INFO_DATA, b""), SOURCE)
        other = number(data, _IFLA_VXLAN_LINK)
    nsid = number(found, _IFLA_LINK_NETNSID) if _IFLA_LINK_NETNSID in found else None
    # In another namespace the other device's index means nothing here.
    is_here = nsid is None and other != ifindex
    return Link(
        ifindex=ifindex,
        name=found.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode("utf-8", "replace"),
        arphrd=arphrd,
        kind=kind,
        mtu=number(found, _IFLA_MTU),
        master=number(found, _IFLA_MASTER),
        lower=other if is_here else 0,
        peer_nsid=nsid,
        peer_ifindex=0 if nsid is None else other,
        is_up=bool(flags & _IFF_RUNNING),
        address=found.get(_IFLA_ADDRESS, b""),
    )


_link = lru_cache(maxsize=_KEPT_LINKS)(link_of)


def parse(messages: Iterable[tuple[int, bytes]]) -> list[Link]:
    """Parse the messages of a link dump.

    Args:
        messages: type and payload, as the kernel sent them.

    Returns:
        The links.

    Raises:
        SourceError: the bytes make no sense.
    """
    try:
        return [_link(payload) for kind, payload in messages if kind == _RTM_NEWLINK]
    except UnicodeDecodeError as error:
        raise SourceError(f"{SOURCE}: list of devices: {error}") from error


def collect() -> dict[int, Link]:
    """List the devices of this namespace.

    Returns:
        Every device by ifindex, loopback included.

    Raises:
        SourceError: the dump cannot be read or understood.
    """
    links = parse(dump(socket.NETLINK_ROUTE, _RTM_GETLINK, _REQUEST, SOURCE))
    return {link.ifindex: link for link in links}
