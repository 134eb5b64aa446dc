"""`[pool]` in the configuration: plans that several devices share.

The daemon reads it to know what it tells of which plans, `esimmon relay` to know where.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from monitor.config.plans import PLAN_ID
from monitor.config.values import AbsolutePath, Duration, Size
from monitor.plans.values import Name
from monitor.plans.values import decode as decode_of_plans

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", re.ASCII)
"""A folder's name that every system takes which may sync it."""
_MINUTE_S: Final = 60


class FolderPath(AbsolutePath):
    """A folder that does not depend on the current one; may begin with `~/`."""

    __slots__ = ()


class DeviceName(str):
    """What a device is called in its pool; empty for the host's name."""

    __slots__ = ()


class MemberId(str):
    """The id of one who shares a plan; empty for nobody's."""

    __slots__ = ()


class PlanId(str):
    """The id of a plan."""

    __slots__ = ()


class Pool(Struct, frozen=True, forbid_unknown_fields=True):
    """A plan on many devices, over a folder that all of them sync.

    Attributes:
        folder: that all devices sync; empty for no pool.
        device: this device's name in it; empty for the host's.
        member: whose device it is.
        owner: whether who sits here is told when any member's share is used up, and not
            only their own.
        plans: ids of those that are shared.
        every_s: between two rounds of `esimmon relay`.
        metered_per_hour_bytes: at most so many are written an hour on a metered
            network, unless a shared limit is near.
    """

    folder: FolderPath = FolderPath("")
    device: DeviceName = DeviceName("")
    member: MemberId = MemberId("")
    owner: bool = False
    plans: tuple[PlanId, ...] = ()
    every_s: Duration = field(default=Duration(10 * _MINUTE_S), name="every")
    metered_per_hour_bytes: Size = field(default=Size(100_000), name="metered_per_hour")


def fault_of_pool(pool: Pool) -> tuple[str, str] | None:
    """What does not go together.

    Args:
        pool: values of the right types.

    Returns:
        Its dotted key and what is allowed, to be read after "must be"; or None.
    """
    if len(set(pool.plans)) < len(pool.plans):
        return "pool.plans", "a list without the same plan twice"
    if pool.folder and not pool.plans:
        return "pool.plans", 'the plans that are shared, such as ["family"]'
    return None


def device_name(pool: Pool, host: str) -> str:
    """What this device is called in the pool.

    Args:
        pool: checked values.
        host: the host's name, which may be anything.

    Returns:
        A name that can be that of a folder everywhere.
    """
    name = pool.device or re.sub(r"[^A-Za-z0-9_-]+", "-", host.partition(".")[0])
    return name.strip("-")[:64] or "device"


def pool_folder(pool: Pool) -> Path:
    """The folder of the pool, `~/` as this user's home.

    Args:
        pool: with a folder.
    """
    return Path(pool.folder).expanduser()


def _decode_folder(found: object) -> FolderPath:
    if found == "":
        return FolderPath()
    if not isinstance(found, str) or not found.startswith(("/", "~/")):
        raise ValueError('a folder in quotes that begins with / or ~/, or ""')
    if not found.isprintable() or not found.rstrip("/"):
        raise ValueError("a folder of its own, in printable characters")
    return FolderPath(found.rstrip("/"))


def _decode_device(found: object) -> DeviceName:
    if found != "" and not (isinstance(found, str) and DEVICE.fullmatch(found)):
        raise ValueError(
            'a name of at most 64 of A-Z, a-z, 0-9, "_", "-" and "." that does not '
            'begin with "." or "-", or ""'
        )
    return DeviceName(found)


def _decode_member(found: object) -> MemberId:
    try:
        return MemberId(found and decode_of_plans(Name, found))
    except ValueError as error:
        raise ValueError('the id of a member of the plan, or ""') from error


def _decode_plan(found: object) -> PlanId:
    if not isinstance(found, str) or not PLAN_ID.fullmatch(found):
        raise ValueError('the id of a plan, such as "family"')
    return PlanId(found)


DECODERS: Final[dict[type, Callable[[object], object]]] = {
    FolderPath: _decode_folder,
    DeviceName: _decode_device,
    MemberId: _decode_member,
    PlanId: _decode_plan,
}
"""How each of these is read; see `monitor.config.decoding`."""
