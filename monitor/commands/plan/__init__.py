"""`esimmon plan`: one file a sub-command, imported only when it is called."""

from __future__ import annotations

import click

from monitor.lazy import LazyGroup

COMMANDS = {
    "simulate": (
        "monitor.commands.plan.simulate",
        "Compute what a plan would do, from a file.",
    ),
}
"""Name, module (its attribute `command` is the command) and help of each command."""


@click.group("plan", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Keep the books of your plans, or try one out.

    \b
    esimmon plan simulate cases.json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
