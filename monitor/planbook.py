"""Running totals of the plans: a tick costs no query, and a restart changes nothing.

What a plan was charged since the beginning of its cycle is asked of the store once,
then each tick is added; a new cycle, a calibration, a reload or late data ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.plans.cycles import boundaries, cycle_at
from monitor.plans.facts import plan_facts
from monitor.plans.standing import standing
from monitor.usage import Interval, cut, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.plans.model import Plan
    from monitor.plans.standing import PlanStatus
    from monitor.usage import Attachment, Bill, Traffic

_NEVER_S: Final = 1 << 40


class _Total:
    """What one plan was charged in one window."""

    __slots__ = ("used_bytes", "window")

    def __init__(self, window: Interval, used_bytes: int) -> None:
        self.window = window
        self.used_bytes = used_bytes


class PlanBook:
    """All plans, and what each was charged.

    Attributes:
        plans: in the order of the configuration, in which they are asked who pays.
        notes: sentences that a person should read once: interfaces that several plans
            could pay for.
        uncovered: bytes by billed device that no plan pays for, since this book began.
    """

    def __init__(
        self, plans: Iterable[Plan], usage_of: Callable[[Plan, Interval], int]
    ) -> None:
        """Begin without any totals.

        Args:
            plans: in the order of the configuration.
            usage_of: the bytes that a plan was charged in an interval, stored and
                pending; asked only for what `plan_of` gives to that plan.
        """
        self.plans = tuple(plans)
        self.notes: list[str] = []
        self.uncovered: dict[str, int] = {}
        self._usage_of = usage_of
        self._totals: dict[str, _Total] = {}
        self._payers: dict[str, str | None] = {}

    def plan_of(self, device: str) -> str | None:
        """The id of the plan that pays for a device, None without one."""
        if device not in self._payers:
            matching = [plan.id for plan in self.plans if plan.matches(device)]
            self._payers[device] = matching[0] if matching else None
            if len(matching) > 1:
                self.notes.append(
                    f"{device} matches the plans {', '.join(matching)}: "
                    f"{matching[0]} pays, because it comes first in the configuration"
                )
        return self._payers[device]

    def book(self, when: Interval, bills: Mapping[Attachment, Bill]) -> None:
        """Add what the devices moved in a tick; not billed ones are left out.

        Args:
            when: the tick.
            bills: by attachment; the layer-3 bytes are charged.
        """
        plans = {plan.id: plan for plan in self.plans}
        for attachment, bill in bills.items():
            if not attachment.billed:
                continue
            plan_id = self.plan_of(attachment.device)
            if plan_id is None:
                before = self.uncovered.get(attachment.device, 0)
                self.uncovered[attachment.device] = before + bill.l3.bytes
            elif plan_id in self._totals:
                charged = self._totals[plan_id]
                inside = _inside(bill.l3, when, charged.window)
                charged.used_bytes += plans[plan_id].charged(inside)

    def reload(self, plans: Iterable[Plan]) -> None:
        """Take other plans; what they were charged before is asked of the store.

        Args:
            plans: in the order of the configuration.
        """
        self.plans = tuple(plans)
        self.notes.clear()
        self._payers.clear()
        self.restate()

    def restate(self) -> None:
        """Forget the totals: the next `statuses` asks the store again."""
        self._totals.clear()

    def statuses(self, at_s: int) -> list[PlanStatus]:
        """How all plans stand; call it after the tick was booked as pending.

        Args:
            at_s: UTC second of the tick.

        Returns:
            In the order of the configuration.
        """
        return [self._status(plan, at_s) for plan in self.plans]

    def facts(self, at_s: int, devices: Iterable[str] = ()) -> list[dict[str, object]]:
        """The same by name of column, for the status file.

        Args:
            at_s: UTC second of the tick.
            devices: names of the billed devices that are present.

        Returns:
            In the order of the configuration.
        """
        paid = [(self.plan_of(device), device) for device in devices]
        return [
            plan_facts(
                plan,
                self._status(plan, at_s),
                at_s,
                [device for plan_id, device in paid if plan_id == plan.id],
            )
            for plan in self.plans
        ]

    def marks(self, when: Interval) -> list[int]:
        """Where usage must be cut so that each plan finds its part to the byte."""
        found = {mark for plan in self.plans for mark in boundaries(plan, when)}
        return sorted(found)

    def _status(self, plan: Plan, at_s: int) -> PlanStatus:
        cycle = cycle_at(plan, at_s)

        def used(asked: Interval) -> int:
            found = self._totals.get(plan.id)
            if found is None or found.window.from_s != asked.from_s:
                # Up to the end of the cycle, and not to this second: when the clock
                # is set back, what was counted before stays counted.
                window = Interval(asked.from_s, cycle.to_s if cycle else _NEVER_S)
                found = _Total(window, self._usage_of(plan, window))
                self._totals[plan.id] = found
            return found.used_bytes

        return standing(plan, used, at_s)


def _inside(traffic: Traffic, when: Interval, window: Interval) -> Traffic:
    """The part of a tick's usage that lies in a window."""
    return total(
        part
        for piece, part in cut(traffic, when, window)
        if window.from_s <= piece.from_s < window.to_s
    )
