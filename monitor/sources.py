"""The ways to reach the kernel, as one argument: a test hands in its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.clock import Reading
    from monitor.usage import (
        DeviceCounters,
        Link,
        Owner,
        Process,
        SocketCounters,
        SocketKey,
    )


class Health(Protocol):
    """Cumulative failures of the kernel's socket accounting."""

    @property
    def failed_rows(self) -> int:
        """Packets that found no room for a row."""

    @property
    def failed_bytes(self) -> int:
        """Bytes of those packets."""


class SocketSource(Protocol):
    """The kernel's socket accounting, as the sampler needs it."""

    @property
    def instance_id(self) -> str:
        """Random id of the kernel map."""

    def read(self) -> dict[SocketKey, SocketCounters]:
        """All rows, absolute."""

    def process(self, owner: Owner) -> Process | None:
        """Facts of an owner, None when the table had no room for it."""

    def comm(self, owner: Owner) -> str | None:
        """The name of an owner's process now or at its end; None when unknown."""

    def exited(self) -> set[Owner]:
        """Owners whose process has ended."""

    def remove(self, keys: Iterable[SocketKey]) -> dict[SocketKey, SocketCounters]:
        """Take rows out of the map; their very last values."""

    def remove_owners(self, owners: Iterable[Owner]) -> None:
        """Forget the facts of owners without rows."""

    def set_mtu(self, ifindex: int, mtu: int) -> None:
        """Tell how large a fragment is on a device."""

    def health(self) -> Health:
        """Failures since the map was made."""

    def drop_previous(self) -> None:
        """Free the map of a program that this one replaced: its end is stored."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a sampler reads.

    Attributes:
        read_clock: `clock.read`.
        devices: `collectors.netdev.collect`.
        links: `collectors.rtnetlink.collect`.
        default_routes: `collectors.routes.collect`.
        netns: inode number of this process's network namespace.
        sockets: the eBPF program; None on the `interface` tier.
    """

    read_clock: Callable[[], Reading]
    devices: Callable[[], tuple[DeviceCounters, ...]]
    links: Callable[[], dict[int, Link]]
    default_routes: Callable[[], frozenset[str]]
    netns: int
    sockets: SocketSource | None
