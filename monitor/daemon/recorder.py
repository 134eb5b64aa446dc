"""Sampling and storing, with what can fail: said once, tried again, nothing lost."""

from __future__ import annotations

import logging
from functools import partial
from selectors import EVENT_READ
from typing import TYPE_CHECKING

from monitor import clock
from monitor.daemon.quotas import SETTLE_NS, quotas
from monitor.errors import (
    SourceError,
    StoreDamagedError,
    StoreError,
    StoreReplacedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from selectors import BaseSelector

    from monitor.counting.sampler import Sampler
    from monitor.daemon.planbook import PlanBook
    from monitor.daemon.watch import Watch
    from monitor.sources import Wakeups
    from monitor.store.writer import Writer

log = logging.getLogger("esimmon")


class Recorder:
    """A sampler whose batches reach the store.

    Attributes:
        sampler: what a tick does.
        flushed_ns: CLOCK_BOOTTIME of the last tick that a flush covered or tried to.
        ticked: called after each tick.
    """

    def __init__(
        self,
        sampler: Sampler,
        writer: Writer,
        boot_id: str,
        watch: Watch | None = None,
    ) -> None:
        """Record what the sampler counts in this boot.

        Args:
            sampler: what a tick does.
            writer: into the store.
            boot_id: of this boot.
            watch: plans and alerts, looked at after each tick.
        """
        self.sampler = sampler
        self._watch = watch
        self.flushed_ns = 0
        self.ticked: Callable[[], None] = lambda: None
        self._writer = writer
        self._boot_id = boot_id
        self._store_failed = self._source_failed = self._placed = False
        self._unarmed = False

    def heed(
        self, selector: BaseSelector, parts: ExitStack, call: Callable[[], None]
    ) -> None:
        """Go without waiting for the tick when the kernel calls, or an alert was shown.

        The kernel does when it has much to tell, and when a device has moved as much
        as a plan was waiting for.

        Args:
            selector: of the daemon's loop.
            parts: takes down what is made here.
            call: has the loop tick; from another thread.
        """
        courier = None if self._watch is None else self._watch.telling.courier
        if courier is not None:
            courier.call = call
        sockets = self.sampler.sources.sockets
        if sockets is not None and sockets.wakeups is not None:
            delay = parts.enter_context(clock.Delay())
            selector.register(delay, EVENT_READ, partial(self._is_time, delay))
            called = partial(self._called, sockets.wakeups, delay)
            selector.register(sockets.wakeups, EVENT_READ, called)

    def _called(self, wakeups: Wakeups, delay: clock.Delay) -> None:
        """What is read and written makes room in the kernel for short processes."""
        if wakeups.take():
            self.settle()
        else:
            # At full speed 80 % and 100 % are a moment apart: that is one alert.
            delay.begin(SETTLE_NS)

    def _is_time(self, delay: clock.Delay) -> None:
        if delay.take():
            self.settle()

    def settle(self) -> bool:
        """Sample and flush at once; returns whether the store is up to this moment."""
        self.sample()
        return self.flush()

    def sample(self) -> None:
        """One tick; a source that fails is said once, and the next tick catches up."""
        try:
            self.sampler.tick()
        except SourceError as error:
            if not self._source_failed:
                log.error("%s", error)  # noqa: TRY400 - a sentence, no traceback
            self._source_failed = True
        else:
            self._source_failed = False
            self._look()
            self.ticked()

    def _look(self) -> None:
        """Judge plans and alerts; what fires is committed at once, and told."""
        if self._watch is None:
            return
        sampler = self.sampler
        events = sampler.pending.batch.events
        self._watch.blindness.see(sampler.ticked, events)
        if self._watch.is_stale():
            self._watch.reopen(is_stored=self.flush())
        changes = self._watch.ticked()
        self._arm(self._watch)
        if changes:
            self.sampler.pending.batch.alerts += changes
            self.flush()
        # Also when the store failed: a person must hear of it all the same.
        self._watch.tell(changes)
        if delivered := self._watch.telling.deliveries():
            # Whatever ends this process now, nothing of it is told again.
            self.sampler.pending.batch.delivered += delivered
            self.flush()

    def _arm(self, watch: Watch) -> None:
        """Let the kernel wake the daemon at the byte that an alert may be about."""
        sockets = self.sampler.sources.sockets
        if sockets is None or sockets.wires is None:
            return
        try:
            sockets.wires.set_quotas(self._quotas(watch.book))
        except SourceError as error:
            if not self._unarmed:
                log.error("%s Alerts come with the next sample.", error)  # noqa: TRY400 - a sentence, no traceback
            self._unarmed = True

    def _quotas(self, book: PlanBook) -> dict[int, int]:
        """After how many bytes of a device, by ifindex, there may be more to tell."""
        sampler = self.sampler
        if book.is_stale:
            return {}
        now_s = sampler.placement.second(sampler.boottime_ns)
        plans = [each.seen for each in book.plans]
        payer = partial(book.plan_of, at_s=now_s)
        return quotas(sampler.here.attached, payer, plans, sampler.live)

    def keep_remotes(self, kept_s: int) -> None:
        """Begin or end to remember networks at the other end.

        Args:
            kept_s: how long they are kept; 0 for not at all.
        """
        if kept_s and self.sampler.rows is None:
            log.warning("the networks that programs talk to are not seen by this tier")
        try:
            self.sampler.keep_remotes(kept_s)
        except SourceError as error:
            log.error("%s", error)  # noqa: TRY400 - a sentence, no traceback

    def flush(self) -> bool:
        """Commit what is pending; on failure it stays pending and is said once.

        Returns:
            Whether the store has everything up to the last tick.

        Raises:
            StoreDamagedError: only a new start can mend that.
            StoreReplacedError: the same.
        """
        self.flushed_ns = self.sampler.boottime_ns
        if self.sampler.ticked is None:
            # No source could be read yet: there is no checkpoint to write.
            return False
        try:
            self._write()
        except (StoreDamagedError, StoreReplacedError):
            raise  # the next start mends it, or goes on with what is there
        except StoreError as error:
            self._note(error)
            return False
        if self._store_failed:
            log.warning("the database can be written again: nothing was lost")
        self._store_failed = False
        if self._watch is not None:
            self._watch.blindness.wrote()
            self._watch.book.committed(self.sampler.pending.batch)
        try:
            self.sampler.committed()
        except SourceError as error:
            log.error("%s", error)  # noqa: TRY400 - a sentence, no traceback
        return True

    def _note(self, error: StoreError) -> None:
        if not self._store_failed:
            log.error("%s Counting goes on in memory.", error)
        self._store_failed = True
        if self._watch is not None:
            self._watch.blindness.failed(error, self.sampler.boottime_ns)

    def _write(self) -> None:
        placement = self.sampler.placement
        at_s = clock.now_s()
        if placement.offset_ns is not None:
            at_s = placement.second(self.sampler.boottime_ns)
        if self._watch is not None:
            self.sampler.pending.batch.delivered += self._watch.telling.deliveries()
        self._writer.flush(
            self.sampler.pending.batch, at_s=at_s, trusted=placement.trusted
        )
        if not self._placed and placement.offset_ns is not None:
            # The time of this boot is known: usage from before finds its place.
            self._writer.place(self._boot_id, placement.offset_ns // clock.SECOND_NS)
            self._placed = True
            if self._watch is not None:
                self._watch.book.restate()

    def end(self) -> bool:
        """The last tick and flush of a run; returns whether the store has it all."""
        self.sample()
        if self._watch is not None:
            self.sampler.pending.batch.delivered += self._watch.telling.close()
        stored = self.flush()
        if stored:
            try:
                self._writer.stop(at_s=clock.now_s())
            except StoreError as error:
                log.error("%s", error)  # noqa: TRY400 - a sentence, no traceback
        return stored
