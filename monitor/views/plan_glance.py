"""What of a plan's standing is said at a glance, in words of its own.

Imports next to nothing, as `monitor.views.standing`.
"""

from __future__ import annotations

import time

from monitor.units import format_duration, format_share, format_size

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

IDLE = ("pending", "lapsed", "expired")
"""States in which nothing is used of a plan."""
_THOUSANDS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def used(plan: Mapping[str, Any]) -> str:
    """What was used of how much: "0.10 of 5.00 GB (2.0 %)".

    Args:
        plan: of the status file, here and below.
    """
    used_bytes, limit_bytes = plan["used_bytes"], plan["limit_bytes"]
    if plan["state"] in IDLE:
        quota_bytes = plan["quota_bytes"]
        return "no limit" if quota_bytes is None else format_size(quota_bytes)
    if limit_bytes is None:
        return f"{format_size(used_bytes)}, no limit"
    limit = format_size(limit_bytes)
    return f"{_in_unit_of(limit, used_bytes)} of {limit} ({plan['pct_used']} %)"


def _in_unit_of(model: str, size_bytes: int) -> str:
    """A size in the unit and with the digits of another: 0.10 of 5.00 GB."""
    number, unit = model.split()
    decimals = len(number.partition(".")[2])
    # A hundred units are the whole, of which a share in percent is one unit.
    hundred = 100 * 1000 ** _THOUSANDS.index(unit)
    return format_share(size_bytes, hundred, decimals)


def left(plan: Mapping[str, Any]) -> str:
    """What is left of it; empty without a limit."""
    remaining_bytes = plan["remaining_bytes"]
    if remaining_bytes is None or plan["state"] in IDLE:
        return ""
    return f"left {format_size(remaining_bytes)}"


def pace(plan: Mapping[str, Any]) -> str:
    """How today goes, and where that leads; empty where there is nothing to say."""
    forecast = plan["forecast"]
    budget_bytes, today_bytes = forecast["daily_budget_bytes"], forecast["today_bytes"]
    if plan["state"] in IDLE or budget_bytes is None:
        return ""
    budget = format_size(budget_bytes)
    is_over = today_bytes > budget_bytes
    moved = format_size(today_bytes) if is_over else _in_unit_of(budget, today_bytes)
    today = f"today {moved} of {budget} for the day"
    if forecast["projected_bytes"] is None:
        return today
    if forecast["runs_out_local"] is None:
        return f"{today}, at this pace: enough"
    if not plan["remaining_bytes"]:
        return today
    return f"{today}, at this pace: empty {forecast['runs_out_local']}"


def in_one_line(plan: Mapping[str, Any], age_s: int) -> str:
    """A plan in what a narrow terminal has room for.

    Args:
        plan: of the status file.
        age_s: seconds since it was written.
    """
    state = plan["state"] if plan["state"] != "active" else ""
    when = until(plan, age_s)
    coming = f"{plan['next']['what']} {when}" if when else ""
    return f"{plan['id']}  " + ", ".join(
        filter(None, [state, used(plan), left(plan), coming])
    )


def details(plan: Mapping[str, Any]) -> list[str]:
    """The same as `pace` for who asks for one plan: today, and where it leads to."""
    forecast = plan["forecast"]
    today_bytes, budget_bytes = forecast["today_bytes"], forecast["daily_budget_bytes"]
    if plan["state"] in IDLE or today_bytes is None:
        return []
    lines = [f"today {format_size(today_bytes)}"]
    if budget_bytes is not None:
        over_bytes = today_bytes - budget_bytes
        which = "over" if over_bytes > 0 else "left"
        lines[0] += f", budget {format_size(budget_bytes)}"
        lines[0] += f": {format_size(abs(over_bytes))} {which}"
    if forecast["projected_bytes"] is not None:
        sentence = f"at this pace {format_size(forecast['projected_bytes'])} by then"
        if forecast["runs_out_local"] is not None:
            # Of what is empty already it would say now, whenever one looks.
            is_left = plan["remaining_bytes"]
            sentence += f", empty {forecast['runs_out_local']}" if is_left else ""
        elif plan["limit_bytes"] is not None:
            sentence += ": enough"
        lines.append(sentence)
    return lines


def turn(plan: Mapping[str, Any], age_s: int) -> str:
    """What happens next, or happened last: "resets 1 Dec 00:00 CET, in 5 days 6 h".

    Args:
        plan: of the status file.
        age_s: seconds since it was written.
    """
    coming = plan["next"]
    if coming is None:
        return ""
    when = until(plan, age_s)
    return f"{coming['what']} {coming['local']}{_for_viewer(coming)}, {when}"


def until(plan: Mapping[str, Any], age_s: int) -> str:
    """How long it is until then, or since: "in 5 days 6 h"; empty without an end."""
    if plan["next"] is None:
        return ""
    left_s = plan["next"]["in_s"] - age_s
    length = format_duration(abs(left_s))
    return f"in {length}" if left_s >= 0 else f"{length} ago"


def _for_viewer(coming: Mapping[str, Any]) -> str:
    """The same instant where the viewer is, if the clocks there show another time."""
    here = time.localtime(coming["at_s"])
    if here.tm_gmtoff == coming["utc_offset_s"]:
        return ""
    return time.strftime(f" ({here.tm_mday} %b %H:%M {here.tm_zone})", here)
