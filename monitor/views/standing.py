"""The plans at a glance, from the daemon's status file: text, JSON, exit status.

Imports next to nothing: status bars ask every few seconds (see `monitor.quick`).
"""

from __future__ import annotations

import json
import time

from monitor.escapes import visible
from monitor.units import format_duration, format_share, format_size

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

WARNING_HOLDS = 10
LIMIT_REACHED = 11
NO_PLAN = (
    "No plan yet: esimmon counts, but warns of no limit. Make one with: esimmon setup"
)
_GAP = "  "
_LONGEST_NAME = 24
_WITH_NAME = ("sim", "wifi")
_THOUSANDS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_IDLE = ("pending", "lapsed", "expired")
_BY_PLAN = (  # alerts that the plan's own lines tell
    *("data.warning", "data.limit", "data.rapid", "data.budget_day"),
    *("expiry.soon", "expiry.expired", "expiry.lapsed", "activation.deadline"),
)


def check_status(document: Mapping[str, Any]) -> int:
    """The exit status of `esimmon status --check`.

    Args:
        document: of the status file.

    Returns:
        11 when a limit is reached or a plan is over, 10 when a warning holds, else 0.
    """
    plans = document["plans"]
    if any(plan["state"] not in ("pending", "active") for plan in plans):
        return LIMIT_REACHED
    if any(plan["warning_pct"] is not None for plan in plans):
        return WARNING_HOLDS
    return WARNING_HOLDS if any(_holding(document)) else 0


def as_json(document: Mapping[str, Any]) -> str:
    """Write the status for programs.

    Args:
        document: of the status file.

    Returns:
        ASCII, version 1: fields may be added, never changed.
    """
    return json.dumps(document, indent=2)


def as_text(document: Mapping[str, Any], age_s: int) -> str:
    """Write the status for people.

    Args:
        document: of the status file.
        age_s: seconds since it was written.

    Returns:
        A line for each plan, and one for whatever a person should know besides.
    """
    plans = document["plans"]
    called = _called(document)
    rows = [_cells(plan, called, age_s) for plan in plans]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for cells, plan in zip(rows, plans, strict=True):
        lines.append(_GAP.join(map(str.ljust, cells, widths)).rstrip())
        if pace := _pace(plan):
            lines.append(f"{'':{widths[0]}}{_GAP}{pace}")
    return visible_lines([*(lines or [NO_PLAN]), *_notes(document)])


def visible_lines(lines: list[str]) -> str:
    """Lines as one text; what a terminal would obey is escaped.

    Args:
        lines: may hold names from outside.

    Returns:
        The lines, without a newline at the end.
    """
    return "\n".join(map(visible, lines))


def _called(document: Mapping[str, Any]) -> dict[str, str]:
    """Present interfaces with what the network there is called, such as a SIM's."""
    found = {}
    for network in document.get("networks", ()):
        device, name = network["device"], network.get("label")
        if not name and network["kind"] in _WITH_NAME:
            name = network["name"]
        if name:
            shown = visible(name)
            short = shown[:_LONGEST_NAME] + "…" * (len(shown) > _LONGEST_NAME)
            found[device] = f"{device} ({short})"
    return found


def _cells(
    plan: Mapping[str, Any], called: Mapping[str, str], age_s: int
) -> tuple[str, ...]:
    names = (called.get(name, name) for name in plan["interfaces"])
    where = ", ".join(names) or "-"
    turn = _turn(plan, age_s)
    return plan["id"], where, plan["state"], _used(plan), _left(plan), turn


def _used(plan: Mapping[str, Any]) -> str:
    used_bytes, limit_bytes = plan["used_bytes"], plan["limit_bytes"]
    if plan["state"] in _IDLE:
        quota_bytes = plan["quota_bytes"]
        return "no limit" if quota_bytes is None else format_size(quota_bytes)
    if limit_bytes is None:
        return f"{format_size(used_bytes)}, no limit"
    limit = format_size(limit_bytes)
    used = _in_unit_of(limit, used_bytes)
    return f"{used} of {limit} ({plan['pct_used']} %)"


def _in_unit_of(model: str, size_bytes: int) -> str:
    """A size in the unit and with the digits of another: 0.10 of 5.00 GB."""
    number, unit = model.split()
    decimals = len(number.partition(".")[2])
    # A hundred units are the whole, of which a share in percent is one unit.
    hundred = 100 * 1000 ** _THOUSANDS.index(unit)
    return format_share(size_bytes, hundred, decimals)


def _left(plan: Mapping[str, Any]) -> str:
    remaining_bytes = plan["remaining_bytes"]
    if remaining_bytes is None or plan["state"] in _IDLE:
        return ""
    return f"left {format_size(remaining_bytes)}"


def _pace(plan: Mapping[str, Any]) -> str:
    """How today goes, and where that leads; empty where there is nothing to say."""
    forecast = plan["forecast"]
    budget_bytes, today_bytes = forecast["daily_budget_bytes"], forecast["today_bytes"]
    if plan["state"] in _IDLE or budget_bytes is None:
        return ""
    budget = format_size(budget_bytes)
    is_over = today_bytes > budget_bytes
    used = format_size(today_bytes) if is_over else _in_unit_of(budget, today_bytes)
    today = f"today {used} of {budget} for the day"
    if forecast["projected_bytes"] is None:
        return today
    if forecast["runs_out_local"] is None:
        return f"{today}, at this pace: enough"
    if not plan["remaining_bytes"]:
        return today
    return f"{today}, at this pace: empty {forecast['runs_out_local']}"


def _turn(plan: Mapping[str, Any], age_s: int) -> str:
    """What happens next, or happened last: "resets 1 Dec 00:00 CET, in 5 days 6 h"."""
    turn = plan["next"]
    if turn is None:
        return ""
    left_s = turn["in_s"] - age_s
    length = format_duration(abs(left_s))
    when = f"in {length}" if left_s >= 0 else f"{length} ago"
    return f"{turn['what']} {turn['local']}{_for_viewer(turn)}, {when}"


def _for_viewer(turn: Mapping[str, Any]) -> str:
    """The same instant where the viewer is, if the clocks there show another time."""
    here = time.localtime(turn["at_s"])
    if here.tm_gmtoff == turn["utc_offset_s"]:
        return ""
    return time.strftime(f" ({here.tm_mday} %b %H:%M {here.tm_zone})", here)


def _notes(document: Mapping[str, Any]) -> Iterator[str]:
    for plan in document["plans"]:
        if plan["state"] == "expired":
            if plan["uncovered_bytes"]:
                size = format_size(plan["uncovered_bytes"])
                yield f"{plan['id']}: {size} since its end are in no plan"
        elif not plan["interfaces"]:
            yield f"{plan['id']}: {_absence(plan)}"
    for alert in _holding(document):
        if alert["kind"] not in _BY_PLAN:
            yield f"alert: {alert.get('title') or alert['detail']}"


def _absence(plan: Mapping[str, Any]) -> str:
    """What a plan pays for, and is not there."""
    # A daemon of an earlier version says nothing of networks.
    networks, patterns = list(plan.get("networks", ())), " or ".join(plan["patterns"])
    absent = [*networks, f"interface {patterns}"] if patterns else networks
    if not absent:
        return "pays for nothing yet; esimmon plan bind says for what"
    return f"no {' or '.join(absent)} is here now"


def _holding(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in document["alerts"] if each.get("cleared_at") is None]
