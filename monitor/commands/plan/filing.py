"""The files of plans, as the commands that change them open and close them."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import click

from monitor import clock
from monitor.commands.options import config_option, find_setup, store_option
from monitor.config import plans_directory
from monitor.config.contracts import plans_of
from monitor.config.plan_files import (
    PlanFile,
    plan_path,
    read_plan_files,
    refuse_together,
)
from monitor.config.plan_writing import Change, apply, exclusively
from monitor.config.plans import PLAN_ID
from monitor.config.reading import parse_plan, read_text
from monitor.config.refusals import line_of_plan
from monitor.daemon.control import request
from monitor.errors import ConfigError, UsageError
from monitor.views.names import visible
from monitor.views.plan_lines import Viewer
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup
    from monitor.config.contracts import Configured
    from monitor.config.plans import PlanTable

_R = TypeVar("_R")
_ANSWER_S: Final = 10.0  # the daemon looks through what is stored for each plan


@dataclass(frozen=True, slots=True)
class Folder:
    """All plans: those of the configuration file, and the files beside the store.

    Attributes:
        setup: the configuration in force, without the files beside the store.
        store: the database that a change is for.
        files: read and checked, each by itself.
        zone: the machine's.
    """

    setup: Setup
    store: Path
    files: tuple[PlanFile, ...]
    zone: ZoneInfo

    @property
    def directory(self) -> Path:
        """`plans.d`."""
        return plans_directory(self.store)

    @property
    def viewer(self) -> Viewer:
        """Who reads, and when."""
        return Viewer(self.zone, clock.now_s())

    def configured(self) -> tuple[Configured, ...]:
        """All plans, in the order in which they are asked who pays."""
        return plans_of(self.tables(), self.zone)

    def tables(self) -> list[PlanTable]:
        """All plans as they are written."""
        return self._with(self.files)

    def _with(self, files: Sequence[PlanFile]) -> list[PlanTable]:
        return [*self.setup.config.plans, *(file.table for file in files)]

    def place_of(self, plan_id: str) -> Path | None:
        """The file in which a plan stands; None for no plan, or no file."""
        if any(table.id == plan_id for table in self.setup.config.plans):
            return self.setup.config_file
        found = (file.path for file in self.files if file.table.id == plan_id)
        return next(found, None)

    def file_of(self, plan_id: str) -> PlanFile:
        """The file of a plan that commands may change.

        Raises:
            ConfigError: there is no such plan, or it is in the configuration file.
        """
        self.refuse_configured(plan_id)
        for file in self.files:
            if file.table.id == plan_id:
                return file
        raise _no_such_plan(plan_id, [table.id for table in self.tables()])

    def written(self, plan_id: str) -> Path:
        """The file of a plan, right or wrong.

        Raises:
            ConfigError: there is none.
        """
        path = plan_path(self.directory, plan_id)
        if not path.is_file():
            self.file_of(plan_id)
        self.refuse_configured(plan_id)
        return path

    def refuse_configured(self, plan_id: str) -> None:
        """Leave alone what a person wrote into the configuration file.

        Raises:
            ConfigError: the plan is there; names the line to edit.
        """
        path = self.setup.config_file
        ids = [table.id for table in self.setup.config.plans]
        if path is None or plan_id not in ids:
            return
        line = line_of_plan(read_text(path), ids.index(plan_id))
        at = f" line {line}:" if line else ""
        raise ConfigError(
            f'{path}:{at} the plan "{plan_id}" is in the configuration file, which '
            "commands do not change: edit it there, then `esimmon config check`."
        )

    def parsed(self, plan_id: str, text: str) -> PlanFile:
        """A plan as it would be written, checked by itself.

        Raises:
            ConfigError: something in it is not allowed.
        """
        path = plan_path(self.directory, plan_id)
        name = str(path) if path.is_file() else ""
        return PlanFile(path, text, parse_plan(text, name, plan_id, self.zone))

    def checked(self, new: Mapping[str, str | None]) -> tuple[Configured, ...]:
        """The plans that there would be.

        Args:
            new: text by the id of a plan; None removes it.

        Raises:
            ConfigError: a plan is not allowed, or does not go with the others.
        """
        kept = [file for file in self.files if file.table.id not in new]
        made = [
            self.parsed(name, text) for name, text in new.items() if text is not None
        ]
        files = sorted([*kept, *made], key=lambda file: file.path)
        tables = self._with(files)
        of_config = [self.setup.config_file] * len(self.setup.config.plans)
        refuse_together(tables, [*of_config, *(file.path for file in files)], self.zone)
        return plans_of(tables, self.zone)

    def write(self, new: Mapping[str, str | None]) -> None:
        """Change files, all or none, and tell the daemon.

        Args:
            new: as it was `checked`; in an order that is valid after each step.

        Raises:
            ConfigError: nothing was changed; or the daemon could not take it.
        """
        changes = [
            Change(plan_path(self.directory, name), text) for name, text in new.items()
        ]
        apply(self.directory, changes)
        self._tell()

    def _tell(self) -> None:
        """Let a running daemon take the plans.

        Raises:
            ConfigError: it goes on with those that it had.
        """
        for socket in self.setup.sockets(self.store):
            answer = request(socket, "plans.changed", {}, _ANSWER_S)
            if answer is not None and answer.get("refused") is not None:
                raise ConfigError(
                    "written, but the running daemon goes on with the plans that it "
                    f"had: {answer['refused']}"
                )


class Places(NamedTuple):
    """What `--config` and `--store` said."""

    config: str | None
    store: str | None


def with_places(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command `--config` and `--store`; it gets `places`.

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
        return function(places=Places(config_option, store_option), **options)

    return command


@contextlib.contextmanager
def open_folder(
    places: Places,
    *,
    for_change: bool = True,
    without: str | None = None,
) -> Iterator[Folder]:
    """Read all plans, and keep others from changing them meanwhile.

    Args:
        places: which configuration and store.
        for_change: whether files are to be changed.
        without: a plan whose file need not be right, because it is about to change.

    Raises:
        ConfigError: a file cannot be used, or may not be changed by this user.
    """
    setup = find_setup(*places, with_plans=False)
    store, zone = setup.readable_stores()[0], local_zone(os.environ)
    directory = plans_directory(store)
    locked = exclusively(directory) if for_change else contextlib.nullcontext()
    with locked:
        files = read_plan_files(directory, zone, without)
        yield Folder(setup, store, files, zone)


def refuse_name(plan_id: str) -> None:
    """Refuse what cannot be the name of a plan and of its file.

    Raises:
        UsageError: says what is allowed.
    """
    if not PLAN_ID.fullmatch(plan_id):
        raise UsageError(
            f'"{plan_id}" cannot be a plan\'s name: only a-z, 0-9 and "-", at most 40.'
        )


def _no_such_plan(plan_id: str, known: list[str]) -> ConfigError:
    there = f"There are: {', '.join(known)}." if known else "There is none yet."
    return ConfigError(f'no plan is called "{plan_id}". {there}')


def say(text: str) -> None:
    """Write a line for people; what a terminal would obey is escaped.

    Args:
        text: on one line.
    """
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(visible(text), file=sys.stdout)


def show_file(text: str) -> None:
    """Show what a file would hold.

    Args:
        text: TOML.
    """
    for line in text.splitlines():
        say(line)
