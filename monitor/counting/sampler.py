"""What a tick does: collectors, counters, attribution and store wired together.

The sampler holds the last snapshots and what is pending. It knows no file, no socket
and no thread; time, kernel and store come in as arguments.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from monitor.applications import recognise
from monitor.clock import SECOND_NS, Placement, Reading, place
from monitor.collectors.sockdiag import is_instance
from monitor.counters import Outcome, device_usage, last_counters
from monitor.counting.booking import Booking
from monitor.counting.covering import between, covered, known_before, unwatched
from monitor.counting.explaining import Explaining, watched_besides
from monitor.counting.leaving import Leaving
from monitor.counting.live import Live, Ticked, after
from monitor.counting.socket_rows import Rows, SocketRows
from monitor.counting.whereabouts import Whereabouts
from monitor.counting.wire_rows import WireRows
from monitor.errors import SourceError
from monitor.store.pending import Pending
from monitor.wire import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.attribution import shares
    from monitor.counters import DeviceUsage
    from monitor.counting.covering import Covered
    from monitor.counting.wire_rows import DeviceBill
    from monitor.devices import DeviceCounters, Link
    from monitor.networks import attaching
    from monitor.sources import Sources
    from monitor.store.batch import Resume
    from monitor.usage import (
        Attachment,
        BootInterval,
        Interval,
        Process,
        SocketCounters,
        SocketKey,
        Traffic,
    )
    from monitor.wire import Reading as WireReading


@dataclass(slots=True)
class Sampler:
    """The state between two ticks.

    Attributes:
        sources: the kernel.
        here: devices and their networks, by the person's word on interfaces.
        placement: what is believed of the clock.
        pending: counted, not committed.
        devices: last counters by ifindex.
        rows: the kernel's socket rows; None on the `interface` tier.
        wires: what devices move on the wire.
        remotes: whether to count by the network at the other end.
        baseline: the very first sight of this store: counters start here.
        missed: kind of the bytes counted before this run, for its first tick only.
        unreached: a kernel map that the store knows, but this run cannot read, may
            still count: a later run may learn from it whose the missed bytes were.
        followed: the kernel's map counted on meanwhile: what no row of it explains is
            no more than two readings that are never of one instant, as in each tick.
        since: start of the time that the next tick covers.
        live: figures of the last tick.
        boottime_ns: when that was.
        asleep_ns: how long this boot had slept by then.
        ticked: what it booked; None before the first one.
    """

    sources: Sources
    rules: InitVar[attaching.InterfaceRules]
    placement: Placement
    pending: Pending = field(default_factory=Pending)
    devices: dict[int, DeviceCounters] = field(default_factory=dict)
    rows: SocketRows | None = None
    wires: WireRows = field(default_factory=lambda: WireRows(None))
    remotes: bool = False
    baseline: bool = False
    missed: str = ""
    unreached: bool = False
    followed: bool = False
    since: Interval | BootInterval | None = None
    live: Live = field(default_factory=Live)
    boottime_ns: int = 0
    asleep_ns: int = 0
    ticked: Ticked | None = None
    here: Whereabouts = field(init=False)
    _refusal: str = ""
    _leaving: Leaving = field(default_factory=Leaving)
    _explaining: Explaining = field(init=False)

    def __post_init__(self, rules: attaching.InterfaceRules) -> None:
        """Know nothing of tunnels and containers yet."""
        self.here = Whereabouts(self.sources, rules)
        self._explaining = Explaining(self.sources)

    @property
    def is_crowded(self) -> bool:
        """Whether a flush must not wait: the kernel's room for rows runs out."""
        return self.rows is not None and self.rows.is_crowded

    def name_of(self, process: Process) -> str:
        """What a process calls itself now."""
        return self.rows.name(process) if self.rows else process.comm

    def resume(
        self,
        resume: Resume,
        reading: Reading,
        replaced: Mapping[SocketKey, SocketCounters] | None = None,
    ) -> None:
        """Take up where the run before ended, by its checkpoint.

        Args:
            resume: what the store knows.
            reading: the clocks now.
            replaced: last counters of a kernel map that the store knows and that the
                present one took over from.
        """
        same_boot = resume.boot_id == reading.boot_id
        self.baseline = resume.first
        self.devices = dict(resume.devices) if same_boot else {}
        if self.sources.sockets is not None:
            self.rows = SocketRows(self.sources.sockets)
            self.rows.resume(resume, replaced)
            self.wires = WireRows(self.sources.sockets.wires)
            self.pending.batch.sockets_instance = self.rows.instance_id
        elif same_boot:
            known = resume.sockets_instance
            # What nobody holds any more cannot count: that of a plain user's run.
            self.unreached = bool(known) and not is_instance(known)
        known = self.pending.batch.sockets_instance
        is_same_map = bool(known) and known == resume.sockets_instance
        self.followed = is_same_map or replaced is not None
        self.wires.resume(resume, is_same_map=is_same_map)
        if known and not is_same_map:
            self.pending.batch.wire = NOTHING  # what is stored is another map's
        if same_boot:
            self.placement = known_before(self.placement, resume)
        self.placement = place(self.placement, reading)
        if not resume.first:
            self.missed = "gap" if same_boot else "before_start"
            last = resume if same_boot else None
            self.since = unwatched(self.placement, last, reading.boottime_ns)
        self.boottime_ns, self.asleep_ns = reading.boottime_ns, reading.asleep_ns

    def tick(self) -> None:
        """Take one sample of everything and book it as pending.

        Raises:
            SourceError: nothing was booked, and the next tick covers the time.
        """
        reading = self.sources.read_clock()
        self._leaving.hear(self.sources.departures())
        links = self.sources.links()
        routes = self.sources.default_routes()
        devices = self._counters()
        wire = self.wires.read()  # close to the devices, which it is compared with
        rows = self.rows.read() if self.rows else {}
        now = self._now(reading)
        booking = Booking(self.pending, now.when)
        self._note_failures(booking)
        usage, left = self._usage(booking, devices.values(), links)
        found = self.wires.observe(wire, usage, links | left)
        attached = self._look((links, left), routes, usage, found)
        booking.restarts(usage, attached)
        bills = booking.bills(found, attached, was_watched=not self.missed)
        moved = NOTHING if self.baseline else self.wires.moved
        booked = self._book_rows(booking, self._changed(rows), moved)
        is_missed = bool(self.missed) and not self.unreached
        if is_missed and not self.followed:
            booking.missed(self.missed, bills, booked)
        interval_s = (now.until_ns - self.boottime_ns) / SECOND_NS
        self.live = after(self.live, interval_s, {} if self.missed else bills, booked)
        self.ticked = Ticked(
            now.when, now.until_ns, interval_s, bills, booked, is_missed
        )
        self.boottime_ns, self.asleep_ns = reading.boottime_ns, reading.asleep_ns
        self.devices = last_counters(self.devices, devices.values(), links)
        self._keep_checkpoint()
        self.here.forget_gone(links)
        self._remember_rows(rows, wire)
        self._instruct(booking, links)

    def _counters(self) -> dict[int, DeviceCounters]:
        """Of all devices now; what goes meanwhile is of the next tick."""
        devices = {device.ifindex: device for device in self.sources.devices()}
        self._leaving.hear_late(self.sources.departures())
        return devices

    def _usage(
        self,
        booking: Booking,
        devices: Iterable[DeviceCounters],
        links: Mapping[int, Link],
    ) -> tuple[list[DeviceUsage], dict[int, Link]]:
        """What all devices moved, and what those were that went meanwhile."""
        left = self._leaving.settle(self.devices, links, baseline=self.baseline)
        if left.lost:
            booking.event("overflow", "devices came and went faster than they are read")
        self._leaving.come_back(devices, self.devices, links)
        usage = device_usage(self.devices, devices, baseline=self.baseline)
        anew = [
            each._replace(outcome=Outcome.RESTART)
            if each.device.ifindex in left.reused
            else each
            for each in usage
        ]
        return anew + left.usage, left.links

    def _look(
        self,
        links: tuple[dict[int, Link], dict[int, Link]],
        routes: frozenset[str],
        usage: Iterable[DeviceUsage],
        bills: dict[int, DeviceBill],
    ) -> Mapping[int, Attachment]:
        """See where everything is attached; what has just gone has its last bill."""
        here, left = links
        parted = self.here.part(self.wires, here.keys() | self._leaving.told)
        attached = self.here.look(here, routes, left)
        attached |= {ifindex: where for ifindex, (where, _) in parted.items()}
        guessed = {ifindex: bill for ifindex, (_, bill) in parted.items()}
        self._leaving.guessed(guessed, self.devices)
        bills |= guessed
        self.pending.batch.networks |= self.here.news
        return self.here.surround(attached, here | left, usage, bills).devices

    def _keep_checkpoint(self) -> None:
        """What the batch counts up to, and when that was."""
        batch, placement = self.pending.batch, self.placement
        batch.devices = tuple(self.devices.values())
        batch.boottime_ns = self.boottime_ns
        batch.trusted_offset_ns = placement.offset_ns if placement.trusted else None

    def _remember_rows(self, rows: Rows, wire: WireReading) -> None:
        """Advance the checkpoint of the kernel's map; what was missed is booked."""
        self.wires.remember(wire, self.pending.batch)
        if self.rows is not None:
            self.rows.remember(rows, self.pending.batch, self.boottime_ns)
        self.baseline, self.missed, self.since = False, "", None

    def _instruct(self, booking: Booking, links: Mapping[int, Link]) -> None:
        """Tell the kernel what to watch; a refusal is noted, for all is booked."""
        try:
            besides = watched_besides(self.here.around)
            self.wires.attend(self.here.around.devices, besides, self.sources.addresses)
            if self.rows is not None:
                self.rows.set_mtus(links.values())
        except SourceError as error:
            if str(error) != self._refusal:
                booking.event("overflow", str(error))
            self._refusal = str(error)

    def _note_failures(self, booking: Booking) -> None:
        """Note what the kernel had no room for, in the batch that lacks it.

        A refusal must not stop a tick: the next one asks again.
        """
        if self.rows is not None:
            with suppress(SourceError):
                for detail in self.rows.new_failures():
                    booking.event("overflow", detail)

    def _believe(self, reading: Reading) -> None:
        self.placement = place(self.placement, reading)
        if self.placement.stepped:
            self.pending.batch.cut = True
            at_s = self.placement.second(reading.boottime_ns)
            self.pending.add_event(at_s, "clock-step", "the wall clock was set")

    def _now(self, reading: Reading) -> Covered:
        """The time of this tick; a sleep behind it is noted."""
        self._believe(reading)
        now = covered(self.placement, self.boottime_ns, self.asleep_ns, reading)
        now = now._replace(when=self.since or now.when)
        Booking(self.pending, now.when).slept(now.slept_s)
        return now

    def _changed(self, rows: Rows) -> dict[SocketKey, Traffic]:
        if self.rows is None or self.baseline:
            return {}
        return self.rows.usage(rows)

    def _book_rows(
        self,
        booking: Booking,
        changed: Mapping[SocketKey, Traffic],
        moved: WireReading,
    ) -> list[shares.Attributed]:
        """Book whose bytes they were, from the rows that changed and what moved."""
        if self.rows is None:
            return []
        rows = self._explaining.explain(
            changed, moved, self.here.around, self.rows.find
        )
        booking.owners(rows, self.rows.name)
        if self.remotes:
            for (owner, remote), amounts in self.rows.remotes():
                booking.remote(recognise(self.rows.find(owner)), remote, amounts)
        return rows

    def keep_remotes(self, kept_s: int) -> None:
        """Begin or end to remember networks at the other end.

        What a killed daemon had taken from the kernel and not flushed is missing: at
        most one flush. Unlike the sums, it has no checkpoint to go on from.

        Args:
            kept_s: how long they are kept; 0 for not at all: then those that wait for
                a flush are forgotten, and the flush drops those of the store.

        Raises:
            SourceError: the kernel refused; the store follows all the same.
        """
        self.remotes = kept_s > 0
        self.pending.batch.remotes_kept_s = kept_s
        if not self.remotes:
            self.pending.batch.remotes.clear()
        if self.rows is not None:
            self.rows.count_remotes(on=self.remotes)

    def committed(self) -> None:
        """After a flush: start a new batch, and let go of what died long ago.

        Raises:
            SourceError: the kernel refused; nothing is lost by that.
        """
        self.pending.take()
        self._keep_checkpoint()
        if self.rows is None:
            return
        moved = self.rows.retire(self.pending.batch, self.boottime_ns)
        now = between(self.placement, self.boottime_ns, self.boottime_ns)
        booking = Booking(self.pending, now)
        if moved:
            self._book_rows(booking, moved, NOTHING)
