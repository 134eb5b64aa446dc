"""`esimmon service`: install it, remove it, look at it."""

from __future__ import annotations

import click

from monitor.lazy import LazyGroup

COMMANDS = {
    "install": (
        "monitor.commands.service.install",
        "Install, enable and start it, or bring it up to date.",
    ),
    "uninstall": (
        "monitor.commands.service.uninstall",
        "Stop and remove it; figures and plans stay.",
    ),
    "inherit": (
        "monitor.commands.service.inherit",
        "Take over what a killed run left; the service does it as it starts.",
    ),
    "status": ("monitor.commands.service.status", "Say whether it counts."),
}
"""Name, module (its attribute `command` is the command) and help of each command."""


@click.group("service", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Count from every boot on, as a service of systemd.

    \b
    sudo esimmon service install --dry-run    show each file and command
    sudo esimmon service install
    esimmon service status
    sudo esimmon service uninstall
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
