"""Life of the process: build the parts, readiness, signals, stop in order.

One thread samples, stores and answers on the socket; the calendar has a thread of its
own. The loop sleeps in one place, on a BOOTTIME timer, so that neither a suspend nor a
set clock changes its beat.
"""

from __future__ import annotations

import logging
import os
import selectors
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import astuple

from monitor import __version__, clock, sdnotify, tiers
from monitor.collectors import addresses, netdev, netns
from monitor.collectors.departures import Departures
from monitor.collectors.topology import Topology
from monitor.counting.sampler import Sampler
from monitor.daemon.answering import Answers
from monitor.daemon.appointment import Appointment
from monitor.daemon.control import Control
from monitor.daemon.dates import Believed, here
from monitor.daemon.jobs import calendar_jobs
from monitor.daemon.onlookers import Onlookers
from monitor.daemon.presence import Presence
from monitor.daemon.recorder import Recorder
from monitor.daemon.scheduler import Calendar
from monitor.daemon.signals import Signals
from monitor.daemon.sleep import Duties, Sleep
from monitor.daemon.tellers import learn
from monitor.daemon.uplinks import Uplinks
from monitor.daemon.watch import make_watch
from monitor.errors import ConfigError, StoreError
from monitor.networks.attaching import InterfaceRules
from monitor.networks.identities import NetworkRules
from monitor.sources import Sources
from monitor.store.engine import open_store
from monitor.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from monitor.config import Config, Sampling
    from monitor.counting.live import Live

log = logging.getLogger("esimmon")


@dataclass(frozen=True, slots=True)
class Setup:
    """What a daemon is started with.

    Attributes:
        store: the database, made when it is missing.
        socket: where requests are answered.
        load_config: reads the configuration, again at each SIGHUP.
    """

    store: Path
    socket: Path
    load_config: Callable[[], Config]


class Watcher(Protocol):
    """Who looks at a daemon in the foreground.

    Attributes:
        refresh_s: how often `refresh` is wanted, in seconds; None for never.
    """

    refresh_s: float | None

    def started(self, daemon: Daemon) -> None:
        """The first sample is stored."""

    def refresh(self, live: Live) -> None:
        """Time to show something; `live` holds the figures of the last tick."""


