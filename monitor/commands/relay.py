"""`esimmon relay`: a daemon's alerts beyond this machine."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from monitor import clock
from monitor.commands.notify import daemon_socket, log_to_terminal
from monitor.commands.options import with_setup
from monitor.errors import AgentRunningError, ConfigError, NotShownError
from monitor.escapes import visible
from monitor.notifiers import push
from monitor.notifiers.agent import Agent
from monitor.notifiers.courier import Patience
from monitor.notifiers.memory import Memory, memory_path
from monitor.notifiers.notice import Notice
from monitor.zones import local_zone

if TYPE_CHECKING:
    from monitor.commands.options import Setup
    from monitor.config import Push

_DEADLINE_S: Final = 60.0
_LONGEST_RETRY_S: Final = 600.0
_HOUR_MINUTES: Final = 60


@click.command("relay")
@click.option("--test", is_flag=True, help="Send one message now, and say what came.")
@with_setup
def command(setup: Setup, *, test: bool) -> None:
    """Send the alerts of a daemon to your phone, by mail or to a chat, until Ctrl-C.

    Where to is in a file that only you may read, one address of Apprise a line (ntfy,
    mail, Telegram, Matrix, a web hook and a hundred more); `[push] addresses` names it.
    It runs without any privilege: the daemon itself never talks to the Internet.

    \b
    esimmon relay --test
    esimmon relay
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    settings = setup.config.push
    path = push.find_addresses(settings, os.environ)
    if path is None:
        raise ConfigError(
            "nowhere to send alerts to: write addresses into a file (chmod 600), and "
            'its name into the configuration: [push] addresses = "/path"'
        )
    sender = push.Push(push.read_addresses(path), path)
    if test:
        _test(sender)
        return
    socket_path = daemon_socket(setup)
    log_to_terminal()
    memory = memory_path(socket_path, os.environ, push.WAY)
    try:
        with Memory(memory) as remembered:
            agent = Agent(socket_path, Patience(sender, _DEADLINE_S), remembered)
            agent.way = push.WAY
            agent.wants = partial(_wants, settings)
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


def _wants(settings: Push, kind: str) -> bool:
    now = datetime.fromtimestamp(clock.now_s(), local_zone(os.environ))
    return push.is_wanted(settings, kind, now.hour * _HOUR_MINUTES + now.minute)
