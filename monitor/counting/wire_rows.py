"""What devices move on the wire, between two ticks: bills of IP packets, to the byte.

Holds the last counters (the checkpoint), and how the driver of each device counts. That
is measured whenever driver and wire have counted the same packets, and kept by the
device's name, so that it holds also while nobody sees the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor import wire
from monitor.counters import Outcome
from monitor.networks.attaching import ARPHRD_ETHER, NEIGHBOURS, local_networks
from monitor.usage import Bill, Traffic
from monitor.wire import LEAST_PACKETS, NOTHING, Calibration, Reading, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from ipaddress import IPv4Network, IPv6Network

    from monitor.counters import DeviceUsage
    from monitor.devices import Link
    from monitor.sources import WireSource
    from monitor.store.batch import Batch, Resume
    from monitor.usage import Attachment

    Addresses = Callable[[], Mapping[str, Iterable[IPv4Network | IPv6Network]]]

MOST_PACKETS: Final = 100_000
"""A window that was begun between two readings of the same packet never fits."""


class DeviceBill(NamedTuple):
    """What one device moved.

    Attributes:
        bill: raw counters, and what a carrier bills of them.
        local: IP packets that no carrier sees.
        is_exact: whether the IP bytes are known, and not assumed.
    """

    bill: Bill
    local: Traffic
    is_exact: bool


class WireRows:
    """What is known of the devices.

    Attributes:
        moved: on the wire since the tick before; empty where nobody saw it.
    """

    def __init__(self, source: WireSource | None) -> None:
        """Know nothing yet.

        Args:
            source: the kernel; None where it does not show the wire.
        """
        self.moved = NOTHING
        self._source = source
        self._last = NOTHING
        self._calibrations: dict[str, Calibration] = {}
        self._learned: dict[str, Calibration] = {}
        self._windows: dict[int, tuple[Traffic, Wire]] = {}
        self._watched: frozenset[int] = frozenset()
        self._gone: set[int] = set()
        self._prefixes: frozenset[tuple[int, IPv4Network | IPv6Network]] = frozenset()

    def resume(self, resume: Resume, *, is_same_map: bool) -> None:
        """Take up by the checkpoint.

        Args:
            resume: what the store knows.
            is_same_map: whether its counters are of the map that is read now.
        """
        self._calibrations = dict(resume.calibrations)
        if is_same_map:
            self._last = resume.wire

    def read(self) -> Reading:
        """All counters now; nothing where nobody sees the wire.

        Raises:
            SourceError: the kernel refused.
        """
        return self._source.read() if self._source else NOTHING

    def observe(
        self, reading: Reading, usage: Iterable[DeviceUsage], links: Mapping[int, Link]
    ) -> dict[int, DeviceBill]:
        """Subtract, learn how drivers count, and make the bills.

        Args:
            reading: of the wire, taken together with the devices' counters.
            usage: of the devices.
            links: what the devices are.

        Returns:
            By ifindex; devices that nobody knows are left out.
        """
        self.moved = wire.usage(self._last, reading)
        return {
            each.device.ifindex: self._bill(each, links[each.device.ifindex])
            for each in usage
            if each.device.ifindex in links
        }

    def _bill(self, usage: DeviceUsage, link: Link) -> DeviceBill:
        known = self._known(link)
        passed = self.moved.wires.get(link.ifindex)
        if usage.outcome in (Outcome.RESTART, Outcome.BASELINE):
            passed = None  # more of it than the counter has now
            self._windows.pop(link.ifindex, None)
        elif passed is not None and usage.outcome is not Outcome.CUT:
            known = self._learn(link, known, usage.traffic, passed)
        seen = passed or Wire()
        counter = usage.traffic
        if usage.outcome is Outcome.CUT:
            counter = counter.filled(wire.counter(seen, known))
        billed = wire.l3(counter, seen, known) - seen.local
        return DeviceBill(Bill(counter, billed), seen.local, known.is_exact(passed))

    def parted(self, link: Link) -> DeviceBill | None:
        """What a device moved until it was pulled out, and its counters with it.

        Args:
            link: the device, as it was.

        Returns:
            None where nobody saw that it moved anything.
        """
        passed = self.moved.wires.get(link.ifindex, Wire())
        if passed == Wire():
            return None
        known = self._known(link)
        bill = Bill(wire.counter(passed, known), passed.traffic - passed.local)
        return DeviceBill(bill, passed.local, is_exact=True)

    def _known(self, link: Link) -> Calibration:
        known = self._calibrations.get(link.name)
        if known is None:
            return wire.assumed(is_ethernet=link.arphrd == ARPHRD_ETHER)
        return known

    def _learn(
        self, link: Link, known: Calibration, counter: Traffic, passed: Wire
    ) -> Calibration:
        """Calibrate over some ticks, until there are packets enough to tell."""
        before, seen = self._windows.pop(link.ifindex, (Traffic(), Wire()))
        counter, passed = before + counter, seen.plus(passed)
        packets = (counter.rx_packets, counter.tx_packets)
        if min(packets) < LEAST_PACKETS and max(packets) < MOST_PACKETS:
            self._windows[link.ifindex] = (counter, passed)
        found = wire.calibrate(known, counter, passed)
        if found != known:
            self._calibrations[link.name] = self._learned[link.name] = found
        return found

    def remember(self, reading: Reading, batch: Batch) -> None:
        """Advance the checkpoint to this reading, in the batch that will be flushed."""
        if reading != self._last:
            batch.wire = reading
        self._last = reading
        batch.calibrations |= self._learned
        self._learned = {}

    def attend(
        self,
        devices: Mapping[int, Attachment],
        besides: Iterable[int],
        addresses: Addresses,
    ) -> None:
        """Have the kernel count what is billed, and know what is no carrier's business.

        Args:
            devices: every device with its network.
            besides: ifindexes of those that are not billed, but watched too.
            addresses: direct networks by device; asked only where there is a tether.

        Raises:
            SourceError: the kernel refused.
        """
        if self._source is None:
            return
        billed = {i for i, each in devices.items() if each.billed}
        watched = frozenset(billed.union(besides))
        if watched != self._watched:
            self._source.watch(watched)
            self._watched = watched
        self._forget_gone(self._source, devices)
        self._set_prefixes(devices, addresses)

    def _forget_gone(
        self, source: WireSource, devices: Mapping[int, Attachment]
    ) -> None:
        """Let go of what was forwarded over devices that two ticks did not see.

        One tick alone may have listed the devices before the newest of them came.
        """
        wires, hops, peers = self._last.wires, self._last.hops, self._last.peers
        met = peers.keys() | {ifindex for hop in hops for ifindex in hop}
        gone = met - devices.keys()
        if forgotten := gone & self._gone:
            source.forget_hops(met - forgotten)
            self._last = Reading(
                wires,
                {hop: each for hop, each in hops.items() if not forgotten & {*hop}},
                {i: peer for i, peer in peers.items() if i not in forgotten},
            )
        self._gone = gone

    def _set_prefixes(
        self, devices: Mapping[int, Attachment], addresses: Addresses
    ) -> None:
        tethers = {i: each.device for i, each in devices.items() if each.tethered}
        direct = addresses() if tethers else {}
        prefixes = frozenset(
            (ifindex, network)
            for ifindex, device in tethers.items()
            for network in (*NEIGHBOURS, *local_networks(direct.get(device, ())))
        )
        if self._source is not None and prefixes != self._prefixes:
            self._source.set_local_prefixes(prefixes)
            self._prefixes = prefixes
