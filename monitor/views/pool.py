"""A pool as it stands: who used what, what is left, what is unknown; pure.

A device is silent when nothing was heard of it for longer than two rounds and an hour.
What it has used since its usage was complete nobody knows: from nothing to as much, day
by day, as on its highest day of this cycle, or of those before if it said nothing of
this one. So much less may be left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStanding:
    """A device that shares a plan.

    Attributes:
        name: in the pool.
        member: whose it is; empty for nobody's.
        used_bytes: in this cycle.
        highest_day_bytes: on one day of it, or of those before.
        said_s: UTC second of its last word by its own clock; 0 for none.
        heard_s: and by ours.
        through_s: UTC second up to which its usage is complete.
        same_terms: whether it judges by the same words; None for not known.
        is_own: whether it is this device.
    """

    name: str
    member: str
    used_bytes: int
    highest_day_bytes: int
    said_s: int
    heard_s: int
    through_s: int
    same_terms: bool | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPlan:
    """A plan that devices share.

    Attributes:
        plan: its id.
        limit_bytes: None for none.
        used_bytes: in this cycle, by all.
        left_bytes: None for no limit.
        cycle_start_s: UTC second; None without a cycle.
        cycle_end_s: the same.
        devices: by name.
    """

    plan: str
    limit_bytes: int | None
    used_bytes: int
    left_bytes: int | None
    cycle_start_s: int | None
    cycle_end_s: int | None
    devices: tuple[DeviceStanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStanding:
    """A pool as one of its devices sees it.

    Attributes:
        folder: of it.
        plans: that are shared.
        now_s: UTC second.
        every_s: between two rounds.
        written_hour_bytes: by this device; None for not known.
        written_day_bytes: the same.
        metered_per_hour_bytes: at most on a metered network.
    """

    folder: str
    plans: tuple[SharedPlan, ...]
    now_s: int
    every_s: int
    written_hour_bytes: int | None
    written_day_bytes: int | None
    metered_per_hour_bytes: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody knows of a device.

    Attributes:
        since_s: UTC second from which on.
        most_bytes: it may have used since.
    """

    since_s: int
    most_bytes: int


def age_s(device: DeviceStanding, now_s: int) -> int | None:
    """How long ago a device gave its last word; None where it never did.

    Args:
        device: of the pool; its clock may be wrong, and its word may have been long on
            its way: the earlier of the two times counts.
        now_s: UTC second.
    """
    if not device.said_s:
        return None
    return max(now_s - min(device.said_s, device.heard_s), 0)


def unknown(device: DeviceStanding, pool: PoolStanding, begin_s: int) -> Unknown | None:
    """What is not known of a device; None while it is heard of.

    Args:
        device: of the pool.
        pool: says when it is now.
        begin_s: UTC second at which the cycle began; 0 without one.
    """
    silent_s = age_s(device, pool.now_s)
    if device.is_own or (
        silent_s is not None and silent_s <= 2 * pool.every_s + _HOUR_S
    ):
        return None
    since_s = min(max(device.through_s, begin_s), pool.now_s)
    most_bytes = -(-device.highest_day_bytes * (pool.now_s - since_s) // _DAY_S)
    return Unknown(since_s, most_bytes)


def unknowns(
    plan: SharedPlan, pool: PoolStanding
) -> list[tuple[DeviceStanding, Unknown]]:
    """The devices of a plan of which something is not known, and what.

    Args:
        plan: that is shared.
        pool: says when it is now.
    """
    begin_s = plan.cycle_start_s or 0
    found = ((each, unknown(each, pool, begin_s)) for each in plan.devices)
    return [(each, what) for each, what in found if what is not None]


def left_range(plan: SharedPlan, pool: PoolStanding) -> tuple[int, int] | None:
    """What is left at least and at most; None for no limit.

    Args:
        plan: that is shared.
        pool: says when it is now.
    """
    if plan.left_bytes is None:
        return None
    most_bytes = sum(what.most_bytes for _, what in unknowns(plan, pool))
    return max(plan.left_bytes - most_bytes, 0), plan.left_bytes