class Daemon:
    """A running daemon.

    Attributes:
        setup: what it was started with.
        store: the open database.
        tier: what counts the bytes of processes.
        watch: plans and alerts.
        recorder: samples and stores.
    """

    def __init__(self, setup: Setup, parts: ExitStack) -> None:
        """Build all parts in order; `parts` takes them down in the reverse order.

        Raises:
            EsimmonError: configuration, store or socket cannot be used.
        """
        self.setup = setup
        self._signals = Signals(parts)
        self._config = setup.load_config()
        self._selector = parts.enter_context(selectors.DefaultSelector())
        self.store = parts.enter_context(
            open_store(setup.store, writable=True, create=True)
        )
        for notice in self.store.notices:
            log.warning("%s", notice)
        self._answers = Answers(self)
        control = Control(setup.socket, self._answers.methods, self._selector)
        self._answers.control = control
        parts.callback(control.close)
        self._writer = parts.enter_context(Writer(self.store))
        killed = self._writer.was_killed(clock.read().boot_id, tiers.EBPF)
        known = self._writer.known_instance()
        self.tier = tiers.choose(setup.store, known, killed=killed, tell=log.warning)
        self._stored = False
        parts.callback(self._let_go)
        self._presence = parts.enter_context(Presence(os.environ))
        self._sleep = parts.enter_context(Sleep(os.environ))
        uplinks = Uplinks(os.environ, _network_rules(self._config))
        self._uplinks = parts.enter_context(uplinks)
        self._topology = parts.enter_context(Topology())
        self._departures = parts.enter_context(Departures())
        self.recorder = self._begin()
        self.recorder.keep_remotes(self._config.remotes.kept_s)
        self._answers.pooling.settle(self._config.pool)
        self._timer = parts.enter_context(clock.BoottimeTimer(self.sampling.tick_s))
        self._changes = parts.enter_context(clock.ClockChanges())
        self._onlookers = Onlookers(control, self._timer, self._answers.last_tick)
        self.recorder.ticked = self._onlookers.show

    def _begin(self) -> Recorder:
        """Read where the run before ended, and take up there."""
        reading = clock.read()
        resume = self._writer.start(
            boot_id=reading.boot_id,
            at_s=reading.realtime_ns // clock.SECOND_NS,
            boot_s=(reading.realtime_ns - reading.boottime_ns) // clock.SECOND_NS,
            tier=self.tier.name,
            version=__version__,
        )
        sources = Sources(
            read_clock=clock.read,
            devices=netdev.collect,
            links=self._topology.links,
            default_routes=self._topology.default_routes,
            addresses=addresses.collect,
            netns=tiers.own_netns(),
            sockets=self.tier.program,
            find_nsid=netns.collect,
            networks=self._uplinks.networks,
            departures=self._departures.take,
        )
        trusted_s = max(resume.last_trusted_s, clock.RELEASED_S)
        sampler = Sampler(sources, _rules(self._config), clock.Placement(trusted_s))
        sampler.here.class_of = self._presence.classes.of
        sampler.resume(resume, reading, self.tier.replaced)
        socket, last_s = self.setup.socket, resume.last_s
        self.watch = make_watch(self.store, sampler, self._config, socket, last_s)
        self.watch.announce = self._answers.announce
        self.watch.using.connections = lambda: self._uplinks.connections
        return Recorder(sampler, self._writer, reading.boot_id, self.watch)

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked it to end."""
        return self._signals.stop

    @property
    def sampler(self) -> Sampler:
        """What a tick does."""
        return self.recorder.sampler

    @property
    def sampling(self) -> Sampling:
        """How often counters are read and written down."""
        return self._config.sampling

    def run(self, watcher: Watcher, parts: ExitStack) -> None:
        """Sample until a signal says stop, then flush and let go of everything.

        Args:
            watcher: told of each tick.
            parts: takes down what is started here.
        """
        self._selector.register(self._timer, selectors.EVENT_READ, self._beat)
        self._selector.register(self._signals.wakeup, selectors.EVENT_READ, self._wake)
        self._selector.register(self._changes, selectors.EVENT_READ, self._set_anew)
        heard, hear = self._departures, self._departures.hear
        self._selector.register(heard, selectors.EVENT_READ, hear)
        self._presence.watch(self._selector, self._tick)
        self._sleep.watch(self._selector, Duties(self.recorder.settle, self._set_anew))
        self._uplinks.watch(self._selector, self._tick)
        self.recorder.heed(self._selector, parts, self.call)
        self._tick()
        self.recorder.flush()
        self._start_calendar(parts)
        watcher.started(self)
        status = f"STATUS=tier {self.tier.name}, store {self.setup.store}"
        sdnotify.notify("READY=1", status)
        waits_s = (watcher.refresh_s, sdnotify.watchdog_interval_s())
        wait_s = min((wait_s for wait_s in waits_s if wait_s), default=None)
        while not self._signals.stop:
            self._appointment.plan(self.watch.due_s, self.sampler.placement.offset_ns)
            for key, _ in self._selector.select(wait_s):
                key.data()
            self._onlookers.pace(self.sampling.tick_s)
            watcher.refresh(self.sampler.live)
            sdnotify.notify("WATCHDOG=1")
        self._stop()

    def _wake(self) -> None:
        if self._signals.take_reload():
            self.reload()
        if self._signals.take_call():
            self._appointment.kept()
            self._tick()

    def call(self) -> None:
        """Look at the plans once this is done, without waiting for the next beat."""
        self._signals.call()

    def reload(self) -> str | None:
        """Take the configuration anew, unless it is broken; say why not."""
        refused = None
        sdnotify.notify("RELOADING=1")
        try:
            self._config = self.setup.load_config()
        except ConfigError as error:
            refused = str(error)
            log.error("not reloaded: %s", error)  # noqa: TRY400 - a sentence
        else:
            self.sampler.here.rules = _rules(self._config)
            self._uplinks.rules = _network_rules(self._config)
            self.watch.reload(self._config)
            self.recorder.keep_remotes(self._config.remotes.kept_s)
            self._answers.pooling.settle(self._config.pool)
            self.call()
            log.info("configuration reloaded")
        sdnotify.notify("READY=1")
        return refused

    def _start_calendar(self, parts: ExitStack) -> None:
        zone = here()
        now = datetime.fromtimestamp(clock.now_s(), zone)
        jobs = calendar_jobs(
            self.store,
            lambda: self._config,
            Believed(lambda: self.sampler.placement).dates(),
            lambda: self.watch.book.needed_since_s,
            lambda: learn(self.store, self.watch.telling.unusual),
        )
        self._calendar = Calendar(jobs, zone, now)
        parts.callback(self._calendar.close)
        self._appointment = Appointment(self._calendar, self.call)

    def _beat(self) -> None:
        beats = self._timer.beats()
        if not beats:
            return
        self._tick()
        if (
            beats > 1
            or self.sampler.placement.stepped
            or not self._calendar.is_in(here())
        ):
            self._wake_calendar()
        since_ns = self.sampler.boottime_ns - self.recorder.flushed_ns
        is_due = since_ns >= self._config.sampling.flush_s * clock.SECOND_NS
        if is_due or self.sampler.is_crowded:
            self.recorder.flush()

    def _set_anew(self) -> None:
        """The wall clock was set, or the machine has slept."""
        self._changes.take()
        self._tick()
        self._wake_calendar()

    def _wake_calendar(self) -> None:
        self._calendar.wake(datetime.fromtimestamp(clock.now_s(), here()))

    def _tick(self) -> None:
        if self.store.damage is not None:
            raise self.store.damage
        self.recorder.sample()
        self.watch.write_status()

    def _stop(self) -> None:
        """The last sample and flush; the kernel stops counting only if it is stored."""
        sdnotify.notify("STOPPING=1")
        self._sleep.release()
        self._stored = self.recorder.end()
        self.watch.remove_status()

    def _let_go(self) -> None:
        """The kernel stops counting, unless the store lacks what it counted."""
        if self._stored:
            self.tier.let_go(is_stored=True)
        elif self.tier.let_go(is_stored=not self._may_be_taken_over()):
            log.warning("the kernel goes on counting; the next start takes it over")

    def _may_be_taken_over(self) -> bool:
        """Whether the next start finds in the store from where these rows go on."""
        program = self.tier.program
        if program is None or self.tier.replaced is not None:
            return True  # at least those of the program before
        try:
            return self._writer.known_instance() == program.instance_id
        except StoreError:
            return self.setup.store.exists()


def _rules(config: Config) -> InterfaceRules:
    return InterfaceRules(*astuple(config.interfaces))


def _network_rules(config: Config) -> NetworkRules:
    return NetworkRules(*astuple(config.networks))
