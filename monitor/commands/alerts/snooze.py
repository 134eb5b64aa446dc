"""`esimmon alerts snooze PLAN KIND`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.alerts.model import OF_PLANS
from monitor.commands.plan.noting import with_entry
from monitor.plans.entries import Snooze
from monitor.plans.values import Name
from monitor.views.plan_verbs import snoozed

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting


@click.command("snooze")
@with_entry
@click.argument("kind", metavar="KIND", type=click.Choice(OF_PLANS))
def command(noting: Noting, *, kind: str) -> None:
    """Be silent about one KIND of alert of PLAN until its cycle ends.

    What would have been told counts as told, and `esimmon status` shows it.

    \b
    esimmon alerts snooze pk data.warning
    esimmon plan ledger undo ENTRY            # to hear of it again
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    noting.write(Snooze(**noting.stamp, alert=Name(kind)), snoozed)
