"""`esimmon web`: the same figures in a browser, on this machine alone."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.client.calling import request
from monitor.commands.alerts.silent import find_silences
from monitor.commands.alerts.watching import AS_LISTENER
from monitor.commands.options import with_setup
from monitor.commands.plan.desk import plans_for
from monitor.errors import UnsupportedError
from monitor.notifiers.pending import PENDING
from monitor.views.periods import find_zone
from monitor.web.reader import Reader, Ways

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monitor.commands.options import Setup
    from monitor.store.alerts import AlertRow
    from monitor.store.engine import Store
    from monitor.views.alert_states import Silences

_NO_BROWSER = "no browser was found here: open the address yourself"
_LIBRARIES = ("starlette", "uvicorn", "anyio", "h11")


@click.command("web")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port of 127.0.0.1 and ::1. Default: a free one.",
)
@click.option(
    "--open/--no-browser",
    "is_opened",
    default=False,
    help="Show it in your browser as well. Default: only write the address.",
)
@click.option("--tz", metavar="ZONE", help="Days and times of this zone.")
@with_setup
def command(setup: Setup, *, port: int, is_opened: bool, tz: str | None) -> None:
    """Show plans, usage, applications, networks and alerts as a page, until Ctrl-C.

    The page is for you alone: it is at an address of this machine, with a token that is
    new each time. It reads what `esimmon report` reads, changes nothing, and asks
    nobody else for anything.

    \b
    esimmon web
    esimmon web --open
    esimmon web --port 8080           then from afar: ssh -L 8080:127.0.0.1:8080 HOST
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    zone = find_zone(tz)
    try:
        # Only now: the libraries are an optional extra.
        from monitor.web import app, opening, serving  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _LIBRARIES:
            raise
        raise UnsupportedError(
            f"esimmon web needs {error.name}, which is not installed here.",
            remedy=f"Install it: {sys.executable} -m pip install starlette uvicorn",
        ) from error
    token = secrets.token_urlsafe(32)
    ways = Ways(setup, partial(plans_for, setup), partial(_silences, setup))
    made = app.make_app(Reader(ways, zone), token)
    sockets = serving.listen(port)
    address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/#token={token}"
    with ExitStack() as stack:

        def began() -> None:
            click.echo(f"{address}\nStop with Ctrl-C.", file=sys.stdout)
            sys.stdout.flush()
            if is_opened:
                path = stack.enter_context(opening.way_to(address, os.environ))
                opening.show(path, lambda: click.echo(_NO_BROWSER, err=True))

        serving.serve(made, sockets, began)


def _silences(
    setup: Setup, *, store: Store, rows: Sequence[AlertRow], socket: Path | None
) -> Silences:
    """Which alerts nobody wants to hear, as `alerts list` asks."""
    pending = None if socket is None else request(socket, PENDING, AS_LISTENER)
    return find_silences(setup, store, rows, pending)
