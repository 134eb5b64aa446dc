"""`esimmon plan ledger PLAN` and `esimmon plan ledger undo ENTRY`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_format, with_setup
from monitor.commands.plan.desk import Desk, find_plan, show
from monitor.commands.plan.noting import Noting, Wanted, with_wanted
from monitor.commands.plan.values import NAMED
from monitor.errors import UsageError
from monitor.plans.entries import Undo
from monitor.views.plan_ledger import ledger_as_json, ledger_as_text
from monitor.views.plan_verbs import undone

if TYPE_CHECKING:
    from monitor.commands.options import Setup
    from monitor.plans.values import Name


@click.command("ledger")
@click.argument("words", nargs=-1, required=True, type=NAMED, metavar="PLAN|undo ENTRY")
@with_format("text", "json")
@with_wanted
@with_setup
def command(
    setup: Setup, *, words: tuple[Name, ...], wanted: Wanted, output_format: str
) -> None:
    """List what was noted of PLAN and what came of it, or undo an ENTRY.

    Nothing is ever deleted: an undo is an entry of its own, and can be undone.

    \b
    esimmon plan ledger pk
    esimmon plan ledger undo 1f0c9a3b5d77
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    match words:
        case ("undo", entry):
            noting = Noting(setup, find_plan(setup, entry), wanted)
            noting.write(Undo(**noting.stamp, entry=entry), undone)
        case (plan,):
            if wanted != Wanted():
                raise UsageError("--at, --dry-run and --id are for undo.")
            _show(Desk(setup, plan), output_format)
        case _:
            raise UsageError("which one? PLAN, or undo ENTRY.")


def _show(desk: Desk, output_format: str) -> None:
    if output_format == "json":
        show(ledger_as_json(desk.book))
    else:
        show(ledger_as_text(desk.book, desk.clocks, desk.layout))
