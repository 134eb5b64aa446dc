"""`esimmon data`: what is kept about people; a file a sub-command."""

from __future__ import annotations

import click

from monitor.lazy import LazyGroup

COMMANDS = {
    "forget": ("monitor.commands.data.forget", "Take names out of it for good."),
}


@click.group("data", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Say what is to be forgotten of what was counted; the bill always stays.

    \b
    esimmon data forget --app "firefox*" --dry-run
    esimmon data forget --before 2026-01-01
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
