"""What esimmon sees of a machine's networks: the followers, and the identity joined."""

from __future__ import annotations

import select
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from monitor.collectors import modemmanager, networkmanager
from monitor.networks.identities import NetworkRules, identify
from tests.desktop.stack import wait_for
from tests.networks.service import PATIENCE_S

if TYPE_CHECKING:
    from monitor.collectors.following import Follower
    from monitor.networks.uplink import Connections, Modem, Network


class Eyes:
    """Follows both services; use it with `with`.

    Attributes:
        connections: what NetworkManager says.
        modems: what ModemManager says.
    """

    connections: Follower[Connections]
    modems: Follower[tuple[Modem, ...]]

    def __init__(self, address: str) -> None:
        """Remember where.

        Args:
            address: of the system bus.
        """
        self._address = address
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.connections = self._stack.enter_context(
            networkmanager.follow(self._address)
        )
        self.modems = self._stack.enter_context(modemmanager.follow(self._address))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def network(self, device: str) -> Network:
        """What a device is attached to."""
        connections, modems = self.connections.take(), self.modems.take()
        return identify((device,), {}, connections, modems, NetworkRules())[device]

    def wait(self, device: str, **facts: object) -> Network:
        """Wait until a device is attached to a network like this.

        Args:
            device: its name.
            facts: of the network, by attribute.
        """
        seen: list[Network] = []

        def is_there() -> bool:
            seen.append(self.network(device))
            return all(
                getattr(seen[-1], name) == value for name, value in facts.items()
            )

        try:
            wait_for(is_there, f"{device} to be {facts}", PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {seen[-1]}") from error
        return seen[-1]


def is_told(follower: Follower[Any]) -> bool:
    """Whether a follower says by itself that something is new, within a while."""
    readable, _, _ = select.select([follower.changed], [], [], PATIENCE_S)
    return bool(readable)
