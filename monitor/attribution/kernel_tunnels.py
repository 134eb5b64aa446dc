"""What the kernel's own tunnels carried, given to the programs inside.

Pure. Nobody owns their outer packets (WireGuard, VXLAN, GRE and others): they are what
is left of the wire of a carrier after all rows on it. That goes to the tunnels that
moved anything in the last ticks, and stays unattributed while none did. The rest is as
with other tunnels (`tunnels`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.attribution.dividing import split_traffic
from monitor.attribution.recent import Recent
from monitor.attribution.shares import NO_UID, Attributed
from monitor.attribution.tunnels import Carriage, Tunnel, claims_in
from monitor.usage import TUNNEL_OVERHEAD, Share, Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.usage import Attachment

    Wires = Mapping[int, Traffic]


class Wired(NamedTuple):
    """A tunnel of the kernel, and what may carry it.

    Attributes:
        tunnel: the device.
        carriers: billed devices by ifindex.
    """

    tunnel: Tunnel
    carriers: Mapping[int, Attachment]


class KernelTunnels:
    """Tunnels whose outer packets no program owns."""

    def __init__(self) -> None:
        """Know none yet."""
        self._carriages: dict[str, Carriage] = {}
        self._moved: Recent[str] = Recent()
        self._behind: dict[int, Traffic] = {}

    def share(
        self, rows: Sequence[Attributed], tunnels: Sequence[Wired], wires: Wires
    ) -> list[Attributed]:
        """Give what no row explains to the tunnels that moved anything lately.

        Args:
            rows: all others of one tick.
            tunnels: that there are.
            wires: what the devices moved.

        Returns:
            Rows to be added; never more than is left of the wire.
        """
        there = {tunnel.name for tunnel, _ in tunnels}
        for name in self._carriages.keys() - there:
            del self._carriages[name]
        if not tunnels:
            self._behind.clear()
            return []
        self._moved.begin_tick()
        claims = {}
        for tunnel, _ in tunnels:
            claims[tunnel.name] = claims_in(rows, tunnel)
            moved = sum(abs(each.bytes) for each in claims[tunnel.name].values())
            self._moved.add(tunnel.name, moved)
        outer = self._outer(tunnels, self._left(rows, tunnels, wires))
        found: list[Attributed] = []
        for tunnel, _ in tunnels:
            carriage = self._carriages.setdefault(tunnel.name, Carriage())
            carried = outer.get(tunnel.name, {})
            overhead = Share(None, kind=TUNNEL_OVERHEAD, uid=NO_UID, via=tunnel.name)
            found += carriage.carry(carried, claims[tunnel.name], overhead)
        return found

    def _left(
        self, rows: Sequence[Attributed], tunnels: Sequence[Wired], wires: Wires
    ) -> dict[int, Traffic]:
        """What the wire of each carrier holds beyond all rows.

        Rows are read after the wire, so they can be ahead of it: what they are ahead by
        is taken off what is left later. What is left while no tunnel moves anything is
        not the tunnels'.
        """
        explained: dict[str, Traffic] = {}
        for row in rows:
            name = row.attachment.device
            explained[name] = explained.get(name, Traffic()) + row.traffic
        left = {}
        carriers = {i: at for _, each in tunnels for i, at in each.items()}
        for ifindex, carrier in carriers.items():
            behind = self._behind.get(ifindex, Traffic())
            behind += wires.get(ifindex, Traffic())
            behind -= explained.get(carrier.device, Traffic())
            left[ifindex] = behind.clamped()
            self._behind[ifindex] = behind - left[ifindex]
        return left

    def _outer(
        self, tunnels: Sequence[Wired], left: Mapping[int, Traffic]
    ) -> dict[str, dict[Attachment, Traffic]]:
        """What is left on each carrier, by tunnel: as they moved bytes lately."""
        weights = self._moved.sums()
        found: dict[str, dict[Attachment, Traffic]] = {}
        for ifindex, traffic in left.items():
            mine = [
                (tunnel.name, carriers[ifindex])
                for tunnel, carriers in tunnels
                if ifindex in carriers and weights[tunnel.name]
            ]
            parts = split_traffic(traffic, [weights[name] for name, _ in mine])
            for (name, carrier), part in zip(mine, parts, strict=True):
                if part:
                    found.setdefault(name, {})[carrier] = part
        return found
