"""All plans of a running daemon: judged at each tick as they would be from the store.

The account of each plan stands at the last 5-minute mark; at each tick the rows since
then are charged to a copy of it. What changes the past (another configuration, an entry
of the ledger, usage from before, a clock that was set back) makes the book stale: then,
once everything is flushed, the plans are judged anew from the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.accounts.apart import canonical
from monitor.accounts.bookkeeping import open_book
from monitor.accounts.paying import Payment, bindings_at
from monitor.alerts import look_at, next_due
from monitor.daemon.open_rows import OpenRows
from monitor.plans.agreement import all_bindings
from monitor.plans.localtime import NEVER
from monitor.plans.periods import marks
from monitor.plans.reaching import finished, needed_since_s
from monitor.plans.writing import canonical as canonical_json
from monitor.store import agreed, ledger
from monitor.usage import SLOT_S, Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.alerts import Watched
    from monitor.counting.live import Ticked
    from monitor.plans.account import Account
    from monitor.plans.agreement import Agreement
    from monitor.plans.measured import Telling
    from monitor.plans.payers import Claim
    from monitor.plans.samples import Sample
    from monitor.store.batch import Batch
    from monitor.store.engine import Store
    from monitor.usage import Attachment

_LONG_AGO: Final = -(1 << 62)


@dataclass(slots=True)
class Running:
    """One plan.

    Attributes:
        agreement: what was bought, and what was said of it.
        telling: what its samples tell apart.
        claim: which networks on which interfaces it pays for.
        closed: its account at the last 5-minute mark.
        settled: samples since then that were stored before this book was opened.
        now: its account at the last tick.
        seen: how it stood then.
        frozen_s: UTC second up to which its cycles are judged no more.
        noted: ids of what its ledger in the store has.
    """

    agreement: Agreement
    telling: Telling
    claim: Claim
    closed: Account
    settled: list[Sample]
    now: Account
    seen: Watched
    frozen_s: int
    noted: frozenset[str]


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
        self._payment = Payment(all_bindings(self.agreements))
        self._closed_s = self._ticked_s = self.needed_since_s = _LONG_AGO
        self._frozen_s = _LONG_AGO
        self.is_stale = True

    def restate(self) -> None:
        """The past has changed."""
        self.is_stale = True

    def plan_of(self, where: Attachment, at_s: int) -> str | None:
        """The id of the plan that pays for a network on a device, None without one."""
        return self._payment.plan_of(where, at_s)

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
        return self._payment.notes

    def see(self, when: Interval, attached: Iterable[Attachment]) -> None:
        """Look whether a tick fits to what is known; else the book is stale.

        Args:
            when: the time that the tick covers.
            attached: the billed devices with their networks.
        """
        is_news = self._payment.sees_news(attached)
        self.is_stale |= is_news or when.from_s < self._closed_s
        for each in self.plans:
            rejudge_s = each.now.rejudge_s
            self.is_stale |= rejudge_s is not None and when.to_s >= rejudge_s

    def open(self, at_s: int, attached: Iterable[Attachment]) -> None:
        """Judge all plans anew; everything that was counted is in the store.

        The next flush has to begin rows of its own, for those of the store are taken
        as they are now.

        Args:
            at_s: UTC second of the last tick.
            attached: the billed devices with their networks, recorded or not.

        Raises:
            StoreError: the store cannot be read; the book stays as it was.
            PlanError: a plan makes no sense.
        """
        slot_s = at_s - at_s % SLOT_S
        self._payment.sees_news(attached)
        devices = {each.device for each in self._payment.present}
        bindings = bindings_at(self._store, self.agreements, at_s)
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
                    telling=book.telling,
                    claim=book.claim,
                    closed=account,
                    settled=settled,
                    now=now,
                    seen=look_at(now, at_s),
                    frozen_s=max((cycle.end_s for cycle in book.closed), default=0),
                    noted=frozenset(each.entry.id for each in book.noted),
                )
            )
        self._payment.know(self._store, bindings)
        self.plans = plans
        self._rows = OpenRows()
        self._closed_s, self._ticked_s = slot_s, at_s
        self._look_back()
        self.is_stale = False

    def note_attached(self, tick: Ticked) -> None:
        """Write down that plans are on a network which wait for their first one.

        Args:
            tick: the last one.

        Raises:
            StoreError: it is tried again at the next tick.
        """
        # What covers missed time says nothing of when that was.
        began_s = int(tick.when[0]) if tick.interval_s else self._ticked_s
        for each in self.plans:
            plan, is_waiting = each.agreement.plan, each.seen.status.state == "pending"
            if is_waiting and plan.validity.starts_on == "first_attach":
                times = began_s, self._ticked_s
                entry = self._payment.attach(plan.id, each.noted, times, tick.bills)
                if entry and ledger.append(self._store, entry, entry.ts, "esimmon"):
                    self.restate()

    def _look_back(self) -> None:
        """See how far back what was measured is needed."""
        self.needed_since_s = min(
            (needed_since_s(each.closed) for each in self.plans), default=NEVER
        )

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
            fresh = rows.samples(each.telling, self._closed_s, each.claim.on)
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
