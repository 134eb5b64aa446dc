"""An offer on its way through a period: what is bought, refused, billed, left over.

It goes from mark to mark: the ends of local days, cycles and windows. Between two marks
nothing turns, so what the books of the plan grew by belongs to one day and one cycle.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from monitor.plans.account import open_account
from monitor.plans.localtime import NEVER, local_time
from monitor.plans.overage import BLOCK, bill
from monitor.plans.straddling import cut
from monitor.plans.timing import Month, Week
from monitor.plans.values import Second

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.plans.books import Books
    from monitor.plans.loads import Load
    from monitor.plans.lots import Lot
    from monitor.plans.offers import Tier
    from monitor.plans.samples import Sample
    from monitor.plans.terms import Plan
    from monitor.usage import Interval

_OFF: Final = "block"
_SLOW: Final = "throttle"


def begun(plan: Plan, at_s: int) -> Plan:
    """A plan that begins at an instant, and whose months and weeks do so as well.

    Args:
        plan: what is offered.
        at_s: UTC seconds.
    """
    cycle, day = plan.cycle, local_time(at_s, plan.tz).date()
    if isinstance(cycle, Month):
        anchor = day if cycle.interval > 1 else None
        cycle = replace(cycle, billing_day=day.day, anchor=anchor)
    elif isinstance(cycle, Week):
        cycle = replace(cycle, weekday=day.isoweekday())
    return replace(plan, cycle=cycle, activated_at=Second(at_s))


@dataclass
class Passage:
    """An offer on its way through the period.

    Attributes:
        plan: what is offered.
        load: the period.
        samples: of the load, as far as the plan tells them apart.
        bought: when each purchase is valid; the last one may reach beyond the period.
        billed: beyond all purchases.
        days_without: numbers of local days on which something was refused.
        days_slow: of those on which something was throttled.
        refused_bytes: beyond all lots or a cap, or not covered.
        uncovered_bytes: of them, those in countries where it is not good.
        paid_bytes: of lots with a limit that ended.
        used_bytes: of them, what was used.
        last_used: the part of the data of the last purchase that was used.
    """

    plan: Plan
    load: Load
    samples: Sequence[Sample]
    bought: list[Interval] = field(default_factory=list)
    billed: Decimal = Decimal(0)
    days_without: set[int] = field(default_factory=set)
    days_slow: set[int] = field(default_factory=set)
    refused_bytes: int = 0
    uncovered_bytes: int = 0
    paid_bytes: int = 0
    used_bytes: int = 0
    last_used: Fraction = Fraction(0)
    _next: int = 0
    _cut: list[Sample] = field(default_factory=list)

    def to_the_end(self) -> None:
        """Buy it and, when it has ended, again."""
        at_s, end_s = self.load.period
        while at_s < end_s:
            at_s = self._buy(at_s)

    @property
    def shares(self) -> Fraction:
        """Purchases; the last one as far as it counts."""
        last, end_s = self.bought[-1], self.load.period.to_s
        share = Fraction(min(last.to_s, end_s) - last.from_s, last.to_s - last.from_s)
        if len(self.bought) == 1:
            share = max(share, self.last_used)
        return len(self.bought) - 1 + share

    def _buy(self, begin_s: int) -> int:
        """Go through one validity; when it ended."""
        account = open_account(begun(self.plan, begin_s)).advance(begin_s)
        books, at_s = account.books, begin_s
        assert books.segment is not None  # noqa: S101 - it was activated just now
        end_s = min(books.segment.to_s, self.load.period.to_s)
        if books.segment.to_s < NEVER:
            self.bought.append(books.segment)
        while at_s < end_s:
            cycle = books.cycle or books.segment
            if books.segment.to_s == NEVER and at_s == cycle.from_s:
                self.bought.append(cycle)
            mark_s = min(end_s, cycle.to_s, self._next_edge(books, at_s))
            before = _Counts.of(books)
            account.charge(self._upto(mark_s))
            self._note(at_s, before, _Counts.of(books))
            if mark_s in (cycle.to_s, end_s):
                self._close(books, cycle, mark_s)
            at_s = mark_s
            if at_s < end_s:
                account.advance(at_s)
        return end_s

    def _next_edge(self, books: Books, at_s: int) -> int:
        """When a local day ends or a window opens or closes."""
        day_s = self.load.days[bisect_right(self.load.days, at_s)]
        reaches = {*books.contract.caps, *(lot.offer.reach for lot in books.lots)}
        return min(day_s, *(reach.next_edge(at_s) for reach in reaches), NEVER)

    def _upto(self, mark_s: int) -> list[Sample]:
        """The samples before an instant that were not charged yet, cut there."""
        waiting, self._cut = self._cut, []
        first = self._next
        while self._next < len(self.samples):
            if self.samples[self._next].from_s >= mark_s:
                break
            self._next += 1
        found = []
        for sample in (*waiting, *self.samples[first : self._next]):
            if sample.to_s <= mark_s:
                found.append(sample)
                continue
            before, after = cut(sample, (mark_s,))
            found.append(before)
            self._cut.append(after)
        return found

    def _note(self, at_s: int, before: _Counts, after: _Counts) -> None:
        """See what was refused or slow since the last mark."""
        uncovered_bytes = after.uncovered_bytes - before.uncovered_bytes
        refused_bytes = uncovered_bytes + self._met(_OFF, before, after)
        day = bisect_right(self.load.days, at_s)
        if refused_bytes:
            self.days_without.add(day)
        if self._met(_SLOW, before, after):
            self.days_slow.add(day)
        self.refused_bytes += refused_bytes
        self.uncovered_bytes += uncovered_bytes

    def _met(self, behavior: str, before: _Counts, after: _Counts) -> int:
        """Bytes that met a behaviour, beyond the lots or above a cap.

        The same bytes may be both, so the larger of the two counts.
        """
        span = (before.overage_bytes, after.overage_bytes)
        above = sum(
            max(0, now_bytes - cap.bytes) - max(0, then_bytes - cap.bytes)
            for cap, then_bytes, now_bytes in zip(
                self.plan.caps, before.caps, after.caps, strict=True
            )
            if cap.behavior == behavior
        )
        return max(above, _within(self.plan.overage, behavior, span))

    def _close(self, books: Books, cycle: Interval, mark_s: int) -> None:
        """A cycle is over, or the period: what was billed, and what was left."""
        self.billed += Decimal(bill(self.plan.overage, books.overage_bytes).cost)
        size_bytes = left_bytes = 0
        for lot in filter(_is_limited, books.lots):
            lot_bytes, rest_bytes = lot.offer.size_bytes or 0, lot.left_bytes or 0
            size_bytes += lot_bytes
            left_bytes += rest_bytes
            if lot.end_s <= mark_s:
                self.used_bytes += lot_bytes - rest_bytes
                # What has rolled over was paid for before.
                is_new = lot.offer.lot_class != "rollover"
                self.paid_bytes += lot_bytes if is_new else 0
        if size_bytes and cycle == self.bought[-1]:
            self.last_used = Fraction(size_bytes - left_bytes, size_bytes)


def _is_limited(lot: Lot) -> bool:
    return lot.is_counted and lot.offer.size_bytes is not None


class _Counts(NamedTuple):
    """Of a cycle, so far."""

    overage_bytes: int
    uncovered_bytes: int
    caps: tuple[int, ...]

    @classmethod
    def of(cls, books: Books) -> _Counts:
        return cls(books.overage_bytes, books.uncovered_bytes, tuple(books.caps))


def _within(tiers: Sequence[Tier], behavior: str, span: tuple[int, int]) -> int:
    """Of the overage between two sums, what met a behaviour."""
    found = begin_bytes = 0
    for tier in (*tiers, BLOCK):
        end_bytes = span[1] if tier.upto_bytes is None else tier.upto_bytes
        if tier.behavior == behavior:
            part = min(span[1], end_bytes) - max(span[0], begin_bytes)
            found += max(0, part)
        begin_bytes = max(begin_bytes, end_bytes)
    return found
