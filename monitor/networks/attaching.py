"""Which network each device is attached to, and which devices are billed.

Pure. A device of which nobody knows the network is a network by itself, `if:NAME`.
What is billed: exclude > include > guess. The guess leaves out what only
carries other devices' bytes a second time (bridges, virtual pairs, tunnels, VLANs and
bonds, whose lower devices are billed), so that no byte is billed twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.networks.uplink import CONFIG, Network
from monitor.usage import Attachment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from monitor.devices import Link

ARPHRD_ETHER: Final = 1  # linux/if_arp.h
ARPHRD_LOOPBACK: Final = 772

NEIGHBOURS: Final[tuple[IPv4Network | IPv6Network, ...]] = (
    *map(IPv4Network, ("169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32")),
    *map(IPv6Network, ("fe80::/10", "ff00::/8")),
)
"""Link-local, multicast and broadcast addresses: no router passes them on."""

# IFLA_INFO_KIND of devices, by what they are (rtnetlink names).
TUN: Final = "tun"
"""TUN or TAP: a program holds the other end, and owns the outer packets."""
KERNEL_TUNNELS: Final = frozenset(
    {
        *("wireguard", "vxlan", "geneve", "gre", "gretap", "ip6gre", "ip6gretap"),
        *("sit", "ipip", "ip6tnl", "vti", "vti6", "xfrm", "l2tpeth"),
    }
)
"""Tunnels of the kernel itself: nobody owns the outer packets."""
LEFT_OUT: Final = KERNEL_TUNNELS | frozenset(
    {
        *("bridge", "veth", "dummy", "ifb", TUN, "macvlan", "macvtap", "ipvlan"),
        *("ipvtap", "nlmon", "vlan", "bond", "team", "rmnet", "vrf", "netdevsim"),
        "netkit",
    }
)
"""No uplink of their own."""
_LOCAL: Final = "/local"
_NEVER_UPLINK: Final = frozenset({"dummy", "ifb", "nlmon", "bridge", "vrf"})


@dataclass(frozen=True, slots=True)
class InterfaceRules:
    """The person's word on interfaces: shell patterns of names, case-sensitive."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    metered: tuple[str, ...] = ()
    unmetered: tuple[str, ...] = ()
    tethered: tuple[str, ...] = ()


class Attached(NamedTuple):
    """Every device but loopback with its network.

    Attributes:
        devices: by ifindex.
        note: what a person should know of the choice, empty when nothing.
    """

    devices: dict[int, Attachment]
    note: str


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _metered(name: str, network: Network, rules: InterfaceRules) -> bool | None:
    """The person's word on this network, then on the interface, then anybody's."""
    if network.metered_by == CONFIG:
        return network.metered
    if _matches(name, rules.unmetered):
        return False
    return True if _matches(name, rules.metered) else network.metered


def _is_billed(link: Link, rules: InterfaceRules) -> bool:
    if _matches(link.name, rules.exclude):
        return False
    return _matches(link.name, rules.include) or link.kind not in LEFT_OUT


def _only_way_out(
    links: Iterable[Link], rules: InterfaceRules, default_routes: frozenset[str]
) -> set[str]:
    """Left-out devices that are billed after all, because there is no other.

    In a container or a namespace the uplink is a veth or a tap. Were a tunnel on a
    machine with hardware taken, its bytes would be billed inside and outside.
    """
    candidates = [
        link
        for link in links
        if link.kind not in _NEVER_UPLINK
        and not link.master
        and not _matches(link.name, rules.exclude)
    ]
    routed = {link.name for link in candidates if link.name in default_routes}
    return routed or {link.name for link in candidates}


def _attachment(
    name: str, network: Network, rules: InterfaceRules, *, billed: bool
) -> Attachment:
    return Attachment(
        network=network.key,
        device=name,
        billed=billed,
        metered=_metered(name, network, rules),
        tethered=bool(network.tether) or _matches(name, rules.tethered),
        iccid=network.iccid,
        mcc=network.mcc,
        roaming=network.roaming,
        uuid=network.uuid,
        ssid=network.ssid,
        tether=network.tether,
    )


def attach(
    links: Mapping[int, Link],
    rules: InterfaceRules,
    default_routes: frozenset[str],
    found: Mapping[str, Network] = MappingProxyType({}),
) -> Attached:
    """Give each device its network, and say whether it is billed.

    Args:
        links: all devices of the namespace by ifindex.
        rules: the `[interfaces]` section of the configuration.
        default_routes: names of the devices that carry a default route.
        found: networks by name of the device, as far as they are known.

    Returns:
        All devices but loopback; and a note when the guess had to be overruled.
    """
    outer = [link for link in links.values() if link.arphrd != ARPHRD_LOOPBACK]
    billed = {link.name for link in outer if _is_billed(link, rules)}
    note = ""
    if not billed:
        billed = _only_way_out(outer, rules, default_routes)
        if billed:
            names = ", ".join(sorted(billed))
            note = f"{names}: virtual, but counted, since there is no other interface"
    devices = {
        link.ifindex: _attachment(
            link.name,
            found.get(link.name) or Network(f"if:{link.name}"),
            rules,
            billed=link.name in billed,
        )
        for link in outer
    }
    return Attached(devices, note)


def local_networks(
    direct: Iterable[IPv4Network | IPv6Network],
) -> Iterator[IPv4Network | IPv6Network]:
    """The direct prefixes that a tether shares with its neighbours.

    Args:
        direct: networks of the device's addresses; that of a single address (point to
            point, or delegated by a carrier) has no neighbours.
    """
    for network in direct:
        if network.prefixlen < network.max_prefixlen:
            yield network


def local_part(attachment: Attachment) -> Attachment:
    """Where bytes are booked that cross a device, but no carrier sees."""
    network = attachment.network + _LOCAL
    return replace(attachment, network=network, billed=False, metered=False)


def is_local(network: str) -> bool:
    """Whether a network is such a part of another one."""
    return network.endswith(_LOCAL)


def whole(network: str) -> str:
    """The network that such a part is of; any other is itself."""
    return network.removesuffix(_LOCAL)


def elsewhere(netns: int, ifindex: int) -> Attachment:
    """The attachment of a device in another network namespace; never billed."""
    name = f"netns:{netns}/{ifindex}"
    return Attachment(network=name, device=name, billed=False)


def lowers(
    links: Mapping[int, Link], devices: Mapping[int, Attachment]
) -> dict[int, tuple[int, ...]]:
    """The billed devices beneath each device that is not billed itself.

    Rows on a bridge, bond or VLAN belong to what they sit on: never to both. A tunnel
    sits on nothing here: what it carries has another size outside (`tunnels`).

    Returns:
        ifindexes of lower devices by ifindex; only where there are any.
    """
    found = {}
    for ifindex, attachment in devices.items():
        if attachment.billed:
            continue
        beneath = [i for i in _beneath(ifindex, links) if devices[i].billed]
        if beneath:
            found[ifindex] = tuple(sorted(beneath))
    return found


def _lower(link: Link) -> int:
    return 0 if link.kind in KERNEL_TUNNELS else link.lower


def _beneath(ifindex: int, links: Mapping[int, Link]) -> set[int]:
    """All devices below one, however deep; a loop ends by itself."""
    seen: set[int] = set()
    waiting = {ifindex}
    while waiting:
        current = waiting.pop()
        ports = {link.ifindex for link in links.values() if link.master == current}
        below = ports | {_lower(links[current])} if current in links else ports
        new = {i for i in below if i in links} - seen - {ifindex}
        seen |= new
        waiting |= new
    return {i for i in seen if links[i].arphrd != ARPHRD_LOOPBACK}
