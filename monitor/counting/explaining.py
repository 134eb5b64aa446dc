"""Whose bytes a tick moved: socket rows, what was forwarded, what tunnels carried.

Puts the pure parts in order (`attribution`, `forwarding`, `tunnels`) and finds for them
which device leads to a container (`containers`) and which program holds a tunnel. A
device that is gone is remembered for as long as its bytes may still be claimed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitor.attribution.containers import Containers
from monitor.attribution.forwarding import Forwarding, Ground
from monitor.attribution.kernel_tunnels import KernelTunnels, Wired
from monitor.attribution.recent import PATIENCE_TICKS
from monitor.attribution.shares import attribute
from monitor.attribution.tunnels import HeldTunnels, Tunnel, held
from monitor.devices import Link
from monitor.errors import SourceError
from monitor.networks.attaching import ARPHRD_ETHER, KERNEL_TUNNELS, TUN
from monitor.usage import Attachment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.attribution.shares import Attributed, Surroundings
    from monitor.sources import Sources
    from monitor.usage import Owner, Process, SocketKey, Traffic
    from monitor.wire import Peer, Reading

    Find = Callable[[Owner], Process]


class _Seen(NamedTuple):
    """A device, and how many ticks it is gone."""

    link: Link
    attachment: Attachment
    gone_ticks: int


def watched_besides(around: Surroundings) -> set[int]:
    """Devices whose hops tell something, though they are not billed themselves.

    Args:
        around: the machine at this tick.

    Returns:
        Tunnels, and what sits on billed devices.
    """
    tunnels = {
        ifindex
        for ifindex, device in around.devices.items()
        if _is_tunnel(around.links[ifindex], around.links) and not device.billed
    }
    return tunnels | around.lowers.keys()


def _is_tunnel(link: Link, links: Mapping[int, Link]) -> bool:
    """A port of a bridge is none: behind such a TAP device is a virtual machine."""
    master = links.get(link.master)
    is_port = master is not None and master.kind == "bridge"
    return link.kind in KERNEL_TUNNELS or (link.kind == TUN and not is_port)


class Explaining:
    """What must be remembered from tick to tick."""

    def __init__(self, sources: Sources) -> None:
        """Know nothing yet.

        Args:
            sources: the kernel.
        """
        self._sources = sources
        self._seen: dict[int, _Seen] = {}
        self._holders: dict[int, frozenset[Owner]] = {}
        self._tuns: set[int] = set()
        self._containers = Containers(sources.find_nsid)
        self._forwarding = Forwarding()
        self._held = HeldTunnels()
        self._kernel = KernelTunnels()

    def explain(
        self,
        changed: Mapping[SocketKey, Traffic],
        moved: Reading,
        around: Surroundings,
        find: Find,
    ) -> list[Attributed]:
        """Rows whose sums by device are what sockets and forwarding moved over it.

        Args:
            changed: signed differences by row.
            moved: by the devices.
            around: the machine at this tick.
            find: facts of an owner.
        """
        around = self._with_gone(_with_unseen(around, moved.peers))
        tunnels = {
            ifindex: around.devices[ifindex]
            for ifindex, link in around.links.items()
            if ifindex in around.devices
            and _is_tunnel(link, around.links)
            and not around.devices[ifindex].billed
        }
        self._find_holders(changed, moved, around, tunnels)
        billed = {i: each for i, each in around.devices.items() if each.billed}
        foreign = [key for key in changed if key.netns not in (around.netns, 0)]
        ground = Ground(
            links=around.links,
            uplinks=billed | tunnels,
            lowers=around.lowers,
            weights=around.weights,
            ports=self._containers.ports(foreign, around.links, moved.peers, find),
        )
        rows = attribute(changed, around, find)
        rows += self._forwarding.share(rows, moved.hops, ground)
        names = {each.device for each in around.devices.values()}
        rows = self._held.share(rows, held(self._holders, tunnels), names)
        wires = {ifindex: wire.traffic for ifindex, wire in moved.wires.items()}
        wired = _wired(tunnels, billed, around)
        return [*rows, *self._kernel.share(rows, wired, wires)]

    def _with_gone(self, around: Surroundings) -> Surroundings:
        """The machine, with devices that went a moment ago.

        Of these, only tunnels and what is behind others: what was billed has no bill
        any more.
        """
        for ifindex, (link, attachment, ticks) in list(self._seen.items()):
            if ticks >= PATIENCE_TICKS:
                del self._seen[ifindex]
            else:
                self._seen[ifindex] = _Seen(link, attachment, ticks + 1)
        for ifindex, attachment in around.devices.items():
            self._seen[ifindex] = _Seen(around.links[ifindex], attachment, 0)
        gone = {
            ifindex: attachment
            for ifindex, (_, attachment, ticks) in self._seen.items()
            if ticks and not attachment.billed
        }
        links = {ifindex: self._seen[ifindex].link for ifindex in gone}
        return replace(
            around,
            devices=gone | dict(around.devices),
            links=links | dict(around.links),
        )

    def _find_holders(
        self,
        changed: Mapping[SocketKey, Traffic],
        moved: Reading,
        around: Surroundings,
        tunnels: Mapping[int, Attachment],
    ) -> None:
        """Look for them where there are others than before, or one is not known.

        The kernel walks over all open files for that.
        """
        tuns = {i for i in tunnels if around.links[i].kind == TUN}
        source = self._sources.sockets.wires if self._sources.sockets else None
        if source is None:
            return
        active = {key.ifindex for key in changed if key.netns == around.netns}
        active.update(ifindex for hop in moved.hops for ifindex in hop)
        owners = {key.owner for key in changed}
        silent = {
            ifindex
            for ifindex in tuns & active
            if not self._holders.get(ifindex, frozenset()) & owners
        }
        if (tuns and tuns != self._tuns) or silent:
            with suppress(SourceError):  # that must not stop a tick
                self._holders |= source.tun_holders()
        self._holders = {i: each for i, each in self._holders.items() if i in tuns}
        self._tuns = tuns


def _with_unseen(around: Surroundings, peers: Mapping[int, Peer]) -> Surroundings:
    """The machine, with ends of virtual pairs that nobody saw while they were there."""
    unseen = {
        ifindex: Link(ifindex, peer.name, ARPHRD_ETHER, "veth", 0, peer.master)
        for ifindex, peer in peers.items()
        if ifindex not in around.links
    }
    if not unseen:
        return around
    devices = {
        ifindex: Attachment(f"if:{link.name}", link.name, billed=False)
        for ifindex, link in unseen.items()
    }
    return replace(
        around,
        devices=devices | dict(around.devices),
        links=unseen | dict(around.links),
    )


def _wired(
    tunnels: Mapping[int, Attachment],
    billed: Mapping[int, Attachment],
    around: Surroundings,
) -> list[Wired]:
    """Tunnels of the kernel with their carriers: what they sit on, else any."""
    found = []
    for ifindex, device in tunnels.items():
        link = around.links[ifindex]
        if link.kind in KERNEL_TUNNELS:
            beneath = around.lowers.get(link.lower, (link.lower,))
            carriers = {i: billed[i] for i in beneath if i in billed}
            found.append(Wired(Tunnel((device,)), carriers or billed))
    return found
