"""A pool as programs read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from monitor.views.pool import age_s, left_range, unknown

if TYPE_CHECKING:
    from monitor.views.pool import DeviceStanding, PoolStanding, SharedPlan


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
