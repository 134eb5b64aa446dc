"""`esimmon alerts test`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_setup
from monitor.control import request
from monitor.errors import NotShownError
from monitor.notifiers.courier import Patience
from monitor.notifiers.desktop import Desktop
from monitor.notifiers.notice import Notice

if TYPE_CHECKING:
    from monitor.commands.options import Setup


@click.command("test")
@with_setup
def command(setup: Setup) -> None:
    """Show a notification on this desktop now, and say how, or why that failed.

    \b
    esimmon alerts test
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    try:
        shown = Patience(Desktop()).show(
            Notice(
                "esimmon: this is a test",
                "Alerts about your data plans will look like this one.",
            )
        )
    except NotShownError as error:
        raise NotShownError(f"not shown: {error}. {_remedy()}") from error
    click.echo(f"shown by {shown}", file=sys.stdout)
    sockets = [
        each for store in setup.readable_stores() for each in setup.sockets(store)
    ]
    if not any(request(each, "status", {}) for each in sockets):
        click.echo("no daemon is running: nobody would raise an alert", err=True)


def _remedy() -> str:
    if os.environ.get("SUDO_UID"):
        return "Try it without sudo: root cannot reach your desktop."
    return "Alerts are in the log and in `esimmon alerts list` all the same."
