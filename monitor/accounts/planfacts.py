"""How a plan stands by name of column, for the status file and for programs.

Beside the instants in UTC it holds the next turn of the plan in words of its own zone,
so that who shows it need not load a time zone database.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from monitor.plans.matching import lines_of
from monitor.plans.naming import network_words
from monitor.plans.writing import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.alerts import Watched
    from monitor.plans.agreement import Agreement
    from monitor.plans.forecast import Forecast
    from monitor.plans.status import Status
    from monitor.plans.terms import Plan

_INSTANTS: Final = (
    "usable_again_at",
    "cycle_start",
    "cycle_end",
    "validity_start",
    "validity_end",
    "activate_by",
)
_LEFT_OUT: Final = ("history", "results", "iccids")  # long, or nobody's business


def plan_facts(
    agreement: Agreement, seen: Watched, at_s: int, interfaces: Iterable[str] = ()
) -> dict[str, object]:
    """Write how a plan stands.

    Args:
        agreement: the plan and what belongs to it.
        seen: how it stands.
        at_s: UTC second at which that was.
        interfaces: present devices that it pays for.

    Returns:
        Values for JSON: exact integers, instants as RFC 3339 in UTC.
    """
    plan, status = seen.plan, seen.status
    facts: dict[str, object] = {"id": plan.id}
    for name, value in asdict(status).items():
        if name not in _LEFT_OUT:
            facts[name] = _utc(value) if name in _INSTANTS else value
    facts["caps"] = {name: asdict(cap) for name, cap in status.caps.items()}
    facts["members"] = {name: asdict(each) for name, each in status.members.items()}
    return facts | {
        "pct_used": None if status.pct_used is None else float(status.pct_used),
        "warning_pct": _warning_pct(plan, status),
        "forecast": _forecast(plan, seen.forecast),
        "quota_bytes": quota_bytes(plan),
        "tz": str(plan.tz),
        "interfaces": sorted(interfaces),
        "networks": network_words(agreement.matches, lines_of(plan)),
        "patterns": [*agreement.patterns, *(bind.iface for bind in agreement.binds)],
        "next": _next(seen, at_s),
    }


def _forecast(plan: Plan, forecast: Forecast) -> dict[str, object]:
    runs_out_s = forecast.runs_out_at
    return asdict(forecast) | {
        "runs_out_at": _utc(runs_out_s),
        "runs_out_local": None if runs_out_s is None else local_text(runs_out_s, plan),
    }


def quota_bytes(plan: Plan) -> int | None:
    """What comes with a plan in each cycle for any use; None without a limit."""
    sizes = [
        bucket.bytes
        for bucket in plan.buckets
        if not bucket.zero_rated and not any(asdict(bucket.scope).values())
    ]
    known = [size for size in sizes if size is not None]
    return sum(known) if sizes and len(known) == len(sizes) else None


def _warning_pct(plan: Plan, status: Status) -> int | None:
    """The highest of the plan's percents that is reached."""
    limit_bytes, left_bytes = status.limit_bytes, status.remaining_bytes
    if not limit_bytes or left_bytes is None:
        return None
    taken_bytes = limit_bytes - left_bytes
    percents = plan.alerts.warn_pct
    return max(
        (p for p in percents if taken_bytes * 100 >= p * limit_bytes), default=None
    )


def _next(seen: Watched, at_s: int) -> dict[str, object] | None:
    """What happens to the plan next, or happened to it last, and when."""
    plan, status = seen.plan, seen.status
    when_s: int | None
    match status.state:
        case "pending":
            what, when_s = "starts", plan.validity.start
            if when_s is None or when_s <= at_s:
                what, when_s = "must begin by", status.activate_by
        case "lapsed":
            what, when_s = "lapsed", status.activate_by
        case "expired":
            what, when_s = "ended", seen.over_s
        case _:
            is_last = status.cycle_end == status.validity_end
            what, when_s = "ends" if is_last else "resets", status.cycle_end
    if when_s is None:
        return None
    return {
        "what": what,
        "at": utc_text(when_s),
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
    local = datetime.fromtimestamp(at_s, plan.tz)
    seconds = f":{local:%S}" if local.second else ""
    return f"{local.day} {local:%b %H:%M}{seconds} {local.tzname()}"


def _utc_offset_s(at_s: int, plan: Plan) -> int:
    offset = datetime.fromtimestamp(at_s, plan.tz).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _utc(at_s: int | None) -> str | None:
    return None if at_s is None else utc_text(at_s)
