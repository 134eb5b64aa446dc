"""`esimmon plan renew PLAN`."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from monitor.commands.plan.noting import with_entry
from monitor.plans.entries import Renewal
from monitor.plans.offers import Early
from monitor.views.plan_verbs import renewed

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting


@click.command("renew")
@with_entry
@click.option(
    "--early",
    type=click.Choice(get_args(Early)),
    help="What it means while the plan is still valid: another one after this (stack); "
    "a new one now, the rest is lost (restart); a new one now with the rest "
    "(accumulate); more time and data (extend). What the plan says, without.",
)
def command(noting: Noting, *, early: Early | None) -> None:
    """Note that PLAN was bought again.

    \b
    esimmon plan renew pk
    esimmon plan renew pk --early stack
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    noting.write(Renewal(**noting.stamp, mode=early), renewed)
