"""`esimmon notify`: a daemon's alerts on this user's desktop."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_setup
from monitor.config import SYSTEM_SOCKET
from monitor.errors import AgentRunningError
from monitor.escapes import visible
from monitor.notifiers.agent import Agent
from monitor.notifiers.courier import Patience
from monitor.notifiers.desktop import Desktop
from monitor.notifiers.memory import Memory, memory_path

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.commands.options import Setup


class _Log(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"esimmon: {visible(record.getMessage())}", err=True)


@click.command("notify")
@with_setup
def command(setup: Setup) -> None:
    """Show the alerts of the system's daemon on your desktop, until Ctrl-C.

    The daemon runs as a user of its own and cannot reach your desktop; this can. Each
    alert is shown once. A daemon that is not there is waited for. `esimmon run` in your
    own session shows alerts by itself.

    \b
    esimmon notify
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    socket_path = daemon_socket(setup)
    log_to_terminal()
    try:
        with Memory(memory_path(socket_path, os.environ)) as memory:
            Agent(socket_path, Patience(Desktop()), memory).run()
    except AgentRunningError as error:
        # The autostart file and the user unit may both start one: that is no fault.
        click.echo(str(error), err=True)


def log_to_terminal() -> None:
    """Let what is logged be lines on the terminal, or in the journal."""
    logger = logging.getLogger("esimmon")
    logger.handlers = [_Log()]
    logger.propagate = False


def own_daemon_socket(setup: Setup) -> Path:
    """Where this user's own daemon answers, if one runs; else as `daemon_socket`."""
    sockets = setup.sockets(setup.store())
    return next((path for path in sockets if path.is_socket()), daemon_socket(setup))


def daemon_socket(setup: Setup) -> Path:
    """Where the daemon answers, or will: the system's, unless a store was chosen."""
    if not setup.store_option and not setup.config.store.path:
        return SYSTEM_SOCKET
    sockets = setup.sockets(setup.store())
    return next((path for path in sockets if path.is_socket()), sockets[0])
