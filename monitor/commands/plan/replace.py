"""`esimmon plan replace PLAN --iccid ICCID`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.plans.entries import Replacement
from monitor.views.plan_verbs import replaced

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting


@click.command("replace")
@with_entry
@click.option(
    "--iccid", required=True, help="Of the new profile; blanks do not matter."
)
def command(noting: Noting, *, iccid: str) -> None:
    """Note that PLAN is on a new profile: same plan, same history.

    \b
    esimmon plan replace pk --iccid 8992069876543210987
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    noting.write(Replacement(**noting.stamp, new_iccid=iccid), replaced)
