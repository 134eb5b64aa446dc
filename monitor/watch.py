"""After each tick: plans are charged, alerts judged and told, the status file written.

Everything here leans on values of the tick; the store is asked only for what was used
before this run, and for who used most when there is something to tell.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from monitor import agreements, bookkeeping, clock, statusfile
from monitor.alerts import RateRule, Watched
from monitor.config import plans_of
from monitor.errors import StoreError
from monitor.notifiers.courier import Courier, Patience
from monitor.notifiers.desktop import WAY, Desktop, has_desktop
from monitor.planbook import PlanBook
from monitor.plans.entries import Entry
from monitor.plans.refusals import read
from monitor.store import alerts as stored_alerts
from monitor.store import queries
from monitor.telling import Telling
from monitor.usage import Interval
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from monitor.alerts import Change
    from monitor.config import Config
    from monitor.live import Live
    from monitor.plans.model import Plan
    from monitor.plans.standing import PlanStatus
    from monitor.sampler import Sampler
    from monitor.store.engine import Store

log = logging.getLogger("esimmon")


class Watch:
    """Plans and alerts of a running daemon.

    Attributes:
        book: the plans and what they were charged.
        telling: alerts on their way.
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
        self.book = PlanBook(configured_plans(config), self._used_bytes)
        self.telling = telling
        self._status_path = status_path
        self._tick_s = config.sampling.tick_s
        self._boot_id = clock.read().boot_id
        self._noted: set[str] = set()
        self.announce: Callable[[], None] = lambda: None
        sampler.pending.more_marks = self.book.marks

    def _used_bytes(self, plan: Plan, interval: Interval) -> int:
        """What a plan was charged in an interval, stored and pending.

        Raises:
            StoreError: the database cannot be read.
        """
        stored = sum(
            plan.charged(bill.l3)
            for bill in queries.interface_bills(self._store, interval)
            if bill.billed and self.book.plan_of(bill.name) == plan.id
        )
        waiting = sum(
            plan.charged(bill.l3)
            for (piece, where), bill in self._sampler.pending.batch.bill.items()
            if where.billed
            and self.book.plan_of(where.device) == plan.id
            and interval.from_s <= piece.from_s < interval.to_s
        )
        return stored + waiting

    def _eater(self, plan: Plan, status: PlanStatus) -> tuple[str, int] | None:
        """The program that used most of a plan in this cycle, with its bytes."""
        if status.cycle_start is None or status.cycle_end is None:
            return None
        moved: Counter[str] = Counter()
        cycle = Interval(status.cycle_start, status.cycle_end)
        try:
            rows = queries.explanation(self._store, cycle)
        except StoreError:
            return None
        for row in rows:
            mine = row.billed and self.book.plan_of(row.interface) == plan.id
            if mine and row.application:
                moved[row.application] += plan.charged(row.traffic)
        waiting = self._sampler.pending.batch.explanation.items()
        for (piece, where, share), traffic in waiting:
            mine = where.billed and self.book.plan_of(where.device) == plan.id
            inside = cycle.from_s <= piece.from_s < cycle.to_s
            if mine and inside and share.application is not None:
                moved[share.application.name] += plan.charged(traffic)
        return next(iter(moved.most_common(1)), None)

    def ticked(self) -> list[Change]:
        """Take in the last tick.

        Returns:
            What is to be committed at once and then told.
        """
        tick, sampler = self._sampler.ticked, self._sampler
        if tick is None or not isinstance(tick.when, Interval):
            return []
        self.book.book(tick.when, tick.bills)
        # The tick that covers missed time is short, and its rows are not.
        covered_s = max(tick.interval_s, tick.when.to_s - tick.when.from_s)
        self.telling.book(tick.rows, sampler.boottime_ns, covered_s, self.book.plan_of)
        now_s = sampler.placement.second(sampler.boottime_ns)
        try:
            statuses = self.book.statuses(now_s)
        except StoreError as error:
            self._say_once(f"the plans cannot be judged: {error}")
            return []
        for note in self.book.notes:
            self._say_once(note)
        watched = [
            Watched(plan, status, partial(self._eater, plan, status))
            for plan, status in zip(self.book.plans, statuses, strict=True)
        ]
        return self.telling.judge(now_s, sampler.boottime_ns, watched)

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

    def keep_plans(self, config: Config) -> None:
        """Write down which plans there are, for commands that have no configuration."""
        plans = agreements.configured(config, local_zone(os.environ))
        try:
            agreements.keep(self._store, plans, clock.now_s())
        except StoreError as error:
            log.error("the plans were not written down: %s", error)  # noqa: TRY400 - a sentence

    def reload(self, config: Config) -> None:
        """Take other plans and rules; what was used before is asked of the store."""
        self.keep_plans(config)
        self.book.reload(configured_plans(config))
        self._tick_s = config.sampling.tick_s
        self.telling.rule = rate_rule(config)
        self._noted.clear()

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
        now_s = sampler.placement.second(sampler.boottime_ns)
        devices = [each.device for each in sampler.attached.values() if each.billed]
        facts = {
            "plans": self.book.facts(now_s, devices),
            "alerts": self.telling.pending()["alerts"],
            "devices": sorted(devices),
            "rate": _rates(sampler.live),
            "store": str(self._store.path),
        }
        return statusfile.document(
            now_s, sampler.boottime_ns, self._boot_id, self._tick_s, facts
        )

    def write_status(self) -> None:
        """Say in the small file how things stand; nobody needs it to go on."""
        try:
            document = self.document()
            if document is not None:
                statusfile.write(self._status_path, document)
        except (OSError, StoreError) as error:
            self._say_once(f"{self._status_path} is not written: {error}")

    def remove_status(self) -> None:
        """This daemon has ended: nobody must take its last word for the present."""
        statusfile.remove(self._status_path)


def make_watch(
    store: Store, sampler: Sampler, config: Config, socket_path: Path
) -> Watch:
    """The watch of a daemon, going on from what the store knows was told.

    Args:
        store: the database.
        sampler: what a tick does.
        config: plans, and how much a program may move in the background.
        socket_path: the status file is kept beside it.

    Raises:
        StoreError: the database cannot be read.
    """
    # By hand in a desktop session this process shows alerts itself.
    courier = Courier(Patience(Desktop()), WAY) if has_desktop(os.environ) else None
    told = stored_alerts.told(store)
    telling = Telling(told, rate_rule(config), courier)
    path = statusfile.status_path(socket_path)
    watch = Watch(store, sampler, config, telling, path)
    watch.keep_plans(config)
    return watch


def configured_plans(config: Config) -> tuple[Plan, ...]:
    """The plans of a configuration, by this machine's zone where they name none."""
    return plans_of(config.plans, local_zone(os.environ))


def rate_rule(config: Config) -> RateRule:
    """How much a program may move in the background."""
    given = config.background
    return RateRule(given.rate_bytes, given.within_s, given.allow)


def _rates(live: Live) -> dict[str, dict[str, int]]:
    """Bytes a second by device, of the last tick."""
    length_s = max(live.interval_s, 0.001)
    return {
        name: {
            "rx_bytes_per_s": int(moved.rx_bytes / length_s),
            "tx_bytes_per_s": int(moved.tx_bytes / length_s),
        }
        for name, moved in live.devices.items()
    }
