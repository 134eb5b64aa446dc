"""What a pool's folder begins with: which pool it is, and the plans it is about."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from monitor.config.plans import PLAN_ID
from monitor.errors import PoolError
from monitor.pool import places
from monitor.pool.records import VERSION, PoolId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

POOL_FILE: Final = "esimmon-pool.json"
PLANS: Final = "plans"
DEVICES: Final = "devices"
_MOST_BYTES: Final = 65_536
_PLAN_BYTES: Final = 1_000_000
_POOL_BYTES: Final = 16

PlanText = Annotated[str, Meta(pattern=rf"\A{PLAN_ID.pattern}\Z")]


class PoolFile(Struct, frozen=True):
    """Which pool a folder is of.

    Attributes:
        version: of this form.
        pool: its id.
        plans: ids of those that are shared.
    """

    version: int
    pool: PoolId
    plans: tuple[PlanText, ...]


def read_pool(path: Path) -> PoolFile:
    """Say which pool a folder is of.

    Args:
        path: of the folder.

    Raises:
        PoolError: of none, or it cannot be read.
    """
    with places.opened(path) as folder:
        try:
            content = places.read(folder, POOL_FILE, _MOST_BYTES)
        except FileNotFoundError as error:
            raise PoolError(
                f"{path}: no pool is in it: no file {POOL_FILE}. Is the folder mounted "
                "and synced? A new pool begins with: esimmon pool init"
            ) from error
    try:
        found = msgspec.json.decode(content or b"", type=PoolFile)
    except (ValueError, RecursionError) as error:
        raise PoolError(f"{path / POOL_FILE}: {error}.") from error
    if found.version != VERSION:
        raise PoolError(
            f"{path / POOL_FILE}: version {found.version} is of a later esimmon: "
            "install that one here, too."
        )
    return found


def found_pool(path: Path, plans: Mapping[str, str]) -> PoolFile:
    """Make the files of a new pool.

    Args:
        path: of a folder that is there.
        plans: TOML by the id of each plan.

    Raises:
        PoolError: a pool is there already, or it cannot be written.
    """
    made = PoolFile(VERSION, secrets.token_hex(_POOL_BYTES), tuple(plans))
    with places.opened(path) as folder:
        if POOL_FILE in places.names(folder):
            raise PoolError(
                f"{path}: a pool is in it already. Join it: esimmon pool join {path}"
            )
        with places.below(folder, PLANS, make=True) as inner:
            for name, text in plans.items():
                places.put(inner, f"{name}.toml", text.encode())
        with places.below(folder, DEVICES, make=True):
            pass
        # The last: whoever sees it finds the rest.
        text = json.dumps(msgspec.to_builtins(made))
        places.put(folder, POOL_FILE, f"{text}\n".encode())
    return made


def plan_text(path: Path, plan_id: str) -> str:
    """The file of a plan as the pool has it.

    Args:
        path: of the pool's folder.
        plan_id: of the plan.

    Raises:
        PoolError: it is not there, or is no text.
    """
    name = f"{plan_id}.toml"
    place = path / PLANS / name
    with places.opened(path) as folder:
        try:
            with places.below(folder, PLANS) as inner:
                content = places.read(inner, name, _PLAN_BYTES)
        except OSError as error:
            raise PoolError(
                f"{place}: {os.strerror(error.errno or errno.EIO)}. Is it synced?"
            ) from error
    try:
        return (content or b"").decode()
    except UnicodeDecodeError as error:
        raise PoolError(f"{place}: this is not UTF-8 text.") from error


def named_like(path: Path, device: str) -> str | None:
    """A device of the pool by this name, or one that some systems take for the same.

    Args:
        path: of the pool's folder.
        device: name of the one that comes.

    Raises:
        PoolError: the folder cannot be read.
    """
    with places.opened(path) as folder:
        try:
            with places.below(folder, DEVICES) as inner:
                found = places.names(inner)
        except FileNotFoundError:
            return None
    plain = re.compile(re.escape(device), re.IGNORECASE)
    return next((name for name in found if plain.fullmatch(name)), None)
