"""A pool as people and programs read it: who used what, what is left, what is unknown.

A device is silent when nothing was heard of it for longer than two rounds and an hour.
What it has used since its usage was complete nobody knows: from nothing to as much, day
by day, as on its highest day of this cycle, or of those before if it said nothing of
this one. So much less may be left.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from monitor.units import format_duration, format_size
from monitor.views.names import visible
from monitor.views.phrases import wrapped
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.moments import Clocks
    from monitor.views.table import Layout

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


def _unknowns(
    plan: SharedPlan, pool: PoolStanding
) -> list[tuple[DeviceStanding, Unknown]]:
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
    most_bytes = sum(what.most_bytes for _, what in _unknowns(plan, pool))
    return max(plan.left_bytes - most_bytes, 0), plan.left_bytes


def pool_as_json(pool: PoolStanding) -> str:
    """Write a pool for programs.

    Args:
        pool: as it stands.

    Returns:
        ASCII, version 1: fields may be added, never changed.
    """
    document = {
        "version": 1,
        "at": _second(pool.now_s),
        "folder": pool.folder,
        "written_hour_bytes": pool.written_hour_bytes,
        "written_day_bytes": pool.written_day_bytes,
        "metered_per_hour_bytes": pool.metered_per_hour_bytes,
        "plans": [_plan_values(each, pool) for each in pool.plans],
    }
    return json.dumps(document, indent=2)


def _plan_values(plan: SharedPlan, pool: PoolStanding) -> dict[str, Any]:
    found = left_range(plan, pool)
    begin_s = plan.cycle_start_s or 0
    return {
        "id": plan.plan,
        "limit_bytes": plan.limit_bytes,
        "used_bytes": plan.used_bytes,
        "left_bytes": plan.left_bytes,
        "left_least_bytes": None if found is None else found[0],
        "cycle_start": _second(plan.cycle_start_s),
        "cycle_end": _second(plan.cycle_end_s),
        "devices": [_device_values(each, pool, begin_s) for each in plan.devices],
    }


def _device_values(
    device: DeviceStanding, pool: PoolStanding, begin_s: int
) -> dict[str, Any]:
    what = unknown(device, pool, begin_s)
    return {
        "device": device.name,
        "member": device.member,
        "is_own": device.is_own,
        "used_bytes": device.used_bytes,
        "last_word": _second(device.said_s or None),
        "last_word_age_s": age_s(device, pool.now_s),
        "complete_through": _second(device.through_s or None),
        "same_terms": device.same_terms,
        "unknown_since": None if what is None else _second(what.since_s),
        "unknown_most_bytes": 0 if what is None else what.most_bytes,
    }


def _second(at_s: int | None) -> str | None:
    if at_s is None:
        return None
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pool_as_text(pool: PoolStanding, clocks: Clocks, layout: Layout) -> str:
    """Write a pool for people.

    Args:
        pool: as it stands.
        clocks: whose clocks people look at.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names are escaped.
    """
    blocks = ["\n".join(_plan_lines(each, pool, clocks, layout)) for each in pool.plans]
    return "\n\n".join([*blocks, "\n".join(_about(pool, layout))])


def _plan_lines(
    plan: SharedPlan, pool: PoolStanding, clocks: Clocks, layout: Layout
) -> list[str]:
    found = left_range(plan, pool)
    limit = "" if plan.limit_bytes is None else f" of {format_size(plan.limit_bytes)}"
    head = f"{plan.plan}  {format_size(plan.used_bytes)}{limit} used"
    if found is not None:
        least, most = found
        left = f"{format_size(least)} to " if least != most else ""
        head += f", {left}{format_size(most)} left"
    if plan.cycle_end_s is not None:
        head += f" until {clocks.edge(plan.cycle_end_s)}"
    lines = [_line(each, pool) for each in plan.devices]
    header = ("  device", "member", "used", "last word", "")
    silent = [_sentence(*each, clocks) for each in _unknowns(plan, pool)]
    return [
        layout.bold(visible(head)),
        *table(header, lines, layout, texts=2),
        *_wrapped([*silent, *_different(plan.devices)], layout),
    ]


def _line(device: DeviceStanding, pool: PoolStanding) -> Line:
    age = age_s(device, pool.now_s)
    ago = "never" if age is None else f"{format_duration(age)} ago"
    mark = "<- this one" if device.is_own else ""
    return Line(
        (
            f"  {visible(device.name)}",
            visible(device.member),
            format_size(device.used_bytes),
            ago,
            mark,
        )
    )


def _sentence(device: DeviceStanding, what: Unknown, clocks: Clocks) -> str:
    most = format_size(what.most_bytes)
    return (
        f"What {device.name} used since {clocks.moment(what.since_s)} is unknown: up to "
        f"{most}, if every day was like its highest."
    )


def _different(devices: Iterable[DeviceStanding]) -> list[str]:
    names = [each.name for each in devices if each.same_terms is False]
    if not names:
        return []
    return [
        f"Judged by other words on {', '.join(names)}: compare the plan there "
        "(esimmon plan show)."
    ]


def _about(pool: PoolStanding, layout: Layout) -> list[str]:
    sentences = [f"folder {pool.folder}"]
    if pool.written_hour_bytes is not None and pool.written_day_bytes is not None:
        bound = format_size(pool.metered_per_hour_bytes)
        sentences.append(
            f"this device wrote {format_size(pool.written_hour_bytes)} in the last "
            f"hour (at most {bound} on a metered network), "
            f"{format_size(pool.written_day_bytes)} in the last day"
        )
    return _wrapped(sentences, layout)


def _wrapped(sentences: Sequence[str], layout: Layout) -> list[str]:
    return [line for each in sentences for line in wrapped(each, layout)]
