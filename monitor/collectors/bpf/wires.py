"""What devices really move, as the accounting program sees it at their drivers.

Counts: IP bytes and packets of the devices that are watched, and what the machine
    forwards from or to one of them; whose they were says `program`.
Unit: bytes of layer 3 on the wire, see `monitor.wire.Way`.
Width and restart: 64 bits per CPU; begins at zero when a device is first watched.
Scope: the daemon's own network namespace; IP and all other packets.
Not seen: packets that leave by PACKET_QDISC_BYPASS or AF_XDP, and those that a queue
    dropped, which is the point.
Privilege: as `program`.
Cost: 0.1 to 0.2 us per packet on a watched device, one look-up on every other one.
Since: Linux 6.1 (tracepoints net_dev_start_xmit, netif_receive_skb).
Source: net/core/dev.c (xmit_one, __netif_receive_skb_core); drivers/net/tun.c.
"""

from __future__ import annotations

from collections import defaultdict
from ipaddress import IPv6Address, IPv6Network, ip_network
from typing import TYPE_CHECKING

from monitor.collectors.bpf import wire_records as records
from monitor.collectors.bpf.loading import read_iterator
from monitor.errors import SourceError
from monitor.wire import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Network

    from monitor.collectors.bpf.libbpf import Library
    from monitor.collectors.bpf.maps import Map
    from monitor.usage import Owner

    Network = IPv4Network | IPv6Network

_FIRST = (0).to_bytes(4, "little")
_NUMBER_BYTES = 4
_DEVICE_BITS = 32  # of the device's number, which stands before the address
_MAPPED_BITS = 96  # of ::ffff:0:0/96
_V4, _V4_BITS, _V6_BITS = 4, 24, 48
_PRESENT = (1).to_bytes(_NUMBER_BYTES, "little")


