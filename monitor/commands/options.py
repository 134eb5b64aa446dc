"""Options that many commands share: which configuration, which store, which format."""

from __future__ import annotations

import contextlib
import functools
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from monitor.client import statusfile
from monitor.config import (
    control_socket,
    find_config,
    find_store,
    load_config,
    plans_directory,
    readable_stores,
    with_plan_files,
)
from monitor.daemon.control import request
from monitor.errors import ConfigError, EsimmonError, StatusStaleError
from monitor.store.begun import is_restore_begun
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from monitor.config import Config

_R = TypeVar("_R")

# Thousands of new processes take the daemon seconds to write down; where no daemon
# listens, nothing is waited for.
_FLUSH_S = 5.0


@dataclass(frozen=True, slots=True)
class Setup:
    """What is in force for one call of a command.

    Attributes:
        config: checked values.
        config_file: where they are from; None for all defaults.
        store_option: what `--store` said.
        environ: the environment.
        is_root: whether the effective user is root.
    """

    config: Config
    config_file: Path | None
    store_option: str | None
    environ: Mapping[str, str]
    is_root: bool

    def store(self) -> Path:
        """The database that a daemon started now would write."""
        return find_store(
            self.store_option, self.config, self.environ, is_root=self.is_root
        )

    def readable_stores(self) -> list[Path]:
        """The databases that a reading command may mean, likeliest first."""
        return readable_stores(
            self.store_option, self.config, self.environ, is_root=self.is_root
        )

    def with_plans_beside(self, store: Path) -> Setup:
        """The same with the plans of `plans.d`; call it once.

        Args:
            store: the database that they are beside.

        Raises:
            ConfigError: a file of a plan cannot be used.
        """
        directory, zone = plans_directory(store), local_zone(self.environ)
        config = with_plan_files(self.config, self.config_file, directory, zone)
        return replace(self, config=config)

    def socket(self, store: Path) -> Path:
        """The control socket of the daemon that writes a store.

        Raises:
            ConfigError: there is no safe directory for it.
        """
        explicit = bool(self.store_option or self.config.store.path)
        return control_socket(
            store, self.environ, is_root=self.is_root, explicit=explicit
        )

    def sockets(self, store: Path) -> list[Path]:
        """Where a daemon that writes a store may listen: one's own place, or root's."""
        found = [control_socket(store, self.environ, is_root=True, explicit=True)]
        with contextlib.suppress(ConfigError):  # no place that is safe: no daemon
            found.insert(0, self.socket(store))
        return list(dict.fromkeys(found))

    def last_word(self, store: Path) -> dict[str, Any] | None:
        """What the daemon that writes a store said at its last tick; None without one.

        Unlike `flushed` it is for everybody, and asks nothing of the daemon.
        """
        for socket in self.sockets(store):
            try:
                document = statusfile.read(statusfile.status_path(socket))
            except StatusStaleError:
                continue
            if document.get("store") in (None, str(store)):
                return document
        return None

    def flushed_store(self) -> Path:
        """The database to read: a running daemon's, once it wrote down what it has."""
        return self.flushed()[0]

    def flushed(self) -> tuple[Path, Path | None]:
        """The same, with the socket of the daemon that did so; None without one."""
        stores = self.readable_stores()
        for store in stores:
            for each in self.sockets(store):
                if request(each, "flush", {}, _FLUSH_S):
                    return store, each
        return stores[0], None


def find_setup(
    config_file: str | None, store_file: str | None, *, with_plans: bool = True
) -> Setup:
    """Find and check the configuration for this process.

    Args:
        config_file: what `--config` said.
        store_file: what `--store` said.
        with_plans: with the files of plans beside the store.

    Returns:
        What is in force.

    Raises:
        ConfigError: the file cannot be used.
    """
    environ, is_root = os.environ, os.geteuid() == 0
    found = find_config(config_file, environ, is_root=is_root)
    setup = Setup(load_config(found), found, store_file, environ, is_root)
    _finish_restore(setup.store())
    return setup.with_plans_beside(setup.store()) if with_plans else setup


def _finish_restore(store: Path) -> None:
    """Complete a restore that was killed, before anything of it is read."""
    if is_restore_begun(store):
        from monitor.store import restoring  # noqa: PLC0415 - SQLAlchemy is heavy

        restoring.finish(store)


def any_file(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """For the shell, which knows best which files there are.

    Args:
        context: of the call.
        parameter: the one that is a file.
        begun: what was typed of it.
    """
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only on Tab

    del context, parameter
    return [CompletionItem(begun, type="file")]


def plan_ids(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """For the shell: the plans of the configuration in force; none if it is broken.

    Args:
        context: of the call.
        parameter: the one that is a plan.
        begun: what was typed of it.
    """
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only on Tab

    del parameter
    given = (context.params.get(name) for name in ("config_option", "store_option"))
    try:
        plans = find_setup(*given).config.plans
    except EsimmonError:
        return []
    return [CompletionItem(each.id) for each in plans if each.id.startswith(begun)]


config_option = click.option(
    "--config",
    "config_option",
    metavar="FILE",
    shell_complete=any_file,
    help="Configuration file to use.",
)
store_option = click.option(
    "--store",
    "store_option",
    metavar="FILE",
    shell_complete=any_file,
    help="Database to use.",
)


def with_setup(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command `--config` and `--store`; its first argument is the `Setup`.

    Args:
        function: the command.

    Returns:
        A function for `click.command`.
    """

    @config_option
    @store_option
    @functools.wraps(function)
    def command(
        *, config_option: str | None, store_option: str | None, **options: object
    ) -> _R:
        return function(find_setup(config_option, store_option), **options)

    return command


def with_format(*formats: str) -> Callable[[Callable[..., _R]], Callable[..., _R]]:
    """Give a command `--format` and an alias such as `--json` for each format.

    Args:
        formats: the allowed ones; the first is the default and has no alias.

    Returns:
        A decorator; the command gets `output_format`.
    """

    def decorate(function: Callable[..., _R]) -> Callable[..., _R]:
        for name in formats[1:]:
            function = click.option(
                f"--{name}",
                "output_format",
                flag_value=name,
                help=f"Short for --format {name}.",
            )(function)
        return click.option(
            "--format",
            "output_format",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="How to write the result.",
        )(function)

    return decorate
