"""`esimmon plan receive PLAN SIZE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import SIZE, moment_of
from monitor.plans.entries import TransferIn
from monitor.views.plan_verbs import received

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes


@click.command("receive")
@with_entry
@click.argument("size", type=SIZE)
@click.option(
    "--expires", metavar="TIME", help="When it ends; what the plan says, without."
)
def command(noting: Noting, *, size: Bytes, expires: str | None) -> None:
    """Note that SIZE was received for PLAN as a gift.

    \b
    esimmon plan receive home 500MB
    esimmon plan receive home 1GB --expires 2026-12-31
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    end = None
    if expires is not None:
        end = moment_of(expires, "--expires", noting.plan.tz, noting.clocks.now_s)
    entry = TransferIn(**noting.stamp, bytes=size, expires_at=end)
    noting.write(entry, received)
