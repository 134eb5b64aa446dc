"""`esimmon plan borrow PLAN --from MEMBER --to MEMBER SIZE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import NAMED, SIZE
from monitor.plans.entries import Borrow
from monitor.views.plan_verbs import borrowed

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes, Name


@click.command("borrow")
@with_entry
@click.option(
    "--from", "lender", type=NAMED, required=True, help="The member who gives."
)
@click.option(
    "--to", "borrower", type=NAMED, required=True, help="The member who gets it."
)
@click.argument("size", type=SIZE)
def command(noting: Noting, *, lender: Name, borrower: Name, size: Bytes) -> None:
    """Move SIZE of one member's share of PLAN to another until the cycle ends.

    \b
    esimmon plan borrow home --from bilal --to dawud 1GB
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    entry = Borrow(**noting.stamp, lender=lender, borrower=borrower, bytes=size)
    noting.write(entry, borrowed)
