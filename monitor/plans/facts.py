"""A plan's status by name of column, for the status file and for programs.

Beside the instants in UTC it holds the next turn of the plan in words of its own zone,
so that who shows it need not load a time zone database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.plans.model import Plan
    from monitor.plans.standing import PlanStatus

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def plan_facts(
    plan: Plan, status: PlanStatus, at_s: int, interfaces: Iterable[str] = ()
) -> dict[str, object]:
    """Write how a plan stands.

    Args:
        plan: the plan.
        status: its status.
        at_s: UTC second at which it was judged.
        interfaces: present devices that it pays for.

    Returns:
        Values for JSON: exact integers, instants as RFC 3339 in UTC.
    """
    return {
        "id": status.id,
        "state": status.state,
        "used_bytes": status.used_bytes,
        "limit_bytes": status.limit_bytes,
        "remaining_bytes": status.remaining_bytes,
        "pct_used": None if status.pct_used is None else float(status.pct_used),
        "warning_pct": status.warning_pct,
        "cycle_start": _utc(status.cycle_start),
        "cycle_end": _utc(status.cycle_end),
        "validity_start": _utc(status.validity_start),
        "validity_end": _utc(status.validity_end),
        "uncovered_bytes": status.uncovered_bytes,
        "quota_bytes": plan.quota_bytes,
        "tz": str(plan.zone),
        "interfaces": sorted(interfaces),
        "patterns": list(plan.interfaces),
        "next": _next(plan, status, at_s),
    }


def _next(plan: Plan, status: PlanStatus, at_s: int) -> dict[str, object] | None:
    """What happens to the plan next, or happened to it last, and when."""
    match status.state:
        case "pending":
            what, when_s = "starts", plan.validity.start_s
        case "expired":
            what, when_s = "ended", plan.validity.end_s
        case _:
            is_last = status.cycle_end == status.validity_end
            what, when_s = "ends" if is_last else "resets", status.cycle_end
    if when_s is None:
        return None
    return {
        "what": what,
        "at": _utc(when_s),
        "local": local_text(when_s, plan),
        "at_s": when_s,
        "in_s": when_s - at_s,
        "utc_offset_s": _utc_offset_s(when_s, plan),
    }


def local_text(at_s: int, plan: Plan) -> str:
    """An instant as the plan's owner reads it, such as "1 Dec 00:00 CET".

    Args:
        at_s: UTC seconds.
        plan: whose zone is meant.

    Returns:
        Day, month, time and zone, without the year.
    """
    local = datetime.fromtimestamp(at_s, plan.zone)
    seconds = f":{local:%S}" if local.second else ""
    return f"{local.day} {local:%b %H:%M}{seconds} {local.tzname()}"


def _utc_offset_s(at_s: int, plan: Plan) -> int:
    offset = datetime.fromtimestamp(at_s, plan.zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _utc(at_s: int | None) -> str | None:
    if at_s is None:
        return None
    return datetime.fromtimestamp(at_s, UTC).strftime(_FORMAT)
