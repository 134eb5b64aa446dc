"""The running state of a plan: lots, counters of the cycle, history, results.

Nothing here knows where time turns (`turning`), how samples are charged (`account`) or
what entries do (`entering`): they change these books.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from monitor.errors import PlanError
from monitor.plans.copying import twin
from monitor.plans.grids import Grid, WholeGrid
from monitor.plans.localtime import NEVER
from monitor.plans.metering import Meter
from monitor.plans.offers import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.plans.charging import Aside
    from monitor.plans.contract import Contract
    from monitor.plans.entries import Topup
    from monitor.plans.lots import Lot
    from monitor.plans.offers import Bucket
    from monitor.usage import Interval

HISTORY: Final = 4000
"""Closed cycles that are kept: more than ten years of days."""
_MOST_LOTS: Final = 1000

Phase = Literal["pending", "lapsed", "always", "valid", "gap"]
"""`always` is a plan without a beginning that has seen no sample and no entry yet."""


class Drift(NamedTuple):
    """What a calibration changed.

    Attributes:
        entry: id of the entry.
        delta_bytes: positive where too little had been measured.
        main_used_bytes: before it.
    """

    entry: str
    delta_bytes: int
    main_used_bytes: int


class Books:
    """What has become of a plan.

    Attributes:
        contract: what was agreed; shared.
        phase: where in its life the plan is.
        clock_s: UTC second up to which all that is dated was done.
        segment: the validity that runs, `valid` only.
        waiting: validities that follow it.
        over_s: UTC second at which the last validity ended; None before that.
        cycle: the cycle that runs, `valid` only.
        grid: the boundaries of cycles.
        buckets: of the plan as it is now.
        next_buckets: of the next cycle, if others.
        granted: ids of buckets that came already, once in this validity.
        lots: alive, in the order in which they are used up.
        queue: top-ups that wait for the main lots to be empty.
        main_taken_bytes: from main lots in this cycle.
        scoped_taken_bytes: from other counted lots.
        overage_bytes: beyond all lots.
        zero_rated_bytes: not counted.
        uncovered_bytes: outside of countries and validity.
        given_bytes: as gifts.
        caps: bytes by cap, in the plan's order.
        member_used: bytes by member.
        borrowed: allocation by member, negative where lent.
        history: closed cycles: start, end, bytes used.
        results: what became of entries.
        replaced: ICCIDs of replacements.
        validities: that began so far, in order; one may be cut short by the next.
        snoozed: kinds of alerts that are silent, each with the UTC second until when;
            None for the cycle's end.
        drifts: what calibrations changed.
        position: number of ledger entries that were done.
        meter: recent and today's bytes.
        aside: what was not counted, as it was charged; None where nobody asks for it.
        is_stale: whether lots or the cycle changed since somebody looked.
    """

    __slots__ = (
        *(
            "aside",
            "borrowed",
            "buckets",
            "caps",
            "clock_s",
            "contract",
            "cycle",
            "drifts",
        ),
        *("given_bytes", "granted", "grid", "history", "is_stale", "lots"),
        *("main_taken_bytes", "member_used", "meter", "next_buckets", "over_s"),
        *("overage_bytes", "phase", "position", "queue", "replaced", "results"),
        *("scoped_taken_bytes", "segment", "snoozed", "uncovered_bytes"),
        *("validities", "waiting"),
        "zero_rated_bytes",
    )

    def __init__(self, contract: Contract) -> None:
        """Begin before everything."""
        plan = contract.plan
        self.contract = contract
        self.phase: Phase = "always" if contract.activation.is_always else "pending"
        self.clock_s = -NEVER
        self.segment: Interval | None = None
        self.waiting: tuple[Interval, ...] = ()
        self.validities: tuple[Interval, ...] = ()
        self.over_s: int | None = None
        self.cycle: Interval | None = None
        self.grid: Grid = WholeGrid()
        self.buckets: Sequence[Bucket] = plan.buckets
        self.next_buckets: Sequence[Bucket] | None = None
        self.granted: frozenset[str] = frozenset()
        self.lots: list[Lot] = []
        self.queue: tuple[Topup, ...] = ()
        self.history: list[tuple[int | None, int, int]] = []
        self.results: dict[str, str] = {}
        self.replaced: tuple[str, ...] = ()
        self.drifts: tuple[Drift, ...] = ()
        self.position = 0
        self.meter = Meter(contract.days, plan.forecast.rapid_window_s)
        self.is_stale = True
        self.snoozed: dict[str, int | None] = {}
        self.aside: list[Aside] | None = None
        self.clear()

    def clear(self) -> None:
        """Set the counters of a cycle to zero."""
        self.main_taken_bytes = self.scoped_taken_bytes = self.overage_bytes = 0
        self.zero_rated_bytes = self.uncovered_bytes = self.given_bytes = 0
        self.caps = [0] * len(self.contract.caps)
        self.member_used: dict[str, int] = dict.fromkeys(self.contract.members, 0)
        self.borrowed: dict[str, int] = {}
        self.snoozed = {
            kind: until_s
            for kind, until_s in self.snoozed.items()
            if until_s is not None and until_s > self.clock_s
        }
        for lot in self.lots:
            lot.taken_bytes = 0
        self.meter.new_cycle()
        self.is_stale = True

    def copy(self) -> Books:
        """Books that change apart from these."""
        return twin(
            self,
            aside=None,
            lots=[lot.copy() for lot in self.lots],
            caps=self.caps[:],
            history=self.history[:],
            member_used=self.member_used.copy(),
            borrowed=self.borrowed.copy(),
            results=self.results.copy(),
            meter=self.meter.copy(),
        )

    @property
    def used_bytes(self) -> int:
        """All that was counted in this cycle."""
        return self.main_used_bytes + self.scoped_taken_bytes

    @property
    def main_used_bytes(self) -> int:
        """From main lots, and overage."""
        return self.main_taken_bytes + self.overage_bytes

    @property
    def remaining_bytes(self) -> int | None:
        """Left in main lots; None is unlimited."""
        total = 0
        for lot in self.lots:
            if lot.is_main:
                if lot.left_bytes is None:
                    return None
                total += lot.left_bytes
        return total

    @property
    def main_lots(self) -> Iterator[Lot]:
        """Those of which the limit speaks, in the order of consumption."""
        return (lot for lot in self.lots if lot.is_main)

    @property
    def is_running(self) -> bool:
        """Whether a top-up that had waited has something left."""
        return any(lot.is_queued and lot.has_bytes for lot in self.lots)

    def note_taken(self, amount_bytes: int, *, is_main: bool) -> None:
        """Count what a lot gave.

        Args:
            amount_bytes: negative where it was given back.
            is_main: whether of a main lot.
        """
        if is_main:
            self.main_taken_bytes += amount_bytes
        else:
            self.scoped_taken_bytes += amount_bytes

    def note_shared(
        self, amount_bytes: int, caps: Sequence[int], member: str | None
    ) -> None:
        """Count charged bytes beside the lots.

        Args:
            amount_bytes: from lots and overage.
            caps: places of the caps that match.
            member: whose; None for nobody's.
        """
        for place in caps:
            self.caps[place] += amount_bytes
        if member is not None:
            self.member_used[member] += amount_bytes

    def add(self, lot: Lot) -> Lot:
        """Put a lot among the others.

        Args:
            lot: alive now or later.

        Returns:
            The lot.

        Raises:
            PlanError: there are far too many.
        """
        if len(self.lots) >= _MOST_LOTS:
            raise PlanError(
                f"plan {self.contract.plan.id}: more than {_MOST_LOTS} lots at once; "
                "take top-ups that are used up out of the ledger (undo)"
            )
        lot.is_main = lot.is_counted and (self._is_any_main or not lot.offer.reach.keys)
        insort(self.lots, lot, key=lambda each: each.order)
        self.is_stale = True
        return lot

    def drop(self, gone: Sequence[Lot]) -> None:
        """Take lots away, with what is left in them.

        Args:
            gone: some of `lots`.
        """
        if gone:
            self.lots = [lot for lot in self.lots if lot not in gone]
            self.is_stale = True

    def drop_ended(self) -> list[Lot]:
        """Take away lots that are over.

        Returns:
            The lots that were.
        """
        gone = [lot for lot in self.lots if lot.end_s <= self.clock_s]
        self.drop(gone)
        return gone

    def change_buckets(self, buckets: Sequence[Bucket]) -> None:
        """The plan has other buckets from now on.

        Args:
            buckets: all of them.
        """
        self.buckets = buckets
        for lot in self.lots:
            is_main = self._is_any_main or not lot.offer.reach.keys
            lot.is_main = lot.is_counted and is_main

    def close(self) -> None:
        """End the cycle now: it goes to the history, counters are zero."""
        if self.cycle is None:
            return
        start_s = None if self.cycle.from_s == -NEVER else self.cycle.from_s
        self.history.append((start_s, self.clock_s, self.used_bytes))
        if len(self.history) > 2 * HISTORY:
            del self.history[:-HISTORY]
        self.clear()

    @property
    def _is_any_main(self) -> bool:
        """Whether every counted lot is a main lot, as no bucket is one."""
        return not any(
            bucket.scope == Scope() and not bucket.zero_rated for bucket in self.buckets
        )
