"""All that is known before time begins: plan, members, ledger, bindings, made ready.

It never changes, so all copies of an account share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.plans.activation import activation
from monitor.plans.belonging import Belonging
from monitor.plans.entries import Replacement
from monitor.plans.grids import DayGrid
from monitor.plans.iccid import is_same, normalize
from monitor.plans.ledger import ordered
from monitor.plans.lots import Offer
from monitor.plans.scopes import Reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.plans.entries import Entry
    from monitor.plans.offers import Bucket, Scope
    from monitor.plans.terms import Binding, Member, Plan


class Contract:
    """A plan with its members, ledger and bindings.

    Attributes:
        plan: what was bought.
        members: who shares it, by id.
        ledger: what happens in its life.
        activation: what begins it.
        belonging: which samples are its own.
        days: the plan's local days.
        caps: what each of the plan's caps is about.
        included: the countries in which it is good; None for all.
    """

    __slots__ = (
        *("_reaches", "activation", "belonging", "caps", "days", "included"),
        *("ledger", "members", "plan"),
    )

    def __init__(
        self,
        plan: Plan,
        members: Sequence[Member],
        entries: Sequence[Entry],
        bindings: Sequence[Binding] | None,
        known_until_s: int | None,
    ) -> None:
        """Take what `open_account` was given."""
        self.plan = plan
        self.members: dict[str, Member] = {str(each.id): each for each in members}
        self.ledger = ordered(entries, plan.id, known_until_s)
        self.activation = activation(plan, self.ledger.entries)
        ours = None
        if bindings is not None:
            ours = [each for each in bindings if each.plan == plan.id]
        self.belonging = Belonging(ours, self._line())
        self.days = DayGrid(plan.tz)
        self._reaches: dict[Scope, Reach] = {}
        self.caps = [self.reach(cap.scope) for cap in plan.caps]
        self.included = plan.zones.included

    def reach(self, scope: Scope) -> Reach:
        """A scope made ready; the same for equal ones.

        Args:
            scope: of a bucket, a top-up or a cap.
        """
        found = self._reaches.get(scope)
        if found is None:
            found = self._reaches[scope] = Reach(scope, self.plan.tz)
        return found

    def offer(self, bucket: Bucket) -> Offer:
        """What the lots of a bucket are made of.

        Args:
            bucket: of the plan, or of a change of it.
        """
        return Offer(
            bucket.id,
            bucket.bytes,
            bucket.lot_class,
            self.reach(bucket.scope),
            bucket.priority,
            bucket.zero_rated,
        )

    def is_covered(self, mcc: str | None) -> bool:
        """Whether the plan is good in a country, or it is not known where that is.

        Args:
            mcc: the country.
        """
        return self.included is None or mcc is None or mcc in self.included

    def _line(self) -> list[str] | None:
        """All ICCIDs that are ever the line's; None where the first is not known."""
        first = self.plan.line.iccid
        if first is None:
            return None
        later = (
            entry.new_iccid
            for entry in self.ledger.entries
            if isinstance(entry, Replacement)
        )
        return [first, *later]


def iccids(plan: Plan, replaced: Sequence[str]) -> list[str]:
    """The line's ICCIDs, each once.

    Args:
        plan: the plan.
        replaced: those of replacements so far, in any spelling.

    Returns:
        Normal forms in the order in which they came.
    """
    found: list[str] = []
    for each in (plan.line.iccid or "", *replaced):
        normal = normalize(each)
        if normal and not any(is_same(normal, known) for known in found):
            found.append(normal)
    return found
