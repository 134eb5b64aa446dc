"""The rows of a report that depend on who pays: plans, and those who share them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import IMPORTED, Traffic
from monitor.views.rows import (
    NO_MEMBER,
    NO_PLAN,
    OVER_EXPLAINED,
    UNATTRIBUTED,
    Place,
    Row,
    merged,
)
from monitor.views.subjects import Records, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.plans.payers import Paying
    from monitor.store.queries import ExplanationRow, InterfaceBill


class Sharing(NamedTuple):
    """Who shares a plan.

    Attributes:
        users: their names by user id, of those who have a login here.
        names: of all, for what they moved with other devices.
    """

    users: Mapping[int, str] = {}
    names: frozenset[str] = frozenset()

    def member_of(self, row: ExplanationRow) -> str | None:
        """Which of them moved something; None for nobody who shares it."""
        if row.share_kind == IMPORTED:
            return row.via if row.via in self.names else None
        return self.users.get(row.uid) if explained(row).is_owned else None


def by_plan(records: Records, paying: Paying) -> list[Row]:
    """The bill of each plan, and what no plan paid for.

    Args:
        records: bills of parts in which who pays stays the same.
        paying: which plan pays for what.

    Returns:
        One row for each plan or none, and place.
    """
    return merged(
        _row_of(bill, _payer(bill, paying, part.interval.from_s), bill.l3)
        for part in records.paid
        for bill in part.bills
    )


def by_member(
    records: Records, paying: Paying, members: Mapping[str, Sharing]
) -> list[Row]:
    """What each member moved of each plan, and what no member did.

    Args:
        records: bills and explanation of parts in which who pays stays the same.
        paying: which plan pays for what.
        members: who shares each plan, by its id.

    Returns:
        One row for each plan with a member or a reason, and place; they add up to the
        plan as `by_plan` has it, but for what nobody claims, which may be of several.
    """
    return merged(_of_members(records, paying, members)) + _rest(records, paying)


def _of_members(
    records: Records, paying: Paying, members: Mapping[str, Sharing]
) -> Iterator[Row]:
    for part in records.paid:
        for row in part.explanation:
            plan = _payer(row, paying, part.interval.from_s)
            sharing = None if plan is None else members.get(plan)
            member = sharing.member_of(row) if sharing else None
            reason = NO_MEMBER if member is None else None
            yield _row_of(row, plan, row.traffic, member, reason)


def _rest(records: Records, paying: Paying) -> list[Row]:
    """What the bill of each plan holds beyond the explanation, and where too much."""
    left: defaultdict[Row, Traffic] = defaultdict(Traffic)
    for part in records.paid:
        at_s = part.interval.from_s
        for bill in part.bills:
            left[_row_of(bill, _payer(bill, paying, at_s), Traffic())] += bill.l3
        for row in part.explanation:
            left[_row_of(row, _payer(row, paying, at_s), Traffic())] -= row.traffic
    return [
        Row(place=key.place, plan=key.plan, traffic=traffic, reason=reason)
        for key, rest in left.items()
        for reason, traffic in (
            (UNATTRIBUTED, rest.clamped()),
            (OVER_EXPLAINED, rest - rest.clamped()),
        )
        if traffic
    ]


def _payer(
    where: InterfaceBill | ExplanationRow, paying: Paying, at_s: int
) -> str | None:
    return paying.plan(where.where, at_s) if where.billed else None


def _row_of(
    where: InterfaceBill | ExplanationRow,
    plan: str | None,
    traffic: Traffic,
    member: str | None = None,
    reason: str | None = None,
) -> Row:
    return Row(
        place=Place(where.interface, where.network),
        traffic=traffic,
        plan=plan,
        member=member,
        reason=NO_PLAN if plan is None else reason,
    )
