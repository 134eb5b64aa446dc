"""`esimmon plan gift PLAN SIZE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import SIZE
from monitor.plans.entries import TransferOut
from monitor.views.plan_verbs import gave

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes


@click.command("gift")
@with_entry
@click.argument("size", type=SIZE)
def command(noting: Noting, *, size: Bytes) -> None:
    """Note that SIZE of PLAN was given away.

    \b
    esimmon plan gift home 200MB
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    noting.write(TransferOut(**noting.stamp, bytes=size), gave)
