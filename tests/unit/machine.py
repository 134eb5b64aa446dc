"""A machine made of plain values: clocks, devices and socket rows that a test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.clock import RELEASED_S, SECOND_NS, Reading
from monitor.devices import DeviceCounters, Link
from monitor.errors import SourceError
from monitor.networks.attaching import ARPHRD_ETHER, ARPHRD_LOOPBACK
from monitor.usage import Owner, Process, SocketCounters, SocketKey, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.networks.uplink import Network
    from monitor.sources import Wakeups, WireSource

NETNS = 4026531840
START_S = RELEASED_S + 100_000 // 300 * 300
CURL = Owner(50, 60, 1)
ROW = SocketKey(CURL, NETNS, 2)


@dataclass
class Failures:
    """What the kernel had no room for."""

    failed_rows: int = 0
    failed_bytes: int = 0
    failed_owners: int = 0
    failed_storage: int = 0
    failed_hops: int = 0
    failed_remotes: int = 0


@dataclass
class Machine:
    """Counters and clocks that a test sets."""

    now_s: float = 0.0
    wall_s: float = START_S
    slept_s: float = 0.0
    boot_id: str = "boot-1"
    synchronised: bool = True
    devices: dict[int, Traffic] = field(default_factory=dict)
    rows: dict[SocketKey, SocketCounters] = field(default_factory=dict)
    ended: set[Owner] = field(default_factory=set)
    forgotten: set[Owner] = field(default_factory=set)
    failures: Failures = field(default_factory=Failures)
    names: dict[Owner, str] = field(default_factory=dict)
    broken: bool = False
    instance_id: str = "map-1"
    wires: WireSource | None = None
    wakeups: Wakeups | None = None
    networks: dict[str, Network] = field(default_factory=dict)

    def pass_time(self, seconds: float) -> None:
        """Both clocks run."""
        self.now_s += seconds
        self.wall_s += seconds

    def sleep(self, seconds: float) -> None:
        """The machine is suspended."""
        self.pass_time(seconds)
        self.slept_s += seconds

    def move(
        self, ifindex: int, traffic: Traffic, row: SocketKey | None = None
    ) -> None:
        """Bytes cross a device; a process owns the IP part of them."""
        self.devices[ifindex] = self.devices.get(ifindex, Traffic()) + traffic
        if row is not None:
            before = self.rows.get(row, SocketCounters(Traffic(), int(self.now_s)))
            ip_part = Traffic(
                traffic.rx_bytes - 14 * traffic.rx_packets,
                traffic.tx_bytes - 14 * traffic.tx_packets,
                traffic.rx_packets,
                traffic.tx_packets,
            )
            self.rows[row] = SocketCounters(
                before.traffic + ip_part, before.born_boottime_ns
            )

    def clock(self) -> Reading:
        """All clocks now."""
        return Reading(
            int(self.now_s * SECOND_NS),
            int(self.wall_s * SECOND_NS),
            synchronised=self.synchronised,
            boot_id=self.boot_id,
            monotonic_ns=int((self.now_s - self.slept_s) * SECOND_NS),
        )

    def counters(self) -> tuple[DeviceCounters, ...]:
        """All devices now."""
        if self.broken:
            raise SourceError("/proc/net/dev: gone")
        loopback = DeviceCounters("lo", 1, Traffic(9, 9, 9, 9))
        return (
            loopback,
            *(DeviceCounters(f"eth{i}", i, t) for i, t in self.devices.items()),
        )

    def links(self) -> dict[int, Link]:
        """All devices are Ethernet."""
        found = {i: Link(i, f"eth{i}", ARPHRD_ETHER, "", 1500) for i in self.devices}
        return {1: Link(1, "lo", ARPHRD_LOOPBACK, "", 65536), **found}

    # The kernel's socket accounting.

    def read(self) -> dict[SocketKey, SocketCounters]:
        """All rows."""
        return dict(self.rows)

    def process(self, owner: Owner) -> Process | None:
        """Everybody is curl."""
        return Process(owner, "curl", "/usr/bin/curl", ("curl",), 1000, 1, "/")

    def comm(self, owner: Owner) -> str | None:
        """It renamed itself, or nobody knows."""
        return self.names.get(owner)

    def drop_previous(self) -> None:
        """There was none."""

    def exited(self) -> set[Owner]:
        """Who has ended."""
        return set(self.ended)

    def remove(self, keys: Iterable[SocketKey]) -> dict[SocketKey, SocketCounters]:
        """Take rows out."""
        return {key: self.rows.pop(key) for key in keys}

    def remove_owners(self, owners: Iterable[Owner]) -> None:
        """Forget facts."""
        self.forgotten |= set(owners)

    def set_mtu(self, ifindex: int, mtu: int) -> None:
        """Nothing is fragmented here."""

    def health(self) -> Failures:
        """Failures so far."""
        return self.failures
