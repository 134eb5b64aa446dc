"""Networks that each device is directly attached to, by its addresses.

Scope: this process's network namespace.
Privilege: none.
Cost: one netlink dump of the C library (getifaddrs).
Source: getifaddrs(3); psutil, because it is the given library.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Network, IPv6Network, ip_network

import psutil

from monitor.errors import SourceError

_FAMILIES = (socket.AF_INET, socket.AF_INET6)


def collect() -> dict[str, frozenset[IPv4Network | IPv6Network]]:
    """The direct prefixes of all devices.

    Returns:
        Networks by name of the device; a device without an address is left out.

    Raises:
        SourceError: the kernel refused, or said what makes no sense.
    """
    try:
        found = psutil.net_if_addrs()
        return {
            device: frozenset(
                # An IPv6 address of one link carries the link's name.
                _network(address.address.partition("%")[0], address.netmask or "")
                for address in addresses
                if address.family in _FAMILIES
            )
            for device, addresses in found.items()
        }
    except (OSError, ValueError) as error:
        raise SourceError(f"addresses of devices: {error}") from error


def _network(address: str, netmask: str) -> IPv4Network | IPv6Network:
    if ":" not in netmask:
        return ip_network(f"{address}/{netmask}" if netmask else address, strict=False)
    bits = int.from_bytes(socket.inet_pton(socket.AF_INET6, netmask), "big")
    return ip_network(f"{address}/{bits.bit_count()}", strict=False)
