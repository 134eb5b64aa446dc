"""What was typed to ask for a report, and what of it means nothing together."""

from __future__ import annotations

from dataclasses import dataclass

import click

from monitor.errors import UsageError
from monitor.views.parts import LENGTHS
from monitor.views.periods import CYCLE, refuse_both
from monitor.views.question import PAID

REMOTE = "remote"
_ALIASES = {"app": "application", "5m": "5min"}


class Subject(click.Choice[str]):
    """What rows are about, by its name or a short one."""

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Find it, as click wants it."""
        return super().convert(_ALIASES.get(value, value), param, ctx)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed.

    Attributes:
        by: what the rows are about.
        period: a word for it.
        since: when it begins instead.
        applications: patterns.
        background: only what programs moved in the background.
        plan_id: of a plan.
        interfaces: patterns.
        networks: names.
        metered: only networks that cost.
        top: how many rows.
        compare: each row with the period before.
        tz: name of a zone.
    """

    by: str
    period: str | None
    since: str | None
    applications: tuple[str, ...]
    background: bool
    plan_id: str | None
    interfaces: tuple[str, ...]
    networks: tuple[str, ...]
    metered: bool
    top: int | None
    compare: bool
    tz: str | None

    @property
    def is_cycle(self) -> bool:
        """Whether the time of a plan is meant."""
        return CYCLE in (self.period, self.since)

    @property
    def wants_plans(self) -> bool:
        """Whether plans matter."""
        return self.is_cycle or self.plan_id is not None or self.by in PAID

    @property
    def is_accounted(self) -> bool:
        """Whether a table of it can say of each row who paid and what counted."""
        return self.by in LENGTHS and not (self.applications or self.background)

    def insist(self) -> None:
        """Refuse what means nothing together.

        Raises:
            UsageError: it does.
        """
        refuse_both(self.period, self.since)
        is_placed = bool(self.plan_id or self.interfaces or self.networks)
        if self.by == REMOTE and (is_placed or self.metered or self.background):
            raise UsageError(
                f"--by {REMOTE} is over all interfaces, networks and plans."
            )
        if self.compare and self.by in (*LENGTHS, "process", REMOTE):
            raise UsageError(
                f"--compare goes not with --by {self.by}: such rows are not the same "
                "in two periods. Use --by application, network or plan."
            )
