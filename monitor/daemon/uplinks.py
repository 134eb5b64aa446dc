"""What devices are attached to, followed: a change of network begins a new tick.

What moved until the signal of a change was moved over the old network, so the daemon
reads its counters at the signal, and takes the new network after that. Who answers on
the bus has all the time it wants: until it has, what was known goes on to hold.
"""

from __future__ import annotations

import selectors
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.closing import Closing
from monitor.collectors import hardware, modemmanager, networkmanager
from monitor.collectors.logind import find_bus
from monitor.networks.identities import NetworkRules, identify, settled
from monitor.networks.uplink import SIM, Connections, Hardware, Modem, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.collectors.following import Follower
    from monitor.devices import Link

_FIRST_ANSWER_S: Final = 1.0
_RESTART_NS: Final = 30 * clock.SECOND_NS
"""NetworkManager leaves interfaces as they are when it is restarted."""
_DESCRIBED_NS: Final = 2 * clock.SECOND_NS
"""In this time a service that has told of a change is asked what it is."""


class Uplinks(Closing):
    """Follows NetworkManager and ModemManager.

    Attributes:
        rules: the person's word on networks; a reload replaces it.
        connections: what NetworkManager says, as far as it was taken in.
    """

    def __init__(self, environ: Mapping[str, str], rules: NetworkRules) -> None:
        """Follow them where there is a system bus, and wait a moment for both.

        Args:
            environ: says where that is.
            rules: the person's word on networks.
        """
        self.rules = rules
        self.connections = Connections()
        self._modems: tuple[Modem, ...] = ()
        self._names: dict[int, str] = {}
        self._hardware: dict[tuple[int, str], Hardware] = {}
        self._networks: Mapping[str, Network] = {}
        self._basis: tuple[object, ...] = ()
        self._sims: dict[str, Network] = {}
        self._counted_ns = self._lost_ns = 0
        self._manager: Follower[Connections] | None = None
        self._modem_manager: Follower[tuple[Modem, ...]] | None = None
        address = find_bus(environ)
        if address is not None:
            self._manager = networkmanager.follow(address)
            self._modem_manager = modemmanager.follow(address)
            # What was moved before this run is booked on the network of now.
            for follower in (self._manager, self._modem_manager):
                follower.wait(_FIRST_ANSWER_S)
            self.connections, self._modems = self._told()

    def networks(self, links: Mapping[int, Link]) -> Mapping[str, Network]:
        """What devices are attached to.

        Args:
            links: all devices by ifindex.

        Returns:
            By name.
        """
        if self._lost_ns and clock.read().boottime_ns - self._lost_ns > _RESTART_NS:
            self.connections, self._lost_ns = Connections(), 0
        known = self._hardware
        self._names = {ifindex: link.name for ifindex, link in links.items()}
        self._hardware = {
            (ifindex, name): known.get((ifindex, name))
            or hardware.collect(name, ifindex=ifindex)
            for ifindex, name in self._names.items()
        }
        basis = (self._names, self.connections, self._modems, self.rules)
        if basis != self._basis:
            self._networks = self._identified(self.connections, self._modems)
            self._basis = basis
            sims = (each for each in self._networks.values() if each.kind == SIM)
            self._sims |= {each.key: each for each in sims}
        return self._networks

    def _identified(
        self, connections: Connections, modems: tuple[Modem, ...]
    ) -> Mapping[str, Network]:
        facts = {name: self._hardware[i, name] for i, name in self._names.items()}
        found = identify(facts, facts, connections, modems, self.rules)
        return settled(self._sims, found)

    def watch(
        self, selector: selectors.BaseSelector, tick: Callable[[], object]
    ) -> None:
        """Let another network begin a new tick.

        Args:
            selector: the loop; the data of a key is to be called when it is ready.
            tick: books what moved until now.
        """
        for follower in (self._manager, self._modem_manager):
            if follower is not None:
                heard = partial(self._heard, follower, tick)
                selector.register(follower.changed, selectors.EVENT_READ, heard)

    def _heard(self, follower: Follower[Any], tick: Callable[[], object]) -> None:
        """A service has told of a change, which it may not have described yet."""
        stirred_ns = follower.stirred_ns
        connections, modems = self._told()
        now = self._identified(connections, modems)
        has_changed = now != self._networks
        is_counted = self._is_counted(stirred_ns)
        if stirred_ns > self._counted_ns or (has_changed and not is_counted):
            tick()
            self._counted_ns = clock.read().boottime_ns
        self.connections, self._modems = connections, modems
        if has_changed:
            tick()

    def _is_counted(self, stirred_ns: int) -> bool:
        """Whether counters were read at the signal that led to what is told now.

        Then what moved since is the new network's.
        """
        since_ns = clock.read().boottime_ns - stirred_ns
        return stirred_ns <= self._counted_ns and since_ns < _DESCRIBED_NS

    def _told(self) -> tuple[Connections, tuple[Modem, ...]]:
        """What both say now; the last word of a NetworkManager that has just gone."""
        if self._manager is None or self._modem_manager is None:
            return self.connections, self._modems
        connections, modems = self._manager.take(), self._modem_manager.take()
        if connections.devices or not self.connections.devices:
            self._lost_ns = 0
            return connections, modems
        self._lost_ns = self._lost_ns or clock.read().boottime_ns
        return self.connections, modems

    def close(self) -> None:
        """Follow nobody any more."""
        for follower in (self._manager, self._modem_manager):
            if follower is not None:
                follower.close()
