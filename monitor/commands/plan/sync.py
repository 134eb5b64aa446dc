"""`esimmon plan sync PLAN`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import NAMED, SizeOrNothing
from monitor.errors import UsageError
from monitor.plans.entries import Sync
from monitor.views.plan_verbs import synced

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes, Name


@click.command("sync")
@with_entry
@click.option(
    "--remaining", type=SizeOrNothing(), help="What the operator says is left."
)
@click.option("--used", type=SizeOrNothing(), help="What the operator says was used.")
@click.option("--lot", type=NAMED, help="Of this lot alone, with --remaining.")
def command(
    noting: Noting, *, remaining: Bytes | None, used: Bytes | None, lot: Name | None
) -> None:
    """Take the operator's figure for PLAN; your measurements are kept.

    \b
    esimmon plan sync pk --remaining 3.2GB
    esimmon plan sync pk --used 1.8GB --as-of 10:40
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if (remaining is None) == (used is None):
        raise UsageError("what does the operator say? Give --remaining or --used.")
    if lot is not None and remaining is None:
        raise UsageError("--lot goes with --remaining.")
    entry = Sync(**noting.stamp, used_bytes=used, remaining_bytes=remaining, lot=lot)
    noting.write(entry, synced)
