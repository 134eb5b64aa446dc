"""What a report is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from monitor.networks import whole
from monitor.plans.payers import Paying

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from monitor.usage import Attachment, Interval

NAMED = ("application", "process")
"""Subjects of a report whose rows have the name of an application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is about.

    Attributes:
        period: half-open, UTC seconds.
        zone: whose hours and days are meant, and in which times are shown.
        by: what the rows are about.
        interfaces: shell patterns; empty for the billed ones.
        networks: keys; empty for all.
        top: how many subjects to keep; None for all.
        paying: which plan pays for what.
        plan: only what the plan of this id pays for.
        applications: shell patterns; empty for all. With some, the rows no longer add
            up to the bill.
        titles: what people know applications by; a pattern fits the name or this.
    """

    period: Interval
    zone: ZoneInfo
    by: str = "application"
    interfaces: tuple[str, ...] = ()
    networks: frozenset[str] = frozenset()
    top: int | None = None
    paying: Paying = field(default_factory=Paying)
    plan: str | None = None
    applications: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    def names(self, application: str | None) -> bool:
        """Whether an application is meant.

        Args:
            application: its name; None for bytes without one.

        Returns:
            True for a match; without patterns, always.
        """
        if not self.applications:
            return True
        name = application or ""
        return any(
            fnmatchcase(each, pattern)
            for each in (name, self.titles.get(name, name))
            for pattern in self.applications
        )

    def parts(self, period: Interval) -> list[Interval]:
        """A period; where plans matter, in parts in which who pays stays the same.

        Args:
            period: all of that asked for, or a part.
        """
        is_whole = self.by != "plan" and self.plan is None
        return [period] if is_whole else self.paying.parts(period)

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
        if self.plan is not None and self.plan != self.paying.plan(where, at_s):
            return False
        if not self.interfaces:
            return where.billed
        return any(fnmatchcase(where.device, pattern) for pattern in self.interfaces)
