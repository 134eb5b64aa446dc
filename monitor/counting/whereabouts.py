"""What devices there are and what they are attached to, from tick to tick."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from monitor.applications import unclassified
from monitor.attribution.shares import Surroundings
from monitor.networks import attaching

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from monitor.counters import DeviceUsage
    from monitor.counting.wire_rows import DeviceBill, WireRows
    from monitor.devices import Link
    from monitor.networks.uplink import Network
    from monitor.sources import Sources
    from monitor.usage import Attachment, Process

_NOWHERE: Final = Surroundings(0, {}, {}, {})


@dataclass(slots=True)
class Whereabouts:
    """Where this machine is, as of the last tick.

    Attributes:
        sources: the kernel, and who knows networks.
        rules: the person's word on interfaces; a reload replaces it.
        class_of: whether a person is in front of a process; the daemon sets it.
        networks: what devices are attached to, by name.
        news: networks that were met or changed with the last tick, by key.
        note: what a person should know of the choice of interfaces.
        around: the same for attribution.
    """

    sources: Sources
    rules: attaching.InterfaceRules
    class_of: Callable[[Process], str] = unclassified
    networks: Mapping[str, Network] = field(default_factory=dict)
    news: Mapping[str, Network] = field(default_factory=dict)
    note: str = ""
    around: Surroundings = _NOWHERE

    @property
    def attached(self) -> Mapping[int, Attachment]:
        """Every device but loopback with its network, by ifindex."""
        return self.around.devices

    @property
    def carrying(self) -> list[Attachment]:
        """Those of them that can carry something."""
        links = self.around.links
        return [where for index, where in self.attached.items() if links[index].is_up]

    def part(
        self, wires: WireRows, known: Container[int]
    ) -> dict[int, tuple[Attachment, DeviceBill]]:
        """Devices that are gone, but moved something before.

        Args:
            wires: have seen that; the counters of a device go with it.
            known: ifindexes of those that are there, or of whose end the kernel told.

        Returns:
            Where they were attached, and their last bills.
        """
        gone = {i: each for i, each in self.attached.items() if i not in known}
        bills = {
            ifindex: wires.parted(self.around.links[ifindex])
            for ifindex, where in gone.items()
            if where.billed
        }
        return {i: (gone[i], bill) for i, bill in bills.items() if bill is not None}

    def look(
        self,
        links: Mapping[int, Link],
        routes: frozenset[str],
        left: Mapping[int, Link],
    ) -> dict[int, Attachment]:
        """See what devices are attached to now.

        Args:
            links: all devices by ifindex.
            routes: names of those with a default route.
            left: what went since the tick before. It is where it was then; of what
                nobody has seen before only the name is known.
        """
        before, self.networks = self.networks, self.sources.networks(links)
        known = list(before.values())
        self.news = {n.key: n for n in self.networks.values() if n not in known}
        found = attaching.attach(links, self.rules, routes, self.networks)
        self.note = found.note
        if not left:
            return found.devices
        names = {where.device: where for where in self.attached.values()}
        fleeting = attaching.attach({**links, **left}, self.rules, routes).devices
        return found.devices | {
            ifindex: self.attached.get(ifindex) or names.get(where.device, where)
            for ifindex, where in fleeting.items()
            if ifindex in left
        }

    def surround(
        self,
        attached: Mapping[int, Attachment],
        links: Mapping[int, Link],
        usage: Iterable[DeviceUsage],
        bills: Mapping[int, DeviceBill],
    ) -> Surroundings:
        """Take in what is around in this tick.

        Args:
            attached: as `look` found it.
            links: all devices by ifindex.
            usage: of the devices.
            bills: of the devices: they say whether they are exact.
        """
        exact = {ifindex: bill.is_exact for ifindex, bill in bills.items()}
        gone = {i: self.around.links[i] for i in attached.keys() - links.keys()}
        self.around = Surroundings(
            netns=self.sources.netns,
            devices={
                ifindex: replace(each, l3_exact=exact.get(ifindex, False))
                for ifindex, each in attached.items()
            },
            lowers=attaching.lowers(links, attached),
            weights={use.device.ifindex: use.traffic.bytes for use in usage},
            class_of=self.class_of,
            links=gone | dict(links),
        )
        return self.around

    def forget_gone(self, links: Container[int]) -> None:
        """What is gone has had its last bill."""
        there = {i: each for i, each in self.attached.items() if i in links}
        self.around = replace(self.around, devices=there)
