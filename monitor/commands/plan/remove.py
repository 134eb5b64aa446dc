"""`esimmon plan remove`: a plan is over, or was a mistake."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from monitor.commands.options import plan_ids
from monitor.commands.plan.filing import open_folder, refuse_name, say, with_places
from monitor.config.plan_writing import aside
from monitor.views.names import visible

if TYPE_CHECKING:
    from monitor.commands.plan.filing import Places


@click.command("remove")
@click.argument("plan_id", metavar="ID", shell_complete=plan_ids)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only check that it can be removed.")
@with_places
def command(
    *,
    plan_id: str,
    yes: bool,
    dry_run: bool,
    places: Places,
) -> int:
    """Take the plan ID away; its ledger and what was counted stay.

    \b
    esimmon plan remove pk
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    refuse_name(plan_id)
    # A question may stay open for hours: others must not wait for the answer.
    with open_folder(places, for_change=False, without=plan_id) as folder:
        path = folder.written(plan_id)
        folder.checked({plan_id: None})
    if dry_run:
        say(f"{plan_id}: {path} would be removed.")
        return 0
    question = f"Remove the plan {plan_id} ({visible(str(path))})?"
    if not yes and _is_asked() and not click.confirm(question):
        say(f"{plan_id}: nothing was removed.")
        return 1
    with open_folder(places, without=plan_id) as folder:
        folder.written(plan_id)
        folder.write({plan_id: None})
    say(
        f"{plan_id}: removed. Its ledger and what was counted stay. To undo: "
        f"esimmon plan import {aside(path)}"
    )
    return 0


def _is_asked() -> bool:
    return bool(sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty())
