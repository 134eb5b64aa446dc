"""What the queries of the store answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from monitor.usage import Attachment, Interval, Traffic


@dataclass(frozen=True, slots=True)
class _Placed:
    """What was moved somewhere.

    Attributes:
        where: on which network and interface, as far as it says who pays.
    """

    where: Attachment

    @property
    def interface(self) -> str:
        """The kernel's name of the interface."""
        return self.where.device

    @property
    def network(self) -> str:
        """Key of the network."""
        return self.where.network

    @property
    def billed(self) -> bool:
        """Whether it is part of the bill."""
        return self.where.billed


@dataclass(frozen=True, slots=True)
class InterfaceBill(_Placed):
    """What one interface moved on one network.

    Attributes:
        counter: as its counters say.
        l3: as a carrier bills it.
        estimated_bytes: of `l3`, both directions, what rests on an assumed way of
            counting of the device.
    """

    counter: Traffic
    l3: Traffic
    estimated_bytes: int = 0

    @property
    def name(self) -> str:
        """The kernel's name of the interface."""
        return self.where.device


@dataclass(frozen=True, slots=True)
class ExplanationRow(_Placed):
    """Bytes of one share on one interface and network.

    Attributes:
        application: None for bytes that no application owns.
        app_kind: kind of the application, empty without one.
        share_kind: `socket`, or the reason why nobody owns them.
        app_class: `interactive`, `background` or `unknown`.
        uid: user id, -1 without one.
        scope: `internet` or `local`.
        via: the device between the owner and the interface, empty without one.
        traffic: IP bytes and packets.
    """

    application: str | None
    app_kind: str
    share_kind: str
    app_class: str
    uid: int
    scope: str
    via: str
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class ProcessUsage(_Placed):
    """Bytes of one process on one interface and network.

    Attributes:
        pid: thread group id; 0 where small processes were merged into one row.
        started_s: UTC second at which it started; None for merged rows.
        comm: name when it was last seen.
        exe: path of the program, may be empty.
        argv: command line, may be cut short.
        uid: user id, -1 for merged rows.
        application: what it belongs to.
        traffic: IP bytes and packets.
        interval: first and last second of its traffic inside the period.
    """

    pid: int
    started_s: int | None
    comm: str
    exe: str
    argv: tuple[str, ...]
    uid: int
    application: str
    traffic: Traffic
    interval: Interval


@dataclass(frozen=True, slots=True)
class Run:
    """One life of the daemon.

    Attributes:
        run_id: number of the run.
        from_s: UTC second of its start.
        to_s: UTC second up to which it counted.
        tier: how bytes found their owner.
        version: of esimmon.
        boot_id: of the boot it ran in.
        clean: whether it said goodbye; False while it runs and after a kill.
    """

    run_id: int
    from_s: int
    to_s: int
    tier: str
    version: str
    boot_id: str
    clean: bool

    @property
    def interval(self) -> Interval:
        """From its start to the last second counted."""
        return Interval(self.from_s, self.to_s)


class Kept(NamedTuple):
    """Since when usage is kept how finely; before both, by the day.

    Attributes:
        spans_from_s: UTC second since which it is by 5 minutes.
        hours_from_s: the same by the hour.
    """

    spans_from_s: int = 0
    hours_from_s: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without the daemon.

    Attributes:
        interval: from the end of one run to the start of the next.
        clean: whether the run before had been stopped, not killed.
        same_boot: whether the machine had stayed on.
    """

    interval: Interval
    clean: bool
    same_boot: bool
