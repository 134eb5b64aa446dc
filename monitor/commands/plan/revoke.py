"""`esimmon plan revoke PLAN LOT`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import NAMED
from monitor.plans.entries import Revoke
from monitor.views.plan_verbs import revoked

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Name


@click.command("revoke")
@with_entry
@click.argument("lot", type=NAMED)
def command(noting: Noting, *, lot: Name) -> None:
    """Note that the operator took a LOT of PLAN back; what was used stays used.

    \b
    esimmon plan show pk                # names the lots
    esimmon plan revoke pk promo-1
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    noting.write(Revoke(**noting.stamp, lot=lot), revoked)
