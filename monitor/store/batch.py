"""What one flush hands to the writer, and what a start gets back.

A batch is complete by itself: the increments and the absolute counters they came from
(the checkpoint), so that both are committed in one transaction or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from monitor.alerts import Change, Delivery
    from monitor.devices import DeviceCounters
    from monitor.networks.uplink import Network
    from monitor.usage import (
        Application,
        Attachment,
        Bill,
        Interval,
        Process,
        Share,
        SocketCounters,
        SocketKey,
        Traffic,
    )
    from monitor.wire import Calibration
    from monitor.wire import Reading as WireReading

OTHER: Final = "other"
"""In place of a network: all those that are not kept by themselves."""
SUSPEND: Final = "suspend"
"""Kind of the event that says how long the machine slept."""


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """Bytes of one process on one attachment within one clock hour (UTC).

    Attributes:
        interval: first and last second of its traffic in this hour.
        comm: the kernel's name of the process when it was last seen.
        traffic: IP bytes and packets.
    """

    interval: Interval
    comm: str
    traffic: Traffic


class RemoteHour(NamedTuple):
    """Key of what an application exchanged with a network at the other end.

    Attributes:
        hour_s: beginning of a clock hour, UTC.
        application: whose bytes.
        remote: the network: a /24 of IPv4, a /48 of IPv6; or `OTHER`.
    """

    hour_s: int
    application: Application
    remote: str


class ProcessHour(NamedTuple):
    """Key of a `ProcessRow`."""

    hour_s: int
    attachment: Attachment
    application: Application
    process: Process


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Usage whose calendar time is not known yet; waits by (boot_id, boottime).

    Exactly one of `bill` and `share` is given; `traffic` belongs to the share.
    """

    from_boottime_ns: int
    to_boottime_ns: int
    attachment: Attachment
    bill: Bill | None
    share: Share | None
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a person may ask about later.

    Attributes:
        at_s: UTC seconds.
        kind: `counter-restart`, `clock-step`, `gap`, `overflow`, `suspend`, `tier`,
            `store`.
        detail: one sentence.
    """

    at_s: int
    kind: str
    detail: str


@dataclass(slots=True)
class Batch:
    """All that happened since the last flush that was committed.

    Attributes:
        bill: per piece of time and attachment; no piece straddles a 5-minute mark.
        explanation: per piece of time, attachment and share.
        processes: rows by hour.
        unplaced: rows that no calendar time can be given to yet.
        devices: the newest counters of every device; replaces the stored ones.
        boottime_ns: CLOCK_BOOTTIME of the newest counters; 0 while there are none.
        trusted_offset_ns: from that clock to the calendar, by a synchronised clock of
            this boot; None without one.
        sockets_instance: random id of the kernel map behind `sockets_changed`. Another
            id than the stored one drops the stored rows; an empty one leaves them, for
            the map may still be pinned.
        sockets_changed: newest counters of the rows that changed.
        sockets_removed: rows that left the kernel map.
        wire: newest counters of the same map for devices and what was forwarded;
            replaces the stored ones. None when nothing has changed.
        calibrations: by device, as far as something new was learned.
        remotes: bytes received and sent by hour, application and the network at the
            other end.
        remotes_kept_s: how long such rows are kept from now on; 0 for not at all, then
            those that are there go. None when nothing changed.
        networks: what devices are attached to, by key, as far as that is news.
        events: in order of time.
        alerts: raised, noted and cleared, in this order.
        delivered: what became of telling alerts.
        cut: spans begun before this batch must not be continued by it.
        cuts: seconds over which no span goes on: boundaries of plans.
    """

    bill: dict[tuple[Interval, Attachment], Bill] = field(default_factory=dict)
    explanation: dict[tuple[Interval, Attachment, Share], Traffic] = field(
        default_factory=dict
    )
    processes: dict[ProcessHour, ProcessRow] = field(default_factory=dict)
    unplaced: list[Unplaced] = field(default_factory=list)
    devices: tuple[DeviceCounters, ...] = ()
    boottime_ns: int = 0
    trusted_offset_ns: int | None = None
    sockets_instance: str = ""
    sockets_changed: dict[SocketKey, SocketCounters] = field(default_factory=dict)
    sockets_removed: set[SocketKey] = field(default_factory=set)
    wire: WireReading | None = None
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    remotes: dict[RemoteHour, tuple[int, int]] = field(default_factory=dict)
    remotes_kept_s: int | None = None
    networks: dict[str, Network] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    alerts: list[Change] = field(default_factory=list)
    delivered: list[Delivery] = field(default_factory=list)
    cut: bool = False
    cuts: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Resume:
    """What the store knows when a run starts.

    Attributes:
        run_id: the run just begun.
        first: True when nothing was ever recorded: counters are a baseline.
        boot_id: boot of `devices`; counters of another boot restart from zero.
        devices: last committed counters by ifindex.
        sockets_instance: id of the kernel map behind `sockets`, empty without one.
        sockets: last committed counters of socket rows.
        wire: last committed counters of the same map for devices.
        calibrations: how the drivers of devices count, by name.
        last_s: UTC second up to which the run before had counted; None at first.
        last_trusted_s: newest UTC second known to be true (for the clock).
        boottime_ns: CLOCK_BOOTTIME of the last flush, in the boot of `devices`; 0
            where that is not known.
        trusted_offset_ns: from that clock to the calendar, by a synchronised clock of
            that boot; None without one.
    """

    run_id: int
    first: bool
    boot_id: str
    devices: dict[int, DeviceCounters]
    sockets_instance: str
    sockets: dict[SocketKey, SocketCounters]
    wire: WireReading
    calibrations: dict[str, Calibration]
    last_s: int | None
    last_trusted_s: int
    boottime_ns: int = 0
    trusted_offset_ns: int | None = None
