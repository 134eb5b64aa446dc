"""All plans of a running daemon: judged at each tick as they would be from the store.

The account of each plan stands at the last 5-minute mark; at each tick the rows since
then are charged to a copy of it. What changes the past (another configuration, an entry
of the ledger, usage from before, a clock that was set back) makes the book stale: then,
once everything is flushed, the plans are judged anew from the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from monitor.alerts import look_at, next_due
from monitor.apart import canonical, telling_of
from monitor.bookkeeping import open_book
from monitor.open_rows import OpenRows
from monitor.plans.agreement import all_bindings
from monitor.plans.localtime import NEVER
from monitor.plans.payers import Bindings, payer
from monitor.plans.periods import marks
from monitor.plans.reaching import finished, needed_since_s
from monitor.plans.writing import canonical as canonical_json
from monitor.store import agreed
from monitor.usage import SLOT_S, Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.alerts import Watched
    from monitor.plans.account import Account
    from monitor.plans.agreement import Agreement
    from monitor.plans.measured import Telling
    from monitor.plans.samples import Sample
    from monitor.store.batch import Batch
    from monitor.store.engine import Store

_LONG_AGO: Final = -(1 << 62)


@dataclass(slots=True)
class Running:
    """One plan.

    Attributes:
        agreement: what was bought, and what was said of it.
        telling: what its samples tell apart.
        devices: names of those that it pays for at some time.
        closed: its account at the last 5-minute mark.
        settled: samples since then that were stored before this book was opened.
        now: its account at the last tick.
        seen: how it stood then.
        frozen_s: UTC second up to which its cycles are judged no more.
    """

    agreement: Agreement
    telling: Telling
    devices: frozenset[str]
    closed: Account
    settled: list[Sample]
    now: Account
    seen: Watched
    frozen_s: int


class PlanBook:
    """All plans.

    Attributes:
        agreements: what was bought, in the order of the configuration.
        plans: the same, judged; empty until the book was opened.
        is_stale: whether all is to be judged anew, once it is in the store.
        needed_since_s: UTC second from which on plans need what was measured; long ago
            while that is not known. May be read from any thread.
    """

    def __init__(self, store: Store, agreements: Iterable[Agreement]) -> None:
        """Begin with a stale book.

        Args:
            store: has the ledger, and what was recorded.
            agreements: all plans.
        """
        self._store = store
        self.plans: list[Running] = []
        self.reload(agreements)

    def reload(self, agreements: Iterable[Agreement]) -> None:
        """Take other plans; the past is judged anew by them.

        Args:
            agreements: all plans.
        """
        self.agreements = tuple(agreements)
        self._bindings: Bindings = all_bindings(self.agreements)
        self._known: frozenset[str] = frozenset()
        self._closed_s = self._ticked_s = self.needed_since_s = _LONG_AGO
        self._frozen_s = _LONG_AGO
        self.is_stale = True

    def restate(self) -> None:
        """The past has changed."""
        self.is_stale = True

    def plan_of(self, device: str, at_s: int) -> str | None:
        """The id of the plan that pays for a device at a second, None without one."""
        return payer(self._bindings, device, at_s)

    def due_s(self, at_s: int) -> int | None:
        """When a plan turns next, or something is to be told.

        Args:
            at_s: UTC second of the last tick.

        Returns:
            UTC second; None when nothing is to come, or the book is stale.
        """
        if self.is_stale:
            return None
        due = (next_due(at_s, each.seen) for each in self.plans)
        return min((each for each in due if each is not None), default=None)

    @property
    def notes(self) -> list[str]:
        """Sentences that a person should read once: devices several plans match."""
        found = []
        for device in sorted(self._known):
            matching = dict.fromkeys(
                wide.plan
                for wide in self._bindings.wides
                if fnmatchcase(device, wide.pattern)
            )
            if len(matching) > 1:
                first = next(iter(matching))
                found.append(
                    f"{device} matches the plans {', '.join(matching)}: {first} pays, "
                    "because it comes first in the configuration"
                )
        return found

    def see(self, when: Interval, devices: Iterable[str]) -> None:
        """Look whether a tick fits to what is known; else the book is stale.

        Args:
            when: the time that the tick covers.
            devices: names of the billed ones.
        """
        if when.from_s < self._closed_s or not self._known.issuperset(devices):
            self.is_stale = True
        for each in self.plans:
            rejudge_s = each.now.rejudge_s
            self.is_stale |= rejudge_s is not None and when.to_s >= rejudge_s

    def open(self, at_s: int, devices: Iterable[str]) -> None:
        """Judge all plans anew; everything that was counted is in the store.

        The next flush has to begin rows of its own, for those of the store are taken
        as they are now.

        Args:
            at_s: UTC second of the last tick.
            devices: names of the billed ones, recorded or not.

        Raises:
            StoreError: the store cannot be read; the book stays as it was.
            PlanError: a plan makes no sense.
        """
        slot_s = at_s - at_s % SLOT_S
        plans = []
        for agreement in self.agreements:
            book = open_book(
                self._store, self.agreements, agreement.plan.id, at_s, devices
            )
            account, settled = book.opened(slot_s)
            now = account.copy()
            now.charge(settled)
            now.advance(at_s)
            plans.append(
                Running(
                    agreement=agreement,
                    telling=telling_of(agreement, (each.entry for each in book.noted)),
                    devices=frozenset(bind.iface for bind in book.bindings),
                    closed=account,
                    settled=settled,
                    now=now,
                    seen=look_at(now, at_s),
                    frozen_s=max((cycle.end_s for cycle in book.closed), default=0),
                )
            )
        self.plans = plans
        self._rows = OpenRows()
        self._known = frozenset(devices)
        self._closed_s, self._ticked_s = slot_s, at_s
        self._look_back()
        self.is_stale = False

    def _look_back(self) -> None:
        """See how far back what was measured is needed."""
        needed = (needed_since_s(each.closed) for each in self.plans)
        self.needed_since_s = min(needed, default=NEVER)

    def tick(self, batch: Batch, at_s: int) -> None:
        """Charge what came since the last tick.

        Args:
            batch: all that is not committed yet.
            at_s: UTC second of the tick.

        Raises:
            PlanError: the past has changed; the book is stale now.
        """
        slot_s = max(at_s - at_s % SLOT_S, self._closed_s)
        is_quiet = slot_s == self._closed_s and not self._has_moved(batch)
        waiting = [
            each
            for each in self.plans
            if not is_quiet or at_s >= each.now.steady_until_s
        ]
        rows = self._rows.copy() if waiting else self._rows
        if waiting:
            rows.add(batch)
        self.is_stale = True  # unless all goes well
        for each in waiting:
            fresh = rows.samples(each.telling, self._closed_s, each.devices)
            found = sorted([*each.settled, *fresh], key=canonical)
            if slot_s > self._closed_s:
                each.closed.charge(one for one in found if one.from_s < slot_s)
                each.closed.advance(slot_s)
                each.settled = [one for one in each.settled if one.from_s >= slot_s]
                found = [one for one in found if one.from_s >= slot_s]
            each.now = each.closed.copy()
            each.now.charge(found)
            each.now.advance(at_s)
            each.seen = look_at(each.now, at_s)
        if slot_s > self._closed_s:
            self._look_back()
        self._closed_s, self._ticked_s = slot_s, at_s
        self.is_stale = False

    def _has_moved(self, batch: Batch) -> bool:
        """Whether anything that may be charged came since the last tick."""
        return any(
            bill.l3.bytes and where.billed
            for (piece, where), bill in batch.bill.items()
            if piece.to_s > self._ticked_s or piece.from_s >= self._ticked_s
        )

    def freeze(self) -> None:
        """Keep what cycles came to that are judged no more, in the words of now.

        Raises:
            StoreError: they are judged anew until it can be written.
        """
        if self.is_stale or self._frozen_s == self._closed_s:
            return
        for each in self.plans:
            words = agreed.hash_of(canonical_json(each.agreement))
            over = [
                agreed.ClosedCycle(each.agreement.plan.id, *cycle, words)
                for cycle in finished(each.closed, self._closed_s)
                if cycle[1] > each.frozen_s
            ]
            agreed.close_cycles(self._store, over)
            each.frozen_s = max([each.frozen_s, *(cycle.end_s for cycle in over)])
        self._frozen_s = self._closed_s

    def committed(self, batch: Batch) -> None:
        """A batch is in the store: later ones go on where it ended.

        Args:
            batch: the one of the last ticks.
        """
        if not self.is_stale:
            self._rows.add(batch)
            self._rows.drop(self._closed_s)

    def marks(self, when: Interval) -> list[int]:
        """Where usage must be cut so that each plan finds its part to the byte.

        Args:
            when: the time that the usage covers.
        """
        # What lies at an edge cuts nothing, but no row of the store goes on over it.
        within = Interval(when.from_s - 1, when.to_s + 1)
        return sorted({mark for each in self.plans for mark in marks(each.now, within)})
