"""`esimmon plan activate PLAN`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import COUNTRY
from monitor.plans.entries import Activate
from monitor.views.plan_verbs import activated

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Mcc


@click.command("activate")
@with_entry
@click.option(
    "--country", type=COUNTRY, metavar="PK", help="Where that was: PK, or 410."
)
def command(noting: Noting, *, country: tuple[Mcc, ...] | None) -> None:
    """Note that PLAN was activated: its validity begins.

    \b
    esimmon plan activate pk
    esimmon plan activate pk --at 2026-11-20T10:40
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    mcc = country[0] if country else None
    noting.write(Activate(**noting.stamp, mcc=mcc), activated)
