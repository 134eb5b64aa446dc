"""`esimmon pool`: one file a sub-command; `settling` is what they change."""

from __future__ import annotations

import click

from monitor.lazy import LazyGroup

COMMANDS = {
    "init": ("monitor.commands.pool.init", "Begin to share a plan, in a folder."),
    "join": ("monitor.commands.pool.join", "Share what others share in a folder."),
    "leave": ("monitor.commands.pool.leave", "Share no more."),
    "status": ("monitor.commands.pool.status", "Show who used what, and what is left."),
    "sync": ("monitor.commands.pool.sync", "Write and read now."),
}
"""Name, module (its attribute `command` is the command) and help of each command."""


@click.group("pool", cls=LazyGroup, table=COMMANDS, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Share a plan between several devices, without a server.

    Each device counts for itself, and tells the others by files in a folder that all of
    them sync anyway (Syncthing, Nextcloud, a share). Each then judges the plan by what
    all have used, and by what was noted on any of them. `esimmon relay` carries: let it
    run on each device.

    What is told: sums by the hour, which member's they are, what was noted of the plan;
    of programs only those that a rule of the plan names.

    \b
    esimmon pool init ~/Sync/family --plan family --member anna
    esimmon pool join ~/Sync/family --member ben       on the other devices
    esimmon pool status
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
