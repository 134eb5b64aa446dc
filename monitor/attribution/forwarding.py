"""What this machine forwards over an uplink, by who is behind it.

Pure. The kernel counts what it hands from one device to another, exactly (`wire.Hop`).
That is better than to conclude it (the bill, less the rows of sockets, less what
tunnels carried), which would hold every error of the others. On the uplink these are
bytes of the downstream device: a hotspot's, a bridge's. Where containers are behind it,
their own rows (of another network namespace) say which of them it was: each gets what
it moved, up to what was forwarded for it; the rest stays the device's.

What a container moves without the uplink is in none of this. What it receives over the
uplink is known by its port of the bridge; of what it sends, the same fraction is taken
to have left over the uplink as of the packets that it received, where there is not
enough for all. That is exact for one that only talks to the Internet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from monitor.attribution.dividing import Divider, Limits, split, split_traffic
from monitor.attribution.recent import Recent
from monitor.attribution.shares import NO_UID, Attributed
from monitor.usage import FORWARDED, SOCKET, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from monitor.devices import Link
    from monitor.usage import Attachment, Process
    from monitor.wire import Hop, Passed

_K = TypeVar("_K", bound="Hashable")
_Nested = defaultdict[int, dict[_K, Traffic]]

_RECEIVED: Final = ("rx_bytes", "rx_packets")
# A device is a port of such a master: what comes in by it, comes from the master.
_SWITCHES: Final = frozenset({"bridge", "bond", "team", "openvswitch"})


@dataclass(frozen=True, slots=True)
class Ground:
    """What forwarding needs to know of the devices at this tick.

    Attributes:
        links: all of them by ifindex.
        uplinks: those whose bytes are explained: billed ones, and tunnels.
        lowers: billed devices beneath others, by ifindex.
        weights: bytes that each device moved in this tick, to share those of a bond.
        ports: the device here that leads to a container, by the attachment on which
            the container's rows are booked.
    """

    links: Mapping[int, Link]
    uplinks: Mapping[int, Attachment]
    lowers: Mapping[int, tuple[int, ...]]
    weights: Mapping[int, int]
    ports: Mapping[Attachment, int]

    def behind(self, ifindex: int) -> int:
        """The device that stands for a port: its bridge, else itself."""
        link = self.links.get(ifindex)
        if link is None or link.master not in self.links:
            return ifindex
        return link.master if self.links[link.master].kind in _SWITCHES else ifindex

    def counts(self, flow: _Flow) -> bool:
        """Whether a hop by this device is to be counted, and not that by its bridge."""
        # Two ports of one bridge: it only switches between them.
        return flow.ifindex == (behind := self.behind(flow.ifindex)) or (
            self.behind(flow.by) == behind
        )

    def name(self, ifindex: int) -> str:
        """Of a device, for people."""
        link = self.links.get(ifindex)
        return link.name if link else f"if{ifindex}"


class _Claimant(NamedTuple):
    """Rows of a container's process.

    Attributes:
        port: which leads to the container.
        origin: where its rows are booked.
        share: whose they are.
        process: the process.
    """

    port: int
    origin: Attachment
    share: Share
    process: Process | None


class _Flow(NamedTuple):
    """What took one hop over an uplink, as the uplink sees it.

    Attributes:
        by: the uplink, or what is above it.
        uplink: what bills it.
        ifindex: the device on the other side.
        traffic: received or sent.
    """

    by: int
    uplink: Attachment
    ifindex: int
    traffic: Traffic


def _flows(hops: Mapping[Hop, Passed], ground: Ground) -> Iterator[_Flow]:
    for (from_ifindex, to_ifindex), passed in hops.items():
        up = Traffic(tx_bytes=passed.bytes, tx_packets=passed.packets)
        down = Traffic(rx_bytes=passed.bytes, rx_packets=passed.packets)
        if uplink := ground.uplinks.get(to_ifindex):
            yield _Flow(to_ifindex, uplink, from_ifindex, up)
        if uplink := ground.uplinks.get(from_ifindex):
            yield _Flow(from_ifindex, uplink, to_ifindex, down)
        elif beneath := ground.lowers.get(from_ifindex):
            # Of a bond or VLAN the kernel says the upper device where packets came in.
            weights = [ground.weights.get(i, 0) for i in beneath]
            parts = split_traffic(down, weights)
            for lower, part in zip(beneath, parts, strict=True):
                yield _Flow(from_ifindex, ground.uplinks[lower], to_ifindex, part)


class _Downstream:
    """One device behind the uplinks, over time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._divider: Divider[Attachment, _Claimant] = Divider()
        # By port: what it got over the uplinks, and what the container received at all.
        self._arrived: dict[str, Recent[int]] = {name: Recent() for name in _RECEIVED}
        self._received: Recent[int] = Recent()

    def __bool__(self) -> bool:
        return bool(self._divider)

    def forward(
        self,
        flows: Mapping[Attachment, Traffic],
        claims: Mapping[_Claimant, Traffic],
        arrived: Mapping[int, Traffic],
    ) -> Iterator[Attributed]:
        """Rows that add up to what each uplink forwarded for it.

        What becomes a container's on an uplink is taken off where its rows are booked.
        """
        self._note(claims, arrived)
        paid, rest = self._divider.divide(flows, claims, self._limits())
        for (uplink, claimant), traffic in paid.items():
            _, origin, share, process = claimant
            kind = FORWARDED if share.kind == SOCKET else share.kind
            there = replace(share, kind=kind, via=self._name)
            yield Attributed(uplink, there, process, traffic)
            yield Attributed(origin, share, process, Traffic() - traffic)
        for uplink, traffic in rest.items():
            yield Attributed(
                uplink,
                Share(None, kind=FORWARDED, uid=NO_UID, via=self._name),
                None,
                traffic,
            )

    def _note(
        self, claims: Mapping[_Claimant, Traffic], arrived: Mapping[int, Traffic]
    ) -> None:
        for name, recent in self._arrived.items():
            recent.begin_tick()
            for port, traffic in arrived.items():
                recent.add(port, getattr(traffic, name))
        self._received.begin_tick()
        for claimant, traffic in claims.items():
            self._received.add(claimant.port, traffic.rx_packets)

    def _limits(self) -> Limits[_Claimant]:
        return Limits(
            rx_bytes=partial(self._limited, "rx_bytes"),
            rx_packets=partial(self._limited, "rx_packets"),
            tx_bytes=partial(self._limited, ""),
            tx_packets=partial(self._limited, ""),
        )

    def _limited(
        self,
        name: str,
        wanted: Mapping[_Claimant, int],
        had: Mapping[_Claimant, int],
    ) -> dict[_Claimant, int]:
        """By port: what arrived there, or the fraction of what was sent."""
        arrived = self._arrived[name or "rx_packets"].sums()
        received = self._received.sums()
        allowed: dict[_Claimant, int] = {}
        for port in {claimant.port for claimant in wanted}:
            members = [each for each in wanted if each.port == port]
            asked = [wanted[each] for each in members]
            before = sum(n for each, n in had.items() if each.port == port)
            if name:
                most = arrived[port]
            elif received[port] > arrived[port]:
                most = (sum(asked) + before) * arrived[port] // received[port]
            else:
                most = sum(asked) + before
            now = max(0, min(sum(asked), most - before))
            allowed.update(zip(members, split(now, asked), strict=True))
        return allowed


