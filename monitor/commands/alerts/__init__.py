"""`esimmon alerts`: a file a sub-command; `silent` is what the list needs besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.lazy import LazyGroup

if TYPE_CHECKING:
    from click import Context

COMMANDS = {
    "list": ("monitor.commands.alerts.listing", "List what was told, or follow it."),
    "snooze": ("monitor.commands.alerts.snooze", "Be silent about a kind of alert."),
    "test": ("monitor.commands.alerts.trying", "Try every way of telling."),
}
_HELP = ("--help",)


class _Alerts(LazyGroup):
    """A group that takes the options of its list for themselves."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read `alerts --follow` as `alerts list --follow`."""
        if args and args[0].startswith("-") and args[0] not in _HELP:
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("alerts", cls=_Alerts, table=COMMANDS)
def command() -> None:
    """See what was told and when, try whether telling works, ask for silence.

    \b
    esimmon alerts list
    esimmon alerts list --follow
    esimmon alerts test
    esimmon alerts snooze app.new --until tomorrow
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
