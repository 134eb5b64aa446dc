"""Network devices as values: what they are, and what they have counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.usage import Traffic


@dataclass(frozen=True, slots=True)
class DeviceCounters:
    """Absolute counters of one network device at one instant.

    Attributes:
        name: the kernel's name; identity within a boot is the ifindex.
        ifindex: index of the device in the daemon's network namespace.
        counter: bytes and packets as the driver counts them, link layer included.
    """

    name: str
    ifindex: int
    counter: Traffic


@dataclass(frozen=True, slots=True)
class Link:
    """What a network device is.

    Attributes:
        ifindex: index in the daemon's network namespace.
        name: the kernel's name.
        arphrd: ARPHRD_* hardware type (linux/if_arp.h).
        kind: rtnetlink's IFLA_INFO_KIND such as `veth`, empty for hardware.
        mtu: in bytes.
        master: ifindex of the bridge or bond it is a port of; 0 without one.
        lower: ifindex of the device it sits on in this namespace; 0 without one.
        peer_nsid: this namespace's number for the one in which the other end of a
            virtual pair is; None when it is in none other.
        peer_ifindex: the index of that other end there.
        is_up: whether it can carry something now: a cable is in, a modem is connected.
        address: of the hardware; empty where there is none.
    """

    ifindex: int
    name: str
    arphrd: int
    kind: str
    mtu: int
    master: int = 0
    lower: int = 0
    peer_nsid: int | None = None
    peer_ifindex: int = 0
    is_up: bool = True
    address: bytes = b""


@dataclass(frozen=True, slots=True)
class Departure:
    """A device that went.

    Attributes:
        link: what it was.
        counter: its last counters.
        moved: whether it lives on in another namespace, and counts on.
    """

    link: Link
    counter: Traffic
    moved: bool