class Wires:
    """The wire's side of an attached program."""

    def __init__(
        self,
        library: Library,
        maps: Mapping[str, Map],
        netns: int,
        tun_link: int | None,
    ) -> None:
        """Use some maps of a program.

        Args:
            library: libbpf.
            maps: by name; they stay the program's.
            netns: inode number of the daemon's own network namespace.
            tun_link: descriptor of the iterator over TUN devices, if there is one.
        """
        self._library = library
        self._maps = maps
        self._netns = netns
        self._tun_link = tun_link
        # Devices with a quota; of a map that was taken over nothing is known.
        self._limited: frozenset[bytes] | None = None
        self._nothing = bytes(records.WIRE.size * library.possible_cpus)

    def watch(self, ifindexes: Iterable[int]) -> None:
        """Count these devices from now on, and no others.

        Args:
            ifindexes: in the daemon's own network namespace.

        Raises:
            SourceError: The kernel refused; there is room for 1,024.
        """
        wires = self._maps["wires"]
        wanted = {_number(ifindex) for ifindex in ifindexes}
        known = {key for key, _ in wires.items()}
        for key in known - wanted:
            wires.delete(key)
        for key in wanted - known:
            wires.update(key, self._nothing)

    def read(self) -> Reading:
        """All counters, absolute.

        Raises:
            SourceError: The kernel refused.
        """
        return Reading(
            wires={
                int.from_bytes(key, "little"): records.parse_wire(raw)
                for key, raw in self._maps["wires"].items()
            },
            hops={
                records.parse_hop(key): records.parse_passed(raw)
                for key, raw in self._maps["hops"].items()
            },
            peers={
                int.from_bytes(key, "little"): records.parse_peer(raw)
                for key, raw in self._maps["peers"].items()
            },
        )

    def forget_hops(self, ifindexes: Iterable[int]) -> None:
        """Remove what was forwarded from or to devices that are gone.

        Args:
            ifindexes: of all devices that are there.

        Raises:
            SourceError: The kernel refused.
        """
        there = frozenset(ifindexes)
        hops = self._maps["hops"]
        for key in [key for key, _ in hops.items()]:
            if not there.issuperset(records.parse_hop(key)):
                hops.delete(key)
        peers = self._maps["peers"]
        for key in [key for key, _ in peers.items()]:
            if int.from_bytes(key, "little") not in there:
                peers.delete(key)

    def tun_holders(self) -> dict[int, frozenset[Owner]]:
        """Who holds the other end of TUN and TAP devices: a VPN, a virtual machine.

        Cost: a walk over all open files of all processes.

        Returns:
            Processes by ifindex, for the daemon's own network namespace.

        Raises:
            SourceError: The kernel refused.
        """
        if self._tun_link is None:
            return {}
        try:
            raw = read_iterator(self._library, self._tun_link)
        except OSError as error:
            raise SourceError(f"The list of TUN devices: {error.strerror}.") from error
        holders: defaultdict[int, set[Owner]] = defaultdict(set)
        for owner, netns, ifindex in records.parse_tun_holders(raw):
            if netns == self._netns:
                holders[ifindex].add(owner)
        return {ifindex: frozenset(owners) for ifindex, owners in holders.items()}

    def set_local_prefixes(self, prefixes: Iterable[tuple[int, Network]]) -> None:
        """Say which addresses are no carrier's business, by device.

        Args:
            prefixes: ifindex and network.

        Raises:
            SourceError: The kernel refused; there is room for 1,024.
        """
        known = self._maps["local_prefixes"]
        wanted = {_prefix(ifindex, network) for ifindex, network in prefixes}
        # A trie of Linux before 6.x has no batches: both ways are the map's business.
        present = {key for key, _ in known.items()}
        for key in present - wanted:
            known.delete(key)
        for key in wanted - present:
            known.update(key, _PRESENT)
        self._switch(local_prefixes=len(wanted))

    def set_remotes(self, *, on: bool) -> None:
        """Begin or end to count by the network at the other end.

        Args:
            on: whether to.

        Raises:
            SourceError: The kernel refused.
        """
        self._switch(remotes=int(on))

    def set_quotas(self, quotas: Mapping[int, int]) -> None:
        """Say after how many bytes of the internet user space is to be woken.

        What moves while this is called may be missed: it counts for nothing else.

        Args:
            quotas: bytes from now on, at least 1, by ifindex; all others have none.

        Raises:
            SourceError: The kernel refused; there is room for 64.
        """
        known = self._maps["quotas"]
        wanted = {_number(ifindex): left for ifindex, left in quotas.items()}
        is_same = wanted.keys() == self._limited  # as at nearly every tick
        if not is_same:
            for key in [key for key, _ in known.items() if key not in wanted]:
                known.delete(key)
        for key, left_bytes in wanted.items():
            known.update(key, records.QUOTA.pack(left_bytes))
        if not is_same:
            self._switch(quotas=len(wanted))
            self._limited = frozenset(wanted)

    def _switch(self, **changed: int) -> None:
        raw = self._maps["switches"].lookup(_FIRST) or b""
        names = ("local_prefixes", "remotes", "quotas")
        before = dict(zip(names, records.SWITCHES.unpack(raw), strict=True))
        now = before | changed
        self._maps["switches"].update(_FIRST, records.SWITCHES.pack(*now.values()))

    def take_remotes(self) -> dict[tuple[Owner, Network], tuple[int, int]]:
        """Bytes by owner and network at the other end, since the last call.

        Returns:
            Received and sent bytes by owner and /24 or /48.

        Raises:
            SourceError: The kernel refused.
        """
        remotes = self._maps["remotes"]
        taken = {}
        for key in [key for key, _ in remotes.items()]:
            raw = remotes.lookup(key, and_delete=True)
            if raw:
                owner, version, head = records.parse_remote(key)
                network = _remote_network(version, head)
                taken[owner, network] = records.REMOTE_USAGE.unpack(raw)
        return taken


def _number(ifindex: int) -> bytes:
    return ifindex.to_bytes(_NUMBER_BYTES, "little")


def _prefix(ifindex: int, network: Network) -> bytes:
    """A key of the trie: the device, then an IPv6 or a mapped IPv4 prefix."""
    address = int(network.network_address)
    bits = network.prefixlen
    if network.version == _V4:
        address, bits = 0xFFFF << _DEVICE_BITS | address, bits + _MAPPED_BITS
    packed = IPv6Address(address).packed
    return records.PREFIX.pack(_DEVICE_BITS + bits, ifindex, packed)


def _remote_network(version: int, head: bytes) -> Network:
    if version == _V4:
        return ip_network((head[4:], _V4_BITS))
    return IPv6Network((head + bytes(8), _V6_BITS))
