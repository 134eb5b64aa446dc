"""What it costs to buy a plan again whenever it has ended or is used up.

When that is, is known as exactly as the samples are: to the hour, where those of an
hour are one. Only for plans whose bytes are good for everything while they last, and
who then stop: of others it is no matter of course that buying again helps.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.activation import validity_end
from monitor.plans.offers import Scope
from monitor.plans.straddling import cut
from monitor.plans.timing import Whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.plans.samples import Sample
    from monitor.plans.terms import Plan
    from monitor.usage import Interval

DAYS: Final = 30
"""For so many days costs are given, so that plans of all lengths compare."""
_DAY_S: Final = 86_400
_CENTS: Final = 2


class Again(NamedTuple):
    """A plan that is bought whenever it is needed.

    Attributes:
        purchases: begun.
        cost: of all of them.
        cost_30_days: the same for 30 days; the last purchase counts as far as its time
            had come or its data was used up, whichever is more.
    """

    purchases: int
    cost: Decimal
    cost_30_days: Decimal


def per_30_days(
    price: Decimal, purchases: Fraction, more: Decimal, period: Interval
) -> Decimal:
    """What something costs for 30 days.

    Args:
        price: of a purchase.
        purchases: how many.
        more: paid beside them.
        period: in which.

    Returns:
        Two places, half up.
    """
    cost = Fraction(price) * purchases + Fraction(more)
    of_days = cost * DAYS * _DAY_S / (period.to_s - period.from_s)
    return Decimal(int(of_days * 10**_CENTS + Fraction(1, 2))).scaleb(-_CENTS)


def bought_at_once(
    plan: Plan, price: Decimal, samples: Iterable[Sample], period: Interval
) -> Again | None:
    """Buy a plan again at the byte for which nothing is left.

    Args:
        plan: what is offered.
        price: of its validity.
        samples: what is moved in the period, in order of their start.
        period: it is bought at its beginning, too.

    Returns:
        None where it is no plan that can be bought at any time.
    """
    size_bytes = _size(plan)
    if not size_bytes:
        return None
    buying = _Buying(plan, size_bytes, period.from_s)
    waiting: deque[Sample] = deque()
    for sample in samples:
        waiting.append(sample)
        while waiting:
            waiting.extend(buying.take(waiting.popleft()))
    buying.until(period.to_s - 1)
    time = buying.end_s - buying.begin_s
    passed_s = min(buying.end_s, period.to_s) - buying.begin_s
    used = Fraction(size_bytes - buying.left_bytes, size_bytes)
    shares = buying.purchases - 1 + max(Fraction(passed_s, time), used)
    return Again(
        buying.purchases,
        buying.purchases * price,
        per_30_days(price, shares, Decimal(0), period),
    )


def _size(plan: Plan) -> int:
    """Bytes of a purchase; 0 where the plan is not of the kind."""
    is_plain = plan.validity.kind in ("elapsed", "days_calendar")
    is_plain &= isinstance(plan.cycle, Whole) and not plan.caps
    is_plain &= not plan.overage or plan.overage[0].behavior == "block"
    sizes = [bucket.bytes or 0 for bucket in plan.buckets]
    for bucket in plan.buckets:
        is_plain &= bucket.scope == Scope() and not bucket.zero_rated
    return sum(sizes) if is_plain and all(sizes) else 0


class _Buying:
    """A plan that is bought again and again."""

    def __init__(self, plan: Plan, size_bytes: int, at_s: int) -> None:
        self._plan = plan
        self._size_bytes = size_bytes
        self.purchases = 0
        self.begin_s = self.end_s = at_s
        self.left_bytes = 0
        self._buy(at_s)

    def until(self, at_s: int) -> None:
        """Be valid at an instant."""
        while self.end_s <= at_s:
            self._buy(self.end_s)

    def take(self, sample: Sample) -> list[Sample]:
        """Charge a sample up to the end of what runs; what is left of it."""
        self.until(sample.from_s)
        rest: list[Sample] = []
        if sample.to_s > self.end_s:
            sample, later = cut(sample, (self.end_s,))
            rest.append(later)
        included = self._plan.zones.included
        if sample.mcc is None or included is None or sample.mcc in included:
            self._charge(sample)
        return rest

    def _charge(self, sample: Sample) -> None:
        rx_bytes = 0 if self._plan.count == "tx" else sample.rx_bytes
        tx_bytes = 0 if self._plan.count == "rx" else sample.tx_bytes
        amount_bytes = rx_bytes + tx_bytes
        beyond_bytes = amount_bytes - self.left_bytes
        if beyond_bytes <= 0:
            self.left_bytes -= amount_bytes
            return
        more = -(-beyond_bytes // self._size_bytes)
        # The last one is bought at the byte that found nothing left.
        before_bytes = self.left_bytes + (more - 1) * self._size_bytes
        length_s = sample.to_s - sample.from_s
        self.purchases += more - 1
        self._buy(sample.from_s + length_s * before_bytes // amount_bytes)
        self.left_bytes = before_bytes + self._size_bytes - amount_bytes

    def _buy(self, at_s: int) -> None:
        self.purchases += 1
        self.begin_s, self.left_bytes = at_s, self._size_bytes
        # A day of the calendar that a zone left out has no length.
        self.end_s = max(validity_end(self._plan, at_s), at_s + 1)
