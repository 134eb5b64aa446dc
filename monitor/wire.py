"""What devices move on the wire, and how a driver's counters are to be read.

Pure. A carrier bills IP packets; a driver counts frames, and each counts them in its
own way: with the link-layer header or without, super-packets (TSO, GRO) whole or one by
one, with padding. The eBPF tier sees both, so that the way of a device is measured
(`calibrate`), kept, and taken off from then on (`l3`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from monitor.usage import Traffic

LEAST_PACKETS: Final = 100
"""So many packets must agree before a device is believed to be understood."""
MOST_HEADER_BYTES: Final = 64
"""No link layer has a longer header."""
ETHERNET_HEADER_BYTES: Final = 14  # linux/if_ether.h ETH_HLEN


class Way(NamedTuple):
    """Cumulative numbers of one direction, between the driver and the kernel.

    Attributes:
        bytes: IP, after segmentation and before reassembly.
        packets: the same; one that is not IP is a packet of 0 bytes.
        skbs: what was handed over, super-packets whole.
        skb_bytes: IP bytes in them.
        extra_bytes: behind the link-layer header and not IP: padding, ARP.
        local_bytes: of `bytes`, what no carrier sees (`SocketKey.is_local`).
        local_packets: of `packets`, the same.
    """

    bytes: int = 0
    packets: int = 0
    skbs: int = 0
    skb_bytes: int = 0
    extra_bytes: int = 0
    local_bytes: int = 0
    local_packets: int = 0

    def since(self, before: Way) -> Way:
        """The difference to an earlier reading of the same counters."""
        return Way(*(now - then for now, then in zip(self, before, strict=True)))

    def plus(self, more: Way) -> Way:
        """The sum of two differences."""
        return Way(*(one + other for one, other in zip(self, more, strict=True)))


class Wire(NamedTuple):
    """Both directions of a device."""

    rx: Way = Way()
    tx: Way = Way()

    def since(self, before: Wire) -> Wire:
        """The difference to an earlier reading of the same counters."""
        return Wire(self.rx.since(before.rx), self.tx.since(before.tx))

    def plus(self, more: Wire) -> Wire:
        """The sum of two differences."""
        return Wire(self.rx.plus(more.rx), self.tx.plus(more.tx))

    @property
    def traffic(self) -> Traffic:
        """IP bytes, and packets of any kind."""
        rx, tx = self
        return Traffic(rx.bytes, tx.bytes, rx.packets, tx.packets)

    @property
    def local(self) -> Traffic:
        """What no carrier sees."""
        rx, tx = self
        return Traffic(
            rx.local_bytes, tx.local_bytes, rx.local_packets, tx.local_packets
        )


class Hop(NamedTuple):
    """From one device to another: what the machine forwards."""

    from_ifindex: int
    to_ifindex: int


class Passed(NamedTuple):
    """IP bytes and packets on the wire that took a hop; cumulative."""

    bytes: int = 0
    packets: int = 0

    def since(self, before: Passed) -> Passed:
        """The difference to an earlier reading of the same counter."""
        return Passed(self.bytes - before.bytes, self.packets - before.packets)


class Peer(NamedTuple):
    """Where a virtual pair leads, and what its end here was: it may be gone by now.

    Attributes:
        netns: inode number of the network namespace at the other end.
        ifindex: of the device there.
        master: ifindex of the bridge that the end here was a port of; 0 without one.
        name: of the end here.
    """

    netns: int
    ifindex: int
    master: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """All wire counters of one kernel map at one instant, absolute.

    Attributes:
        wires: by ifindex, of the devices that are watched.
        hops: what was forwarded from or to one of them.
        peers: where the devices lead that something was forwarded into; no counters.
    """

    wires: dict[int, Wire]
    hops: dict[Hop, Passed]
    peers: dict[int, Peer] = field(default_factory=dict)


class Framing(NamedTuple):
    """How a driver counts one direction.

    Attributes:
        header_bytes: what it counts beside IP for each packet it counts.
        counts_whole: whether a super-packet is one packet to it; None while none came.
        is_measured: False for a default.
    """

    header_bytes: int
    counts_whole: bool | None = None
    is_measured: bool = False

    def counts_as_one(self, packets: int, way: Way) -> bool:
        """Whether super-packets were one packet each in a count of the driver.

        Args:
            packets: what the driver counted.
            way: what passed meanwhile.
        """
        if self.counts_whole is not None:
            return self.counts_whole
        return abs(packets - way.skbs) < abs(packets - way.packets)

    def is_exact(self, way: Way | None) -> bool:
        """Whether IP bytes are known and not assumed.

        Args:
            way: what passed; None when nobody saw it.
        """
        if way is None:
            return self.is_measured and self.counts_whole is False
        is_plain = way.packets == way.skbs
        return self.is_measured and (is_plain or self.counts_whole is not None)


class Calibration(NamedTuple):
    """How a driver counts."""

    rx: Framing
    tx: Framing

    def is_exact(self, wire: Wire | None) -> bool:
        """Whether IP bytes are known and not assumed, in both directions.

        Args:
            wire: what passed; None when nobody saw it.
        """
        rx, tx = wire or (None, None)
        return self.rx.is_exact(rx) and self.tx.is_exact(tx)


def assumed(*, is_ethernet: bool) -> Calibration:
    """What is taken for true of a device until it is measured.

    Args:
        is_ethernet: ARPHRD_ETHER, as Wi-Fi says too; modems in raw IP mode, PPP and
            tunnels have no header.
    """
    framing = Framing(ETHERNET_HEADER_BYTES if is_ethernet else 0)
    return Calibration(framing, framing)


def _measured(counter_bytes: int, packets: int, way: Way) -> Framing | None:
    """How these numbers of a driver and of the wire fit together; None if they do not.

    Only readings of the same packets fit: whoever counted first has fewer.
    """
    if packets < LEAST_PACKETS:
        return None
    handed_bytes = way.skb_bytes + way.extra_bytes
    segmented_bytes = way.bytes - way.skb_bytes
    for counts_whole, as_many, ip_bytes in (
        (False, way.packets, handed_bytes + segmented_bytes),
        (True, way.skbs, handed_bytes),
    ):
        header_bytes, rest = divmod(counter_bytes - ip_bytes, packets)
        fits = packets == as_many and not rest
        if fits and 0 <= header_bytes <= MOST_HEADER_BYTES:
            return Framing(header_bytes, counts_whole, is_measured=True)
    return None


def calibrate(believed: Calibration, counter: Traffic, wire: Wire) -> Calibration:
    """Learn how a driver counts, from what it and the wire counted at once.

    Args:
        believed: until now.
        counter: difference of the raw counters over some time.
        wire: difference of the wire's over the same time.

    Returns:
        The same, with each direction that could be measured. Without super-packets in
        it, a measurement leaves open how these are counted, and what was known of that
        stays.
    """
    rx = _measured(counter.rx_bytes, counter.rx_packets, wire.rx)
    tx = _measured(counter.tx_bytes, counter.tx_packets, wire.tx)
    return Calibration(
        _learned(believed.rx, rx, wire.rx), _learned(believed.tx, tx, wire.tx)
    )


def _learned(believed: Framing, found: Framing | None, way: Way) -> Framing:
    if found is None:
        return believed
    if way.packets == way.skbs:
        return found._replace(counts_whole=believed.counts_whole)
    return found


def l3(counter: Traffic, wire: Wire, calibration: Calibration) -> Traffic:
    """The IP packets in what a driver counted.

    Args:
        counter: difference of the raw counters.
        wire: of the wire's; empty where there is none (no super-packets then).
        calibration: how this driver counts.
    """
    rx = _l3(counter.rx_bytes, counter.rx_packets, wire.rx, calibration.rx)
    tx = _l3(counter.tx_bytes, counter.tx_packets, wire.tx, calibration.tx)
    return Traffic(rx.bytes, tx.bytes, rx.packets, tx.packets)


def _l3(counter_bytes: int, packets: int, way: Way, framing: Framing) -> Passed:
    left_bytes = counter_bytes - framing.header_bytes * packets - way.extra_bytes
    if not framing.counts_as_one(packets, way):
        return Passed(left_bytes, packets)
    return Passed(
        left_bytes + way.bytes - way.skb_bytes, packets + way.packets - way.skbs
    )


def counter(wire: Wire, calibration: Calibration) -> Traffic:
    """What a driver counted of what passed: of one that is gone with its counters.

    Args:
        wire: what passed.
        calibration: how this driver counted.
    """
    rx, tx = _counter(wire.rx, calibration.rx), _counter(wire.tx, calibration.tx)
    return Traffic(rx.bytes, tx.bytes, rx.packets, tx.packets)


def _counter(way: Way, framing: Framing) -> Passed:
    ip_bytes, packets = way.bytes, way.packets
    if framing.counts_whole:
        ip_bytes, packets = way.skb_bytes, way.skbs
    return Passed(ip_bytes + way.extra_bytes + framing.header_bytes * packets, packets)


NOTHING: Final = Reading({}, {})
"""What a map holds when it is new."""


def usage(before: Reading, now: Reading) -> Reading:
    """The difference of two readings of the same map.

    Args:
        before: what is not in it began at zero since.
        now: the later one.

    Returns:
        Devices that are watched, and hops that moved.
    """
    hops = {
        hop: passed.since(before.hops.get(hop, Passed()))
        for hop, passed in now.hops.items()
    }
    return Reading(
        wires={
            ifindex: wire.since(before.wires.get(ifindex, Wire()))
            for ifindex, wire in now.wires.items()
        },
        hops={hop: moved for hop, moved in hops.items() if any(moved)},
        peers=now.peers,
    )
