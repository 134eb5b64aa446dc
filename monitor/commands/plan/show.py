"""`esimmon plan show PLAN`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_format
from monitor.commands.plan.desk import show, with_desk
from monitor.views.plan_json import plan_as_json
from monitor.views.plan_show import plan_as_text

if TYPE_CHECKING:
    from monitor.commands.plan.desk import Desk


@click.command("show")
@with_desk
@with_format("text", "json")
def command(desk: Desk, *, output_format: str) -> None:
    """Show all there is to know of PLAN: what is left of what, until when, how fast.

    \b
    esimmon plan show pk
    esimmon plan show pk --json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if output_format == "json":
        show(plan_as_json(desk.book))
    else:
        show(plan_as_text(desk.book, desk.clocks, desk.layout))
