"""What a tunnel carried, given to the programs inside it.

Pure. A carrier sees the outer packets and bills them, once; what moved them are the
programs with rows on the tunnel device. Per tick and direction those get what they
moved inside, on the device that carried it; what the outer packets hold beyond that
(headers, padding, keep-alives, all else the VPN program does) is the tunnel's overhead.
Where the outer packets hold less (a tunnel that compresses), they are scaled down.

Here are TUN and TAP devices: their outer packets are rows of the program that holds the
other end, and are replaced. `kernel_tunnels` has the others. Rows on the tunnel device
itself stay, and are not billed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitor.attribution.dividing import Divider
from monitor.attribution.shares import Attributed
from monitor.networks.attaching import is_local
from monitor.usage import (
    INTERNET,
    LOCAL,
    SOCKET,
    TUNNEL,
    TUNNEL_OVERHEAD,
    Share,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitor.usage import Attachment, Owner, Process

    Claimant = tuple[Share, Process | None]


class Tunnel(NamedTuple):
    """Tunnel devices that are one to those who look from outside.

    Attributes:
        inside: the devices, the first of which gives it its name.
        holders: programs at the other end; none of a tunnel of the kernel.
    """

    inside: tuple[Attachment, ...]
    holders: frozenset[Owner] = frozenset()

    @property
    def name(self) -> str:
        """For people."""
        return self.inside[0].device


def held(
    holders: Mapping[int, frozenset[Owner]], devices: Mapping[int, Attachment]
) -> list[Tunnel]:
    """TUN devices by who holds them; one program may hold several.

    Args:
        holders: by ifindex.
        devices: attachments by ifindex; what is billed itself is no tunnel here.
    """
    found: list[Tunnel] = []
    for ifindex in sorted(holders):
        device = devices.get(ifindex)
        if device is None or device.billed or not holders[ifindex]:
            continue
        tunnel = Tunnel((device,), holders[ifindex])
        for other in [each for each in found if each.holders & tunnel.holders]:
            found.remove(other)
            tunnel = Tunnel(
                other.inside + tunnel.inside, other.holders | tunnel.holders
            )
        found.append(tunnel)
    return found


class Carriage:
    """One tunnel over time."""

    def __init__(self) -> None:
        """Nothing was carried yet."""
        self._divider: Divider[Attachment, Claimant] = Divider()
        self._overhead: Share | None = None

    def __bool__(self) -> bool:
        """Whether anything still waits."""
        return bool(self._divider)

    def carry(
        self,
        outer: Mapping[Attachment, Traffic],
        claims: Mapping[Claimant, Traffic],
        overhead: Share,
    ) -> Iterator[Attributed]:
        """Rows that add up to the outer bytes of each carrier.

        Args:
            outer: by carrier.
            claims: what moved inside.
            overhead: what the rest is to be.
        """
        if outer:  # what is taken back later was booked under its first name
            self._overhead = self._overhead or overhead
        paid, rest = self._divider.divide(outer, claims)
        for (carrier, (share, process)), traffic in paid.items():
            yield Attributed(carrier, _on(carrier, share), process, traffic)
        for carrier, traffic in rest.items():
            share = _on(carrier, self._overhead or overhead)
            yield Attributed(carrier, share, None, traffic)


def _on(carrier: Attachment, share: Share) -> Share:
    return replace(share, scope=LOCAL if is_local(carrier.network) else INTERNET)


def claims_in(rows: Iterable[Attributed], tunnel: Tunnel) -> dict[Claimant, Traffic]:
    """What moved inside a tunnel, by who it is to be outside.

    Args:
        rows: of one tick.
        tunnel: the tunnel.
    """
    claims: dict[Claimant, Traffic] = {}
    for row in rows:
        if row.attachment not in tunnel.inside or _owner(row) in tunnel.holders:
            continue
        kind = TUNNEL if row.share.kind == SOCKET else row.share.kind
        via = row.share.via or row.attachment.device
        claimant = (replace(row.share, kind=kind, via=via), row.process)
        claims[claimant] = claims.get(claimant, Traffic()) + row.traffic
    return claims


def _owner(row: Attributed) -> Owner | None:
    return row.process.owner if row.process else None


class HeldTunnels:
    """Tunnels of VPN programs."""

    def __init__(self) -> None:
        """Know none yet."""
        self._carriages: dict[str, Carriage] = {}

    def share(
        self, rows: Sequence[Attributed], tunnels: Iterable[Tunnel], names: set[str]
    ) -> list[Attributed]:
        """Replace the rows of VPN programs.

        Args:
            rows: of one tick.
            tunnels: that there are.
            names: devices of this namespace: none else is a carrier.

        Returns:
            The other rows, and what the outer bytes became; sums by attachment stay.
        """
        found = list(rows)
        for tunnel in _inner_first(found, tunnels):
            found = self._replace(found, tunnel, names)
        return found

    def _replace(
        self, rows: list[Attributed], tunnel: Tunnel, names: set[str]
    ) -> list[Attributed]:
        claims = claims_in(rows, tunnel)
        outer: dict[Attachment, Traffic] = {}
        overhead = Share(None, kind=TUNNEL_OVERHEAD, via=tunnel.name)
        others = []
        for row in rows:
            if _is_outer(row, tunnel) and row.attachment.device in names:
                before = outer.get(row.attachment, Traffic())
                outer[row.attachment] = before + row.traffic
                overhead = _overhead(row.share, tunnel)
            else:
                others.append(row)
        carriage = self._carriages.setdefault(tunnel.name, Carriage())
        if not (outer or claims or carriage):
            del self._carriages[tunnel.name]
            return rows
        return [*others, *carriage.carry(outer, claims, overhead)]


def _overhead(outer: Share, tunnel: Tunnel) -> Share:
    """What the VPN program moved for itself; nobody is told that it does."""
    return replace(outer, kind=TUNNEL_OVERHEAD, app_class="unknown", via=tunnel.name)


def _is_outer(row: Attributed, tunnel: Tunnel) -> bool:
    return (
        _owner(row) in tunnel.holders
        and row.share.kind == SOCKET
        and row.attachment not in tunnel.inside
    )


def _inner_first(
    rows: Iterable[Attributed], tunnels: Iterable[Tunnel]
) -> Iterator[Tunnel]:
    """A tunnel that another one carries before that; in any order where they loop."""
    waiting = list(tunnels)
    carries = {
        (carrier.name, tunnel.name)
        for row in rows
        for tunnel in waiting
        if _is_outer(row, tunnel)
        for carrier in waiting
        if row.attachment in carrier.inside
    }
    while waiting:
        free = [
            tunnel
            for tunnel in waiting
            if not any((tunnel.name, other.name) in carries for other in waiting)
        ]
        following = (free or waiting)[0]
        waiting.remove(following)
        yield following
