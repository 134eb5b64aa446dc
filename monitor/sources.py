"""The ways to reach the kernel, as one argument: a test hands in its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from ipaddress import IPv4Network, IPv6Network

    from monitor.clock import Reading
    from monitor.devices import Departure, DeviceCounters, Link
    from monitor.networks.uplink import Network as Uplink
    from monitor.usage import Owner, Process, SocketCounters, SocketKey
    from monitor.wire import Reading as WireReading

    Network = IPv4Network | IPv6Network


class FindNsid(Protocol):
    """This network namespace's number for another one, by a process in that."""

    def __call__(
        self, netns: int, processes: Iterable[Process], cgroup: str = ""
    ) -> int | None:
        """None when it is not known."""


def _nobody_knows(
    netns: int,  # noqa: ARG001 - the signature is the protocol's
    processes: Iterable[Process],  # noqa: ARG001
    cgroup: str = "",  # noqa: ARG001
) -> int | None:
    return None


def _nowhere(_: Mapping[int, Link]) -> Mapping[str, Uplink]:
    return {}


def _nobody_leaves() -> tuple[list[Departure], bool]:
    return [], False


class Health(Protocol):
    """Cumulative failures of the kernel's socket accounting."""

    @property
    def failed_rows(self) -> int:
        """Packets that found no room for a row."""

    @property
    def failed_bytes(self) -> int:
        """Bytes of those packets."""

    @property
    def failed_owners(self) -> int:
        """Programs without room for their name."""

    @property
    def failed_storage(self) -> int:
        """Uses of a socket that could not be marked with its owner."""

    @property
    def failed_hops(self) -> int:
        """Forwarded packets without room for where they went."""

    @property
    def failed_remotes(self) -> int:
        """Packets without room for whom they went to."""


class WireSource(Protocol):
    """What devices move at their drivers, as the sampler needs it."""

    def watch(self, ifindexes: Iterable[int]) -> None:
        """Count these devices from now on, and no others."""

    def read(self) -> WireReading:
        """All counters, absolute."""

    def forget_hops(self, ifindexes: Iterable[int]) -> None:
        """Remove what was forwarded from or to devices that are not among these."""

    def tun_holders(self) -> dict[int, frozenset[Owner]]:
        """Processes that hold the other end of a TUN device, by ifindex."""

    def set_local_prefixes(self, prefixes: Iterable[tuple[int, Network]]) -> None:
        """Say which addresses are no carrier's business, by ifindex."""

    def set_quotas(self, quotas: Mapping[int, int]) -> None:
        """Say after how many bytes from now on to be woken, by ifindex."""

    def set_remotes(self, *, on: bool) -> None:
        """Begin or end to count by the network at the other end."""

    def take_remotes(self) -> dict[tuple[Owner, Network], tuple[int, int]]:
        """Received and sent bytes by that network, since the last call."""


class Wakeups(Protocol):
    """Something that calls by becoming readable."""

    def fileno(self) -> int:
        """For selectors."""

    def take(self) -> bool:
        """The call is heard: whether there is more to read than can wait."""


class SocketSource(Protocol):
    """The kernel's socket accounting, as the sampler needs it."""

    @property
    def wires(self) -> WireSource | None:
        """What devices move, by the same map; None where that is not known."""

    @property
    def wakeups(self) -> Wakeups | None:
        """Readable when there is more to read than can wait; None: it never is."""

    @property
    def instance_id(self) -> str:
        """Random id of its counters: other counters, another id."""

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


class Counting(SocketSource, Protocol):
    """A socket source as the daemon keeps it: what becomes of it at the end."""

    @property
    def pinned(self) -> bool:
        """Whether it goes on counting without this process."""

    @property
    def outlives_a_stop(self) -> bool:
        """Whether it does so until `detach`, also when a service manager stops us."""

    @property
    def unpinned_because(self) -> str:
        """Why it is not pinned, for people; empty when nobody expects it."""

    def detach(self) -> None:
        """Stop counting, keep nothing; a second time does nothing."""

    def close(self) -> None:
        """Let go: one that is pinned goes on counting, another one ends."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a sampler reads.

    Attributes:
        read_clock: `clock.read`.
        devices: `collectors.netdev.collect`.
        links: `collectors.rtnetlink.collect`, by `collectors.topology`.
        default_routes: `collectors.routes.collect`, also by that.
        addresses: `collectors.addresses.collect`.
        netns: inode number of this process's network namespace.
        sockets: the eBPF program, or TCP by sock_diag; None on the `interface` tier.
        find_nsid: `collectors.netns.collect`.
        departures: `collectors.departures.Departures.take`: devices that went since
            the last call, and whether some were lost.
        networks: what these devices are attached to, by name, as far as that is known.
    """

    read_clock: Callable[[], Reading]
    devices: Callable[[], tuple[DeviceCounters, ...]]
    links: Callable[[], dict[int, Link]]
    default_routes: Callable[[], frozenset[str]]
    addresses: Callable[[], dict[str, frozenset[Network]]]
    netns: int
    sockets: SocketSource | None
    find_nsid: FindNsid = _nobody_knows
    networks: Callable[[Mapping[int, Link]], Mapping[str, Uplink]] = _nowhere
    departures: Callable[[], tuple[list[Departure], bool]] = _nobody_leaves
