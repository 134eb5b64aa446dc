"""Which networks a machine uses, as alerts want to know it: the tick, and the past."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.alerts import Uplinks, Used
from monitor.errors import StoreError
from monitor.networks.identities import NetworkRules, identify
from monitor.networks.uplink import CONFIG, NM_WIFI, Connection, Connections, Network
from monitor.store import networks as stored
from monitor.usage import FORWARDED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from monitor.config.settings import Networks
    from monitor.counting.live import Ticked
    from monitor.networks.uplink import SavedWifi
    from monitor.store.engine import Store
    from monitor.store.labels import Labels
    from monitor.usage import Attachment


class Using:
    """What a machine is attached to, and could be.

    Attributes:
        rules: the person's word on networks; a reload replaces it.
        connections: says what NetworkManager says; the daemon sets it.
    """

    def __init__(self, store: Store, rules: Networks, labels: Labels) -> None:
        """Know nothing of NetworkManager.

        Args:
            store: knows which networks have cost before.
            rules: the person's word on networks.
            labels: what people call them.
        """
        self._labels = labels
        self.rules = rules
        self._store = store
        self._costly: set[str] = set()
        self._forwarded: dict[str, Counter[str]] = {}
        self.connections: Callable[[], Connections] = Connections

    def look(
        self,
        tick: Ticked,
        attached: Iterable[Attachment],
        networks: Mapping[str, Network],
        plan_of: Callable[[Attachment], str | None],
    ) -> Uplinks:
        """What alerts about networks need to know of a tick.

        Args:
            tick: the last one.
            attached: devices, as of that tick.
            networks: what they are attached to, by name, as far as that is known.
            plan_of: the plan that pays for a network on a device.
        """
        used = []
        billed = [where for where in attached if where.billed]
        self._forward(tick, {where.network for where in billed})
        for where in billed:
            forwarded = self._forwarded.get(where.network, Counter())
            bill = tick.bills.get(where)
            used.append(
                Used(
                    where=where,
                    network=self._named(where, networks.get(where.device)),
                    plan=plan_of(where) or "",
                    moved_bytes=0 if bill is None else bill.l3.bytes,
                    forwarded_bytes=forwarded.total(),
                    via=sorted(forwarded),
                )
            )
        return Uplinks(tuple(used), self.connections(), self._is_costly)

    def _forward(self, tick: Ticked, here: Collection[str]) -> None:
        """Sum up what was moved for others, by network and the device they are behind.

        Containers of this machine are no others.
        """
        for row in tick.rows:
            share, network = row.share, row.attachment.network
            if share.kind == FORWARDED and share.application is None:
                by_device = self._forwarded.setdefault(network, Counter())
                by_device[share.via] += row.traffic.bytes
        for network in [each for each in self._forwarded if each not in here]:
            del self._forwarded[network]

    def _named(self, where: Attachment, known: Network | None) -> Network:
        """A network by the name that people gave it."""
        network = known or Network(where.network, metered=where.metered)
        label = self._labels.by_key.get(network.key)
        return replace(network, name=label) if label else network

    def _is_costly(self, wifi: SavedWifi) -> bool:
        """Whether a Wi-Fi would cost, as far as anybody knows."""
        joined = _joined(wifi, self.rules)
        if joined.metered_by == CONFIG:
            return joined.metered is True
        key = joined.key
        if key not in self._costly and joined.metered is not True:
            try:
                has_cost = stored.has_cost(self._store, key)
            except StoreError:
                return True  # nobody can say that it costs nothing
            if not has_cost:
                return False
        # A phone's hotspot is in range for hours: the store is asked once.
        self._costly.add(key)
        return True


def _joined(wifi: SavedWifi, rules: Networks) -> Network:
    """The network that it would be, were it joined."""
    device = Connection(
        "wlan",
        kind=NM_WIFI,
        uuid=wifi.uuid,
        name=wifi.name,
        metered=wifi.metered,
        ssid=wifi.ssid,
    )
    words = NetworkRules(rules.metered, rules.unmetered)
    found = identify([device.device], {}, Connections((device,)), (), words)
    return found[device.device]
