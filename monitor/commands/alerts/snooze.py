"""`esimmon alerts snooze PLAN KIND`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.alerts.model import SNOOZABLE
from monitor.commands.plan.noting import with_entry
from monitor.plans.entries import Snooze
from monitor.plans.values import Name
from monitor.views.plan_verbs import snoozed

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting


@click.command("snooze")
@with_entry
@click.argument("kind", metavar="KIND", type=click.Choice(SNOOZABLE))
def command(noting: Noting, *, kind: str) -> None:
    """Be silent about one KIND of alert of PLAN until its cycle ends.

    What would have been told counts as told, and `esimmon status` shows it. A network
    that no plan pays for is told of as long as no plan has network.uncovered snoozed.

    \b
    esimmon alerts snooze pk data.warning
    esimmon plan ledger undo ENTRY            # to hear of it again
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    noting.write(Snooze(**noting.stamp, alert=Name(kind)), snoozed)
