"""`esimmon relay`: a daemon's alerts, figures and pool beyond this machine."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from monitor.client import statusfile
from monitor.commands.notify import (
    daemon_socket,
    log_to_terminal,
    own_daemon_socket,
)
from monitor.commands.options import with_setup
from monitor.errors import (
    AgentRunningError,
    ConfigError,
    NotShownError,
    StatusStaleError,
)
from monitor.escapes import visible
from monitor.notifiers import push
from monitor.notifiers.agent import Agent
from monitor.notifiers.courier import Patience
from monitor.notifiers.memory import Memory, memory_path
from monitor.notifiers.notice import Notice
from monitor.pool.rounds import Rounds, carrier_for
from monitor.units import exact_duration
from monitor.views import metrics
from monitor.views.scraped import Scraped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.commands.options import Setup
    from monitor.config import Pool

_DEADLINE_S: Final = 60.0
_LONGEST_RETRY_S: Final = 600.0


@click.command("relay")
@click.option("--test", is_flag=True, help="Send one message now, and say what came.")
@with_setup
def command(setup: Setup, *, test: bool) -> None:
    """Send the alerts of a daemon to your phone, by mail or to a chat, until Ctrl-C.

    Where to is in a file that only you may read, one address of Apprise a line (ntfy,
    mail, Telegram, Matrix, a web hook and a hundred more); `[push] addresses` names it.
    It runs without any privilege: the daemon itself never talks to the Internet. Which
    alerts are sent, and when, the daemon says: `[alerts]` of its configuration.

    With `[metrics] listen` it also gives figures to Prometheus, at that address under
    /metrics. In a pool (esimmon pool --help) it also carries between the daemon and the
    pool's folder: run it as the user whose folder that is. Each of these is enough for
    it to run.

    \b
    esimmon relay --test
    esimmon relay
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    path = push.find_addresses(setup.config.push.addresses, os.environ)
    listen, pool = setup.config.metrics.listen, setup.config.pool
    if path is None and (test or not (listen or pool.folder)):
        raise ConfigError(
            "nowhere to send alerts to: write addresses into a file (chmod 600), and "
            'its name into the configuration: [push] addresses = "/path"'
        )
    sender = None if path is None else push.Push(push.read_addresses(path), path)
    if test and sender is not None:
        _test(sender)
        return
    socket_path = daemon_socket(setup)
    log_to_terminal()
    with ExitStack() as parts:
        if listen:
            parts.enter_context(_metrics(listen, socket_path)).start()
        if pool.folder:
            _pool(pool, partial(own_daemon_socket, setup)).start()
        if sender is not None:
            _relay(socket_path, sender)
        else:
            threading.Event().wait()


def _metrics(listen: str, socket_path: Path) -> Scraped:
    """What answers Prometheus, in a thread of its own."""
    status_path = statusfile.status_path(socket_path)

    def text() -> str:
        try:
            return metrics.as_text(statusfile.read(status_path))
        except StatusStaleError:
            return metrics.as_text(None)

    scraped = Scraped(listen, text)
    click.echo(f"figures for Prometheus: http://{listen}/metrics", err=True)
    return scraped


def _pool(pool: Pool, find_socket: Callable[[], Path]) -> Rounds:
    """What carries between the daemon and the pool's folder."""
    click.echo(
        visible(f"the pool: {pool.folder}, every {exact_duration(pool.every_s)}"),
        err=True,
    )
    return Rounds(carrier_for(pool, find_socket), pool.every_s)


def _relay(socket_path: Path, sender: push.Push) -> None:
    memory = memory_path(socket_path, os.environ, push.WAY)
    try:
        with Memory(memory) as remembered:
            agent = Agent(socket_path, Patience(sender, _DEADLINE_S), remembered)
            agent.way = agent.channel = push.WAY
            agent.longest_retry_s = _LONGEST_RETRY_S
            agent.run()
    except AgentRunningError as error:
        click.echo(str(error), err=True)


def _test(sender: push.Push) -> None:
    try:
        taken = sender.show(Notice("esimmon", "Alerts reach you here."))
    except NotShownError as error:
        raise ConfigError(
            f"{error}. Look at that address, and whether this machine reaches it."
        ) from error
    click.echo(f"Sent by {visible(taken)}.")
