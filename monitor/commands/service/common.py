"""What the commands of the service share."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from monitor.checks.remedies import called_as
from monitor.config import (
    Config,
    control_socket,
    find_config,
    find_store,
    load_config,
    new_config,
)
from monitor.errors import ConfigError, EsimmonError, ServiceError, UsageError
from monitor.escapes import visible
from monitor.service.scopes import SYSTEM, own_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from monitor.service.scopes import Scope
    from monitor.service.steps import Step

_OWN: Final = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")

user_option = click.option(
    "--user",
    "is_own",
    is_flag=True,
    help="A service of your own, without root: totals of interfaces, TCP by program.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only show what would be done, each file in full."
)


class Service(NamedTuple):
    """The service that is meant.

    Attributes:
        scope: whose it is.
        config: its configuration; need not exist.
        store: its database; need not exist.
    """

    scope: Scope
    config: Path
    store: Path


def service_of(*, is_own: bool) -> Service:
    """The service that is meant, and the places that it has when it runs.

    Args:
        is_own: whether `--user` was given.

    Raises:
        ConfigError: this user has no safe place for a socket.
    """
    # A manager starts it without what is set in this shell (ESIMMON_CONFIG).
    environ = {name: os.environ[name] for name in _OWN if name in os.environ and is_own}
    is_root = not is_own
    config = Config()
    with suppress(ConfigError):  # the service itself will say so
        config = load_config(find_config(None, environ, is_root=is_root))
    store = find_store(None, config, environ, is_root=is_root)
    is_chosen = bool(config.store.path)
    socket = control_socket(store, environ, is_root=is_root, explicit=is_chosen)
    scope = own_scope(environ, socket) if is_own else replace(SYSTEM, socket=socket)
    return Service(scope, new_config(None, environ, is_root=is_root), store)


def check_user(scope: Scope, verb: str) -> None:
    """Insist on the user whose matter the scope is.

    Args:
        scope: whose service.
        verb: of the command, such as `install`.

    Raises:
        UsageError: `--user` as root.
        ServiceError: the system's without root; with the line to type.
    """
    is_root = os.geteuid() == 0
    if is_root and not scope.is_system:
        raise UsageError("--user is for a plain user: type it as yourself, no sudo.")
    if not is_root and scope.is_system:
        raise ServiceError(
            f"only root may do this: sudo {called_as(sys.argv[0])} service {verb} "
            f"(without root, for yourself: esimmon service {verb} --user)"
        )


def say(line: str) -> None:
    """Write one line, or several, of which parts are from outside."""
    for each in line.splitlines() or [""]:
        click.echo(visible(each), file=sys.stdout)


def preview(
    scope: Scope, steps: Iterable[Step], checks: Iterable[Callable[[], None]]
) -> int:
    """Show what would be done, and what is in the way.

    Args:
        scope: whose service.
        steps: what would be done.
        checks: raise what would be refused.

    Returns:
        The exit status: 1 when it would be refused, whoever asks.
    """
    is_empty = True
    for step in steps:
        is_empty = False
        for line in step.shown():
            say(line)
    if is_empty:
        say("Nothing would be done: all is as it should be.")
    needs = "; as root it is done" if scope.is_system and os.geteuid() else ""
    say(f"Nothing was done: this was a dry run{needs}.")
    status = 0
    for check in checks:
        try:
            check()
        except EsimmonError as error:
            status = 1
            click.echo(f"esimmon: would be refused: {visible(str(error))}", err=True)
    return status
