"""Devices that went between two ticks: their last bytes, to the byte.

The kernel says what they had counted (`collectors.departures`). So nothing is lost of a
device that came and went between two ticks, nor of the last moments of one that was
known. One that moved to another namespace counts on there; should it come back, what it
had counted before is not counted again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.counters import DeviceUsage, Outcome
from monitor.devices import DeviceCounters
from monitor.usage import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.counting.wire_rows import DeviceBill
    from monitor.devices import Departure, Link

_VETH: Final = "veth"
MOST_AWAY: Final = 512
"""Devices in other namespaces that may come back."""


class Left(NamedTuple):
    """What went.

    Attributes:
        usage: since the tick before.
        links: what they were, by the index of the usage. That is negative where
            several devices had the index: the wire's counters are of all of them.
        reused: indexes of such devices.
        lost: whether the kernel had more to say than there was room for.
    """

    usage: list[DeviceUsage]
    links: dict[int, Link]
    reused: set[int]
    lost: bool


class Leaving:
    """What is known of devices that went.

    Attributes:
        told: ifindexes of those of the last tick.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._away: dict[tuple[int, str, bytes | str], Traffic] = {}
        self._settled: set[int] = set()
        self._waiting: list[Departure] = []
        self._late: list[Departure] = []
        self.told: frozenset[int] = frozenset()
        self._back: list[Departure] = []
        self._lost = False

    def hear(self, said: tuple[list[Departure], bool]) -> None:
        """Keep what went before the devices are listed, until a tick succeeds.

        Args:
            said: departures in their order, and whether there were more.
        """
        self._waiting += [*self._late, *said[0]]
        self._late = []
        self._lost |= said[1]

    def hear_late(self, said: tuple[list[Departure], bool]) -> None:
        """Keep what went while they were listed: that is of the next tick.

        Args:
            said: departures in their order, and whether there were more.
        """
        self._late += said[0]
        self._lost |= said[1]

    def settle(
        self,
        devices: dict[int, DeviceCounters],
        links: Mapping[int, Link],
        *,
        baseline: bool,
    ) -> Left:
        """Subtract what they had counted at the tick before.

        Args:
            devices: last counters by ifindex; those of what went are taken out.
            links: the devices that are there.
            baseline: the very first sight of the store: nothing is usage yet.
        """
        departures = self._waiting
        had = Counter([each.link.ifindex for each in departures])
        self.told = frozenset(had)
        reused = {ifindex for ifindex in had if had[ifindex] > 1 or ifindex in links}
        left = Left([], {}, reused, self._lost)
        self._waiting, self._lost = [], False
        for number, gone in enumerate(departures, 1):
            before = devices.pop(gone.link.ifindex, None)
            traffic, outcome = self._since(before, gone)
            if gone.moved:
                self._keep(gone, before)
            if baseline:
                continue
            ifindex = gone.link.ifindex
            if ifindex in reused:
                ifindex, outcome = -number, Outcome.OK
            device = DeviceCounters(gone.link.name, ifindex, gone.counter)
            left.usage.append(DeviceUsage(device, traffic, outcome))
            left.links[ifindex] = replace(gone.link, ifindex=ifindex)
        return left

    def _since(
        self, before: DeviceCounters | None, gone: Departure
    ) -> tuple[Traffic, Outcome]:
        """What it moved until its end: no counter restarts at that."""
        if before is not None:
            known = before.counter
        else:
            known = self._away.pop(_identity(gone.link), Traffic())
        moved = gone.counter - known
        # A virtual pair has lost its other end by then, which counts what comes in.
        fell = moved != moved.clamped() or gone.link.kind == _VETH
        is_cut = before is not None and fell
        if gone.link.ifindex in self._settled:
            # What was taken for its end was a guess, and may be a little too much.
            self._settled.discard(gone.link.ifindex)
            is_cut = False
        return moved.clamped(), Outcome.CUT if is_cut else Outcome.OK

    def _keep(self, gone: Departure, before: DeviceCounters | None) -> None:
        if gone in self._back:
            self._back.remove(gone)
            return
        # It may be back by now under its index, and have been seen so.
        known = before.counter if before is not None else Traffic()
        self._away[_identity(gone.link)] = gone.counter.at_least(known)
        while len(self._away) > MOST_AWAY:
            del self._away[next(iter(self._away))]

    def come_back(
        self,
        current: Iterable[DeviceCounters],
        devices: dict[int, DeviceCounters],
        links: Mapping[int, Link],
    ) -> None:
        """Go on with a device where it left for another namespace.

        Args:
            current: the snapshot now.
            devices: last counters by ifindex; those of what came back are added.
            links: the devices that are there.
        """
        # What was heard while the devices were read went before it could come back.
        away = {_identity(each.link): each for each in self._late if each.moved}
        if not self._away and not away:
            return
        for device in current:
            link = links.get(device.ifindex)
            if link is None or device.ifindex in devices:
                continue
            known = self._away.pop(_identity(link), None)
            if known is None and (gone := away.pop(_identity(link), None)):
                self._back.append(gone)
                known = gone.counter
            if known is not None:
                devices[device.ifindex] = replace(device, counter=known)

    def guessed(
        self, bills: Mapping[int, DeviceBill], devices: dict[int, DeviceCounters]
    ) -> None:
        """Bills were made of what the wire showed: the kernel's last word is to come.

        Args:
            bills: by ifindex.
            devices: last counters by ifindex; raised by these bills.
        """
        for ifindex, each in bills.items():
            before = devices.get(ifindex)
            if before is not None:
                counter = before.counter + each.bill.counter
                devices[ifindex] = replace(before, counter=counter)
                self._settled.add(ifindex)


def _identity(link: Link) -> tuple[int, str, bytes | str]:
    """Which device it is: by its hardware address, or else by its name."""
    return link.arphrd, link.kind, link.address.strip(b"\0") or link.name
