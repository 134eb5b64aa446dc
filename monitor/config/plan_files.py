"""The files of plans beside the store: `plans.d/ID.toml`, one plan each.

They have the keys of a `[[plan]]` at their top, and are read together with the
configuration. Who may write there decides what is billed and told, so they are only
taken from root, from this user and from whom the store's directory belongs to.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from monitor.config.plans import PLAN_ID, PlanTable
from monitor.config.reading import parse_plan, read_text
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.config.settings import Config

SUFFIX: Final = ".toml"
_MOST: Final = 200


class PlanFile(NamedTuple):
    """A file of a plan.

    Attributes:
        path: of the file.
        text: TOML.
        table: checked values.
    """

    path: Path
    text: str
    table: PlanTable


def plan_path(directory: Path, plan_id: str) -> Path:
    """The file of a plan.

    Args:
        directory: `plans.d`.
        plan_id: a name that a plan may have.
    """
    return directory / f"{plan_id}{SUFFIX}"


def read_plan_files(
    directory: Path, machine: ZoneInfo, without: str | None = None
) -> tuple[PlanFile, ...]:
    """Read all files of plans.

    Args:
        directory: `plans.d`; none need be there.
        machine: the machine's time zone, for plans without one of their own.
        without: a plan whose file is left out.

    Returns:
        In the order of their names, each checked by itself.

    Raises:
        ConfigError: one cannot be read, or must not be trusted, or is no plan.
    """
    paths = (path for path in _paths(directory) if path.stem != without)
    return tuple(_read(path, machine) for path in paths)


def _paths(directory: Path) -> list[Path]:
    try:
        names = sorted(each.name for each in directory.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        # Where the store cannot be reached, its own error says how to be let in.
        if not os.access(directory.parent, os.X_OK, effective_ids=True):
            return []
        raise ConfigError(f"{directory}: {error.strerror}.") from error
    names = [name for name in names if _is_meant(name)]
    if names:
        refuse_untrusted(directory, directory.parent)
    if len(names) > _MOST:
        raise ConfigError(f"{directory}: more than {_MOST} plans.")
    return [directory / name for name in names]


def _is_meant(name: str) -> bool:
    # Not what an editor keeps, nor what is being written.
    return name.endswith(SUFFIX) and not name.startswith(".")


def _read(path: Path, machine: ZoneInfo) -> PlanFile:
    if not PLAN_ID.fullmatch(path.stem):
        raise ConfigError(
            f"{path}: a file of a plan must be called by the plan's id: a-z, 0-9 and "
            '"-", at most 40.'
        )
    refuse_untrusted(path, path.parent.parent)
    text = read_text(path)
    return PlanFile(path, text, parse_plan(text, str(path), path.stem, machine))


def refuse_untrusted(path: Path, home: Path) -> None:
    """Do not let others say which plans there are.

    Args:
        path: a file, or the directory of them.
        home: the store's directory, whose owner may do anything here.

    Raises:
        ConfigError: somebody else could have written it.
    """
    try:
        found, trusted = path.stat(), {0, os.geteuid(), home.stat().st_uid}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}.") from error
    writable = stat.S_IWOTH | (stat.S_IWGRP if os.geteuid() == 0 else 0)
    if found.st_uid not in trusted or found.st_mode & writable:
        raise ConfigError(
            f"{path}: not taken, since others may write it. Look at it, then: "
            f"chown {home.stat().st_uid} {path} && chmod go-w {path}"
        )


def with_plan_files(
    config: Config, config_file: Path | None, directory: Path, machine: ZoneInfo
) -> Config:
    """A configuration with the plans of `plans.d`.

    Args:
        config: checked values.
        config_file: where they are from.
        directory: `plans.d`.
        machine: the machine's time zone.

    Returns:
        The plans of the configuration file first.

    Raises:
        ConfigError: one file is broken, or plans do not go together.
    """
    files = read_plan_files(directory, machine)
    if not files:
        return config
    together = (*config.plans, *(file.table for file in files))
    places = [*[config_file] * len(config.plans), *(file.path for file in files)]
    refuse_together(together, places, machine)
    return replace(config, plans=together)


def refuse_together(
    tables: Sequence[PlanTable], places: Sequence[Path | None], machine: ZoneInfo
) -> None:
    """Stop where plans of several files do not go together.

    Args:
        tables: each checked by itself.
        places: the file of each.
        machine: the machine's time zone.

    Raises:
        ConfigError: names both plans or both files.
    """
    for first, second, table in _doubles(tables):
        raise ConfigError(
            f'{places[second]}: the plan "{table.id}" is in {places[first]}, too: '
            "remove one of them."
        )
    from monitor.config.contracts import first_clash  # noqa: PLC0415 - see reading

    clash = first_clash(tables, machine)
    if clash is not None:
        plan_id = tables[clash.position].id
        raise ConfigError(
            f"{places[clash.position]}: {clash.key} of the plan {plan_id}: must be "
            f"{clash.allowed}."
        )


def _doubles(tables: Sequence[PlanTable]) -> Iterator[tuple[int, int, PlanTable]]:
    first: dict[str, int] = {}
    for index, table in enumerate(tables):
        other = first.setdefault(table.id, index)
        if other != index:
            yield other, index, table
