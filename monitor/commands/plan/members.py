"""`esimmon plan members PLAN`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_format
from monitor.commands.plan.desk import show, with_desk
from monitor.views.plan_members import members_as_json, members_as_text

if TYPE_CHECKING:
    from monitor.commands.plan.desk import Desk


@click.command("members")
@with_desk
@with_format("text", "json")
def command(desk: Desk, *, output_format: str) -> None:
    """Show who of those who share PLAN used what, and who may use how much.

    \b
    esimmon plan members home
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if output_format == "json":
        show(members_as_json(desk.book))
    else:
        show(members_as_text(desk.book, desk.clocks, desk.layout))
