"""What would have become of a load under an offer: what it costs, what is missing.

An offer is bought on the first day and, whenever it has ended, again. Where it is used
up before, bytes are refused (or slow, or billed) until then, as its plan says; `again`
is what it would have cost to buy it anew at that byte instead.

An offer that does not end (it comes anew with each cycle) is bought with each cycle.
The load stays what it was: what is refused is not moved later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.loads import merged, shape_of
from monitor.plans.passage import Passage
from monitor.plans.rebuying import Again, bought_at_once, per_30_days

if TYPE_CHECKING:
    from decimal import Decimal

    from monitor.plans.loads import Load, Shape
    from monitor.plans.samples import Sample
    from monitor.plans.terms import Plan


class Outcome(NamedTuple):
    """What would have become of a load; bytes, and money in the offer's currency.

    Attributes:
        purchases: begun.
        ended: of them, those that ended within the period.
        cost: of all of them, and of what was billed beyond.
        cost_30_days: the same for 30 days; the purchase that still runs at the end
            counts as far as its time had come. If it is the only one, as far as its
            data was used up, where that is more.
        billed: of `cost`, what was billed beyond the purchases.
        days_without: local days on which something was refused.
        refused_bytes: beyond all lots or a cap, or not covered.
        uncovered_bytes: of them, those in countries where it is not good.
        days_slow: local days on which something was throttled.
        paid_bytes: of lots with a limit that ended within the period.
        used_bytes: of them, what was used.
        again: where it is used up early and could be bought again at once.
    """

    purchases: int
    ended: int
    cost: Decimal
    cost_30_days: Decimal
    billed: Decimal
    days_without: int
    refused_bytes: int
    uncovered_bytes: int
    days_slow: int
    paid_bytes: int
    used_bytes: int
    again: Again | None

    @property
    def fits(self) -> bool:
        """Whether nothing was ever refused."""
        return not self.days_without

    @property
    def unused_bytes(self) -> int:
        """Paid for, and gone."""
        return self.paid_bytes - self.used_bytes


class Comparison:
    """Offers under one load.

    Attributes:
        load: the period.
    """

    def __init__(self, load: Load) -> None:
        """Take the load; what several offers tell apart is summed up once."""
        self.load = load
        self._merged: dict[Shape, tuple[Sample, ...]] = {}

    def outcome(self, plan: Plan, price: Decimal) -> Outcome:
        """What would have become of the load.

        Args:
            plan: what is offered; when it begins does not matter.
            price: of its validity; of a cycle where it does not end.

        Raises:
            PlanError: the plan makes no sense.
        """
        shape = shape_of(plan)
        if shape not in self._merged:
            self._merged[shape] = merged(self.load, shape)
        samples = self._merged[shape]
        run = Passage(plan, self.load, samples)
        run.to_the_end()
        period = self.load.period
        again = None
        if run.refused_bytes > run.uncovered_bytes:
            again = bought_at_once(plan, price, samples, period)
        return Outcome(
            purchases=len(run.bought),
            ended=sum(each.to_s <= period.to_s for each in run.bought),
            cost=len(run.bought) * price + run.billed,
            cost_30_days=per_30_days(price, run.shares, run.billed, period),
            billed=run.billed,
            days_without=len(run.days_without),
            refused_bytes=run.refused_bytes,
            uncovered_bytes=run.uncovered_bytes,
            days_slow=len(run.days_slow),
            paid_bytes=run.paid_bytes,
            used_bytes=run.used_bytes,
            again=again,
        )
