"""The values that travel between the parts: bytes, devices, owners, spans.

Immutable and pure. A `Traffic` is absolute (a counter) or a difference of two (usage);
names say which. Seconds are whole UTC seconds, nanoseconds are CLOCK_BOOTTIME.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOT_S = 300
"""Length of a stored slot in seconds: no stored span straddles such a mark."""

SOCKET = "socket"
TUNNEL = "tunnel"
FORWARDED = "forwarded"
TUNNEL_OVERHEAD = "tunnel_overhead"
IMPORTED = "imported"
FORGOTTEN = "forgotten"
INTERNET = "internet"
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes and packets in both directions; negative only in signed differences."""

    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_packets: int = 0
    tx_packets: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.rx_bytes + other.rx_bytes,
            self.tx_bytes + other.tx_bytes,
            self.rx_packets + other.rx_packets,
            self.tx_packets + other.tx_packets,
        )

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.rx_bytes - other.rx_bytes,
            self.tx_bytes - other.tx_bytes,
            self.rx_packets - other.rx_packets,
            self.tx_packets - other.tx_packets,
        )

    def __bool__(self) -> bool:
        return any(self.numbers)

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """All four, in their order."""
        return self.rx_bytes, self.tx_bytes, self.rx_packets, self.tx_packets

    @property
    def bytes(self) -> int:
        """Both directions together."""
        return self.rx_bytes + self.tx_bytes

    def clamped(self) -> Traffic:
        """The same without its negative parts."""
        return Traffic(*(max(0, number) for number in self.numbers))

    def at_least(self, other: Traffic) -> Traffic:
        """Of each number the larger one."""
        return Traffic(*map(max, self.numbers, other.numbers))

    def filled(self, other: Traffic) -> Traffic:
        """With the other's numbers where there are none."""
        pairs = zip(self.numbers, other.numbers, strict=True)
        return Traffic(*(own or others for own, others in pairs))

    def part(self, numerator: int, denominator: int) -> Traffic:
        """Each number times numerator / denominator, rounded down."""
        return Traffic(*(number * numerator // denominator for number in self.numbers))


def total(parts: Iterable[Traffic]) -> Traffic:
    """The sum of all parts."""
    return sum(parts, start=Traffic())


class Interval(NamedTuple):
    """Half-open [from_s, to_s) in whole UTC seconds; zero length is an instant."""

    from_s: int
    to_s: int


class BootInterval(NamedTuple):
    """Half-open [from_ns, to_ns) of CLOCK_BOOTTIME: usage with no calendar time yet."""

    from_ns: int
    to_ns: int


def cut(
    traffic: Traffic, interval: Interval, marks: Iterable[int]
) -> list[tuple[Interval, Traffic]]:
    """Cut usage at the marks inside its interval, in proportion to time.

    By cumulative floor, so that the parts always add up. An instant is never cut.
    """
    inside = sorted({mark for mark in marks if interval.from_s < mark < interval.to_s})
    edges = [interval.from_s, *inside, interval.to_s]
    length_s = interval.to_s - interval.from_s
    pieces = []
    for start, end in pairwise(edges):
        if not length_s:
            return [(interval, traffic)]
        upto_end = traffic.part(end - interval.from_s, length_s)
        upto_start = traffic.part(start - interval.from_s, length_s)
        pieces.append((Interval(start, end), upto_end - upto_start))
    return pieces


def slot_marks(interval: Interval) -> range:
    """The 5-minute marks of UTC inside the interval."""
    return range(-(-interval.from_s // SLOT_S) * SLOT_S, interval.to_s, SLOT_S)


@dataclass(frozen=True, slots=True)
class Owner:
    """One program image run by one process: safe against pid reuse and exec.

    Attributes:
        start_boottime_ns: CLOCK_BOOTTIME at which the process was started.
        pid: thread group id in the initial pid namespace.
        exec_id: the kernel's `self_exec_id`; another image is another owner.
    """

    start_boottime_ns: int
    pid: int
    exec_id: int


@dataclass(frozen=True, slots=True)
class SocketKey:
    """A row of the kernel's socket accounting: who, in which namespace, on what device.

    Attributes:
        owner: the process; pid 0 for bytes without one, `exec_id` is then the IP
            protocol number.
        netns: inode number of the network namespace; 0 when unknown.
        ifindex: index of the device inside that namespace.
        is_local: to or from a neighbour behind no carrier.
    """

    owner: Owner
    netns: int
    ifindex: int
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class SocketCounters:
    """Absolute, signed counters of such a row: claims move bytes between rows.

    Attributes:
        traffic: IP bytes and packets on the wire since the row was born.
        born_boottime_ns: when the kernel made the row; another value is another row,
            which counts from zero.
    """

    traffic: Traffic
    born_boottime_ns: int


@dataclass(frozen=True, slots=True)
class Process:
    """What the kernel knew of an owner when it first used a socket.

    Attributes:
        owner: its identity within this boot.
        comm: the kernel's name of the process (at most 15 bytes), decoded with
            surrogateescape: hostile until escaped.
        exe: path of the program file, empty for a kernel thread.
        argv: the first bytes of the command line, split; may be cut short.
        uid: real user id.
        ppid: thread group id of the parent.
        cgroup: path of the cgroup v2 below its root, empty when unknown.
    """

    owner: Owner
    comm: str
    exe: str
    argv: tuple[str, ...]
    uid: int
    ppid: int
    cgroup: str


@dataclass(frozen=True, slots=True)
class Application:
    """What a person recognises as one program.

    Attributes:
        name: shown to people and scripts.
        kind: `desktop`, `snap`, `flatpak`, `unit`, `container` or `vm`; else
            `executable`, `script` or `appimage`.
        path: its file, so that namesakes stay apart; empty where an id names it.
    """

    name: str
    kind: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A network on a device for a time: what usage is booked on.

    Attributes:
        network: key of the network (`monitor.networks.uplink.Network`).
        device: the kernel's name of the interface.
        billed: whether its bytes are part of the bill.
        metered: whether its bytes cost; None when nobody said.
        tethered: whether the network is another device's hotspot or cable.
        iccid: the SIM profile, empty when there is none.
        mcc: mobile country code of the network, empty when unknown.
        roaming: as the modem says; None when unknown.
        l3_exact: whether the device's way of counting is measured, and not assumed.
        uuid: of the connection in NetworkManager, empty without one.
        ssid: of a Wi-Fi network, raw; it need not be UTF-8.
        tether: how another device's connection is shared, as `uplink.Network` says.
    """

    network: str
    device: str
    billed: bool
    metered: bool | None = None
    tethered: bool = False
    iccid: str = ""
    mcc: str = ""
    roaming: bool | None = None
    l3_exact: bool = False
    uuid: str = ""
    ssid: bytes = b""
    tether: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """Bytes of one device: as its counters say, and as a carrier bills them.

    Attributes:
        counter: difference of the raw counters, equal to `ip -s link` to the byte.
        l3: the same as IP packets, without the link layer.
    """

    counter: Traffic
    l3: Traffic

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.counter + other.counter, self.l3 + other.l3)


@dataclass(frozen=True, slots=True)
class Share:
    """Whose bytes a row of the explanation holds.

    Attributes:
        application: None for bytes that no application owns; `kind` says why.
        kind: `socket` for bytes of a process's socket, `tunnel` for those that a
            tunnel carried for it, `forwarded` with an application for those of a
            process behind a device of this machine; else the reason: `kernel`, `gap`,
            `before_start`, `imported` (another program counted them), `forgotten` (a
            person wanted that nobody is named any more), `forwarded`,
            `tunnel_overhead` (its application is the VPN program, where a program made
            it).
        app_class: `interactive`, `background` or `unknown`.
        uid: user id of the process, -1 without one.
        scope: `internet`, or `local` for bytes that no carrier sees.
        via: the device between the owner and this one: a tunnel, or the downstream
            side of what is forwarded; of what was imported from another machine, the
            member of a plan whose that is. Empty without one.
    """

    application: Application | None
    kind: str = "socket"
    app_class: str = "unknown"
    uid: int = -1
    scope: str = "internet"
    via: str = ""
