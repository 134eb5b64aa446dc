"""What a report is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from monitor.networks.attaching import whole
from monitor.plans.payers import Paying
from monitor.views.parts import LENGTHS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from monitor.accounts.aside import Aside
    from monitor.store.queries import ExplanationRow
    from monitor.usage import Attachment, Interval
    from monitor.views.payers import Sharing

SUBJECTS = (
    "application",
    "process",
    "interface",
    "network",
    "user",
    "class",
    "plan",
    "member",
    "device",
    *LENGTHS,
)
"""What the rows of a report can be about."""
PAID = ("plan", "member")
"""Subjects that depend on who pays."""
BACKGROUND = "background"
_OF_BILLS = ("interface", "network", "plan", *LENGTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is about.

    Attributes:
        period: half-open, UTC seconds.
        zone: whose hours and days are meant, and in which times are shown.
        by: what the rows are about.
        interfaces: shell patterns; empty for the billed ones.
        networks: keys; empty for all.
        metered: only networks that cost, as was known then.
        top: how many subjects to keep; None for all.
        paying: which plan pays for what.
        members: who shares each plan, by its id.
        plan: only what the plan of this id pays for.
        applications: shell patterns; empty for all. With some, and with `background`,
            the rows no longer add up to the bill, but to what these programs moved.
        background: only what programs moved while nobody was in front of them.
        titles: what people know applications by; a pattern fits the name or this.
        until_s: UTC second until which was counted, of a period that is not over;
            None of one that is.
        before: the period to compare with; None for none.
        compare: whether each row is compared, and not the sum alone.
        slices: into about how many parts the period is cut for a picture; 0 for none.
        asides: what plans did not count; None where rows need not say who paid.
        bills_only: whether what the bill is made of is of no interest.
    """

    period: Interval
    zone: ZoneInfo
    by: str = "application"
    interfaces: tuple[str, ...] = ()
    networks: frozenset[str] = frozenset()
    metered: bool = False
    top: int | None = None
    paying: Paying = field(default_factory=Paying)
    members: Mapping[str, Sharing] = field(default_factory=dict)
    plan: str | None = None
    applications: tuple[str, ...] = ()
    background: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)
    until_s: int | None = None
    before: Interval | None = None
    compare: bool = False
    slices: int = 0
    asides: Sequence[Aside] | None = None
    bills_only: bool = False

    @property
    def is_accounted(self) -> bool:
        """Whether parts of the period say who paid, and how much is explained."""
        return self.asides is not None and self.is_in_time and not self.is_narrow

    @property
    def is_in_time(self) -> bool:
        """Whether the rows are parts of the period."""
        return self.by in LENGTHS

    @property
    def is_placed(self) -> bool:
        """Whether the bill is of a part of the interfaces or networks only."""
        by_network = bool(self.networks) or self.metered or self.plan is not None
        return bool(self.interfaces) or by_network

    @property
    def is_narrow(self) -> bool:
        """Whether the rows are a part of the bill only."""
        return bool(self.applications) or self.background

    @property
    def is_explained(self) -> bool:
        """Whether it takes the explanation to answer."""
        return not self.bills_only or self.is_narrow or self.by not in _OF_BILLS

    def names(self, application: str | None) -> bool:
        """Whether an application is meant.

        Args:
            application: its name; None for bytes without one.

        Returns:
            True for a match; without patterns, always.
        """
        if not self.applications:
            return True
        if application is None:
            return False
        return any(
            fnmatchcase(each, pattern)
            for each in (application, self.titles.get(application, application))
            for pattern in self.applications
        )

    def means(self, row: ExplanationRow) -> bool:
        """Whether a row of the explanation is meant.

        Args:
            row: in a place that is.
        """
        if self.background and row.app_class != BACKGROUND:
            return False
        return self.names(row.application)

    def parts(self, period: Interval) -> list[Interval]:
        """A period; where plans matter, in parts in which who pays stays the same.

        Args:
            period: all of that asked for, or a part.
        """
        is_paid = self.by in PAID or self.plan is not None or self.is_accounted
        return self.paying.parts(period) if is_paid else [period]

    def includes(self, network: str) -> bool:
        """Whether a network is meant, as far as it is asked for.

        Args:
            network: its key; bytes among its neighbours are a part of it.
        """
        return not self.networks or whole(network) in self.networks

    def covers(self, where: Attachment, at_s: int) -> bool:
        """Whether a network on an interface is meant.

        Args:
            where: that.
            at_s: UTC second at which a part of the period begins.

        Returns:
            True for a match; without patterns, for the billed ones.
        """
        if not self.includes(where.network):
            return False
        if self.metered and not where.metered:
            return False
        if self.plan is not None and self.plan != self.paying.plan(where, at_s):
            return False
        if not self.interfaces:
            return where.billed
        return any(fnmatchcase(where.device, pattern) for pattern in self.interfaces)
