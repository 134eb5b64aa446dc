"""After each tick: plans are charged, alerts judged and told, the status file written.

Everything here leans on values of the tick; the store is asked only for what was used
before this run, and for who used most when there is something to tell.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from monitor import clock
from monitor.accounts import agreements, bookkeeping
from monitor.client import statusfile
from monitor.daemon.blindness import Blindness
from monitor.daemon.choosing import choices
from monitor.daemon.eaters import largest_eater
from monitor.daemon.planbook import PlanBook
from monitor.daemon.statusfacts import status_facts
from monitor.daemon.tellers import make_telling, rate_rule, recall, unusual_rule, wishes
from monitor.daemon.totals import Totals
from monitor.daemon.using import Using
from monitor.errors import PlanError, StoreError
from monitor.plans.entries import Entry
from monitor.plans.refusals import read
from monitor.store.history import newest_tiers
from monitor.store.labels import Labels
from monitor.usage import Interval
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.alerts import Change
    from monitor.config import Config
    from monitor.counting.live import Ticked
    from monitor.counting.sampler import Sampler
    from monitor.daemon.planbook import Running
    from monitor.daemon.telling import Telling
    from monitor.store.engine import Store
    from monitor.usage import Attachment

log = logging.getLogger("esimmon")


class Watch:
    """Plans and alerts of a running daemon.

    Attributes:
        book: the plans and what they were charged.
        telling: alerts on their way.
        labels: what people call networks.
        using: which networks are in use.
        blindness: what was not seen, or cannot be kept.
        totals: what each network ever moved.
        announce: called when there is something new for the agents of users.
    """

    def __init__(
        self,
        store: Store,
        sampler: Sampler,
        config: Config,
        telling: Telling,
        status_path: str,
    ) -> None:
        """Watch what this sampler counts."""
        self._store = store
        self._sampler = sampler
        self.book = PlanBook(store, agreements.configured(config, _zone()))
        self.telling = telling
        self._status_path = status_path
        self._details = b""
        self._tick_s = config.sampling.tick_s
        self.labels = Labels(store)
        self.using = Using(store, config.networks, self.labels)
        self.blindness = Blindness(newest_tiers(store), " ".join(store.notices))
        self._boot_id = clock.read().boot_id
        self.totals = Totals(self._store)
        self._concern(config)
        self._noted: set[str] = set()
        self.announce: Callable[[], None] = lambda: None
        sampler.pending.more_marks = self.book.marks

    def _eater(self, running: Running) -> tuple[str, int] | None:
        """The program that used most of a plan in this cycle, with its bytes."""
        return largest_eater(
            self._store,
            self._sampler.pending.batch,
            running.seen,
            self.now_s,
            partial(self._is_paid, running),
        )

    def _is_paid(self, running: Running, where: Attachment) -> bool:
        return self.book.plan_of(where, self.now_s) == running.seen.plan.id

    @property
    def now_s(self) -> int:
        """UTC second of the last tick; its place on the calendar must be known."""
        return self._sampler.placement.second(self._sampler.boottime_ns)

    def _billed(self) -> list[Attachment]:
        """The billed devices that are there, with their networks."""
        attached = self._sampler.here.attached.values()
        return [each for each in attached if each.billed]

    def is_stale(self) -> bool:
        """Whether the plans must be judged anew, once all is in the store."""
        tick, sampler = self._sampler.ticked, self._sampler
        if tick is None or not isinstance(tick.when, Interval):
            return False
        if sampler.placement.stepped:
            self.book.restate()
        self.book.see(tick.when, self._billed())
        return self.book.is_stale

    def reopen(self, *, is_stored: bool) -> None:
        """Judge the plans anew.

        Args:
            is_stored: whether everything that was counted is in the store.
        """
        if not is_stored:
            self._say_once("the plans cannot be judged before the store has it all")
            return
        try:
            self.book.open(self.now_s, self._billed())
        except (StoreError, PlanError) as error:
            self._say_once(f"the plans cannot be judged: {error}")
            return
        # The book has the rows of the store as they are: they are not to grow.
        self._sampler.pending.batch.cut = True

    def ticked(self) -> list[Change]:
        """Take in the last tick.

        Returns:
            What is to be committed at once and then told.
        """
        tick, sampler = self._sampler.ticked, self._sampler
        self.totals.book(tick.bills if tick else {})
        if tick is None or not isinstance(tick.when, Interval):
            return []
        now_s, zone = self.now_s, _zone()
        # The tick that covers missed time is short, and its rows are not.
        covered_s = max(tick.interval_s, tick.when.to_s - tick.when.from_s)
        plan_of = partial(self.book.plan_of, at_s=now_s)
        # At the end of what it covers: before a sleep is long before the next tick.
        self.telling.book(tick.rows, tick.until_ns, covered_s, plan_of)
        seen = self.blindness.found(sampler.placement.second)
        changes = self.telling.judge_monitor(now_s, seen, zone)
        if self.book.is_stale:
            return changes
        try:
            self.book.tick(sampler.pending.batch, now_s)
        except PlanError as error:
            self._say_once(f"the plans cannot be judged: {error}")
            return changes
        self._write_down(tick)
        for note in self.book.notes:
            self._say_once(note)
        watched = [
            replace(
                each.seen,
                viewer=zone,
                eater=partial(self._eater, each),
                member=self._member if each.agreement.plan.id in self._shared else "",
            )
            for each in self.book.plans
        ]
        self.telling.choices = choices(self._store.path, watched)
        attached, networks = sampler.here.attached.values(), sampler.here.networks
        uplinks = self.using.look(tick, attached, networks, plan_of)
        at_ns = sampler.boottime_ns
        return changes + self.telling.judge(now_s, at_ns, watched, uplinks)

    def _write_down(self, tick: Ticked) -> None:
        try:
            self.book.freeze()
            self.book.note_attached(tick)
        except StoreError as error:
            self._say_once(f"what became of plans is not written down: {error}")

    @property
    def due_s(self) -> int | None:
        """UTC second at which a plan turns next, or something is to be told."""
        if self._sampler.placement.offset_ns is None:
            return None
        return self.book.due_s(self.now_s)

    def note(self, found: object, by: str) -> dict[str, Any]:
        """Write an entry of a plan's ledger, if no rule of the plan forbids it.

        Args:
            found: the entry as JSON gave it.
            by: who says so.

        Returns:
            Its id, and whether it is new.

        Raises:
            EsimmonError: it was not noted.
        """
        entry: Entry = read(found, Entry, "entry")  # type: ignore[arg-type]  # mypy takes a union for no type
        plans = agreements.kept(self._store)
        is_new = bookkeeping.note(self._store, plans, entry, clock.now_s(), by)
        if is_new:
            self.book.restate()
        return {"id": entry.id, "new": is_new}

    def keep_plans(self) -> None:
        """Write down which plans there are, for commands that have no configuration."""
        try:
            agreements.keep(self._store, self.book.agreements, clock.now_s())
        except StoreError as error:
            log.error("the plans were not written down: %s", error)  # noqa: TRY400 - a sentence

    def reload(self, config: Config) -> None:
        """Take other plans and rules; what was used before is asked of the store."""
        self.book.reload(agreements.configured(config, _zone()))
        self.keep_plans()
        self._tick_s = config.sampling.tick_s
        self.telling.rule = rate_rule(config)
        self.telling.unusual.rule = unusual_rule(config)
        self.telling.off = config.alerts.off
        self.telling.wishes = wishes(config)
        self.announce()
        self.using.rules = config.networks
        self._concern(config)
        self._noted.clear()

    def _concern(self, config: Config) -> None:
        """See whom of those who share a plan alerts concern here."""
        pool = config.pool
        self._member = "" if pool.owner else pool.member
        self._shared = frozenset(map(str, pool.plans if pool.folder else ()))

    def forgot(self) -> None:
        """Names were taken out of the store: have them no more either."""
        recall(self.telling, self._store)
        self.labels.read()
        self.totals = Totals(self._store)
        self.announce()
        self.write_status()

    def tell(self, changes: Iterable[Change]) -> None:
        """Tell what changed, and again what nobody saw; agents hear of it at once."""
        told = list(changes)
        self.telling.tell(told, self._sampler.boottime_ns)
        if told:
            self.announce()

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._noted:
            self._noted.add(sentence)
            log.warning("%s", sentence)

    def document(self) -> dict[str, Any] | None:
        """How things stand after the last tick; None while the time is not known.

        Raises:
            StoreError: the database cannot be read.
        """
        sampler = self._sampler
        if sampler.placement.offset_ns is None:
            return None
        facts = status_facts(self.book, sampler, self.telling, self.labels.by_key) | {
            "store": str(self._store.path),
            "totals": self.totals.facts(),
        }
        return statusfile.document(
            self.now_s, sampler.boottime_ns, self._boot_id, self._tick_s, facts
        )

    def write_status(self) -> None:
        """Say in the small file how things stand; nobody needs it to go on."""
        try:
            document = self.document()
            if document is not None:
                self._details = statusfile.write(
                    self._status_path, document, self._details
                )
        except (OSError, StoreError) as error:
            self._say_once(f"{self._status_path} is not written: {error}")

    def remove_status(self) -> None:
        """This daemon has ended: nobody must take its last word for the present."""
        statusfile.remove(self._status_path)


def make_watch(
    store: Store,
    sampler: Sampler,
    config: Config,
    socket_path: Path,
    last_s: int | None = None,
) -> Watch:
    """The watch of a daemon, going on from what the store knows was told.

    Args:
        store: the database.
        sampler: what a tick does.
        config: plans, and how much a program may move in the background.
        socket_path: the status file is kept beside it; answers to alerts go there.
        last_s: UTC second up to which the run before had counted; None at first.

    Raises:
        StoreError: the database cannot be read.
    """
    telling = make_telling(store, config, socket_path, last_s)
    path = statusfile.status_path(socket_path)
    watch = Watch(store, sampler, config, telling, path)
    watch.keep_plans()
    return watch


def _zone() -> ZoneInfo:
    """This machine's, for plans that name none."""
    return local_zone(os.environ)
