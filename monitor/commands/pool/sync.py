"""`esimmon pool sync`: one round now."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.commands.notify import own_daemon_socket
from monitor.commands.options import with_setup
from monitor.commands.pool.settling import say
from monitor.errors import ConfigError
from monitor.pool.rounds import carrier_for
from monitor.units import format_count, format_size
from monitor.views.names import visible

if TYPE_CHECKING:
    from monitor.commands.options import Setup
    from monitor.pool.carrying import Carried


@click.command("sync")
@with_setup
def command(setup: Setup) -> None:
    """Write what is new into the pool's folder, and read the others', now.

    `esimmon relay` does that by itself, as often as `every` under [pool] says.

    \b
    esimmon pool sync
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    pool = setup.config.pool
    if not pool.folder:
        raise ConfigError(
            "this device is in no pool: esimmon pool join FOLDER, or esimmon pool init."
        )
    carrier = carrier_for(pool, partial(own_daemon_socket, setup))
    carrier.heard = _progress
    done = carrier.carry()
    for finding in done.findings:
        click.echo(f"esimmon: {visible(finding)}", err=True)
    for line in _said(done):
        say(line)


def _progress(device: str, count: int) -> None:
    """Show that it goes on, where a person looks."""
    if sys.stderr is not None and sys.stderr.isatty():
        click.echo(visible(f"{device}: {format_count(count)} ..."), err=True)


def _said(done: Carried) -> list[str]:
    lines = []
    if done.told:
        size = format_size(done.told_bytes)
        lines.append(f"{done.device}: {format_count(done.told)} new, {size} written.")
    if done.waits:
        lines.append(f"{done.device}: more waits for a network that is not metered.")
    lines += [
        f"from {device}: {format_count(count)} new."
        for device, count in sorted(done.came.items())
    ]
    return lines or ["Nothing new."]
