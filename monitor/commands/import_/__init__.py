"""`esimmon import`: what another program, or another machine, has counted."""

from __future__ import annotations

import click

from monitor.lazy import LazyGroup

COMMANDS = {
    "vnstat": (
        "monitor.commands.import_.vnstat",
        "Take over the history of vnStat.",
    ),
    "device": (
        "monitor.commands.import_.device",
        "Add what another machine counted to a plan that is shared.",
    ),
}
"""Name, module (its attribute `command` is the command) and help of each command."""


@click.group("import", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Take in what others counted; esimmon's own figures always go first.

    \b
    esimmon import vnstat --dry-run
    esimmon import vnstat
    esimmon import device phone.json --plan family --member amina
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
