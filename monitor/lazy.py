"""Groups of commands that are imported when they are called.

Help and completion stay fast, and a command pays only for what it needs.
"""

from __future__ import annotations

import gc
import importlib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPLETE = "_ESIMMON_COMPLETE"
"""By this variable the shell asks what could follow: click, shell completion."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and help before it imports them.

    Attributes:
        table: name, module (its attribute `command` is the command) and help of each.
    """

    def __init__(
        self,
        *,
        table: Mapping[str, tuple[str, str]],
        **attributes: Any,  # noqa: ANN401 - click's own
    ) -> None:
        """Make the group.

        Args:
            table: see the class.
            attributes: of `click.Group`.
        """
        super().__init__(
            commands={
                name: click.Command(name, short_help=text)
                for name, (_, text) in table.items()
            },
            **attributes,
        )
        self.table = table

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that was asked for, and only that one."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.table:
            command = self.loaded(name)
        return name, command, rest

    def loaded(self, name: str) -> click.Command:
        """Import a command.

        Args:
            name: of the table, or of a command that is not imported late.
        """
        if name not in self.table:
            return self.commands[name]
        return imported(self.table[name][0])


def imported(module: str) -> click.Command:
    """Import a command without looking for garbage, which imports do not make.

    Measured: 40 of 300 ms of `esimmon report`.

    Args:
        module: its full name.

    Returns:
        The module's `command`.
    """
    gc.disable()
    try:
        command: click.Command = importlib.import_module(module).command
    finally:
        # What was imported stays: later collections need not look at it again.
        gc.freeze()
        gc.enable()
    return command