class Forwarding:
    """All devices behind the uplinks."""

    def __init__(self) -> None:
        """Know none yet."""
        self._downstreams: dict[int, _Downstream] = {}

    def share(
        self, rows: Iterable[Attributed], hops: Mapping[Hop, Passed], ground: Ground
    ) -> list[Attributed]:
        """Rows of what was forwarded in one tick.

        Args:
            rows: those of sockets; containers' are among them.
            hops: what was handed from one device to another.
            ground: the devices.

        Returns:
            Rows to be added; on each uplink they add up to what was forwarded over it.
        """
        flows: _Nested[Attachment] = defaultdict(dict)
        arrived: _Nested[int] = defaultdict(dict)
        for flow in _flows(hops, ground):
            where = ground.behind(flow.ifindex)
            _add(arrived[where], flow.ifindex, flow.traffic)
            if ground.counts(flow):
                _add(flows[where], flow.uplink, flow.traffic)
        claims: _Nested[_Claimant] = defaultdict(dict)
        for row in rows:
            port = ground.ports.get(row.attachment)
            if port is not None:
                claimant = _Claimant(port, row.attachment, row.share, row.process)
                _add(claims[ground.behind(port)], claimant, row.traffic)
        found: list[Attributed] = []
        for ifindex in {*flows, *claims, *self._downstreams}:
            each = self._downstreams.setdefault(
                ifindex, _Downstream(ground.name(ifindex))
            )
            found += each.forward(flows[ifindex], claims[ifindex], arrived[ifindex])
            if not each:
                del self._downstreams[ifindex]
        return found


def _add(sums: dict[_K, Traffic], key: _K, traffic: Traffic) -> None:
    sums[key] = sums.get(key, Traffic()) + traffic
