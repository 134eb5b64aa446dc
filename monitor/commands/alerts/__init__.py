"""`esimmon alerts`: list and test; snooze is in a file of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_format, with_setup
from monitor.control import request
from monitor.errors import NotShownError
from monitor.lazy import LazyGroup

if TYPE_CHECKING:
    from monitor.commands.options import Setup


COMMANDS = {
    "snooze": ("monitor.commands.alerts.snooze", "Be silent about a kind of alert."),
}


@click.group("alerts", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """See what was told and when, or try whether telling works here.

    \b
    esimmon alerts list
    esimmon alerts test
    esimmon alerts snooze pk data.warning
    """  # noqa: D301 - \b is click's mark for lines that stay as they are


@command.command("list")
@with_format("text", "json", "csv")
@with_setup
def show(setup: Setup, output_format: str) -> None:
    """List every alert that is kept, the oldest first.

    "shown" is when a person saw it on a desktop; the log has every alert.

    \b
    esimmon alerts list
    esimmon alerts list --json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    # Only now: `alerts test` needs nothing of it.
    from monitor.store import alerts as stored  # noqa: PLC0415
    from monitor.store.engine import open_store  # noqa: PLC0415
    from monitor.views import alerts as views  # noqa: PLC0415
    from monitor.views.periods import find_zone  # noqa: PLC0415
    from monitor.views.table import terminal_layout  # noqa: PLC0415

    with open_store(setup.flushed_store(), writable=False) as store:
        rows, path = stored.listed(store), store.path
    if output_format == "json":
        text = views.alerts_as_json(rows, path)
    elif output_format == "csv":
        text = views.alerts_as_csv(rows)
    else:
        layout = terminal_layout(sys.stdout, os.environ)
        text = views.alerts_as_text(rows, path, find_zone(None), layout)
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)


@command.command("test")
@with_setup
def test(setup: Setup) -> None:
    """Show a notification on this desktop now, and say how, or why that failed.

    \b
    esimmon alerts test
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    # Only now: `alerts list` needs nothing of it.
    from monitor.notifiers.courier import Patience  # noqa: PLC0415
    from monitor.notifiers.desktop import Desktop  # noqa: PLC0415
    from monitor.notifiers.notice import Notice  # noqa: PLC0415

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
