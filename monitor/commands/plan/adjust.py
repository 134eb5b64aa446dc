"""`esimmon plan adjust PLAN`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import SIZE
from monitor.errors import UsageError
from monitor.plans.entries import Adjust
from monitor.views.plan_verbs import adjusted

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes


@click.command("adjust")
@with_entry
@click.option("--more", type=SIZE, help="So much more was used than was measured.")
@click.option("--less", type=SIZE, help="So much less was used than was measured.")
def command(noting: Noting, *, more: Bytes | None, less: Bytes | None) -> None:
    """Correct what was used of PLAN by an amount; your measurements are kept.

    \b
    esimmon plan adjust phone --more 300MB     # used on another device
    esimmon plan adjust phone --less 50MB
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if (more is None) == (less is None):
        raise UsageError("in which direction? Give --more or --less.")
    delta_bytes = int(more or 0) - int(less or 0)
    noting.write(Adjust(**noting.stamp, delta_bytes=delta_bytes), adjusted)
