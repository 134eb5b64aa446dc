"""The plans at a glance, from the daemon's status file: text, JSON, exit status.

Imports next to nothing: status bars ask every few seconds (see `monitor.quick`).
"""

from __future__ import annotations

import json

from monitor.escapes import visible
from monitor.units import format_rate, format_size
from monitor.views.plan_glance import details, left, pace, turn, used

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


def as_text(
    document: Mapping[str, Any], age_s: int, width: int = 0, *, detailed: bool = False
) -> str:
    """Write the status for people.

    Args:
        document: of the status file.
        age_s: seconds since it was written.
        width: columns that there are room for; 0 for any number.
        detailed: more of each plan, for who asked for one.

    Returns:
        A line or more for each plan, what moves now, and a line for whatever a person
        should know besides.
    """
    lines = _detailed(document, age_s) if detailed else _short(document, age_s, width)
    lines = [*(lines or [NO_PLAN]), *_now(document), *_notes(document)]
    if not width:
        return visible_lines(lines)
    return "\n".join(part for line in lines for part in _folded(visible(line), width))


def _folded(line: str, width: int) -> list[str]:
    """A line in lines that fit, broken at blanks where there are some."""
    indent = len(line) - len(line.lstrip()) + len(_GAP)
    found = []
    while len(line) > width > 2 * indent:
        at = line.rfind(" ", indent + 1, width + 1)
        at = at if at > 0 else width
        found.append(line[:at].rstrip())
        line = f"{'':{indent}}{line[at:].lstrip()}"
    return [*found, line]


def _short(document: Mapping[str, Any], age_s: int, width: int) -> list[str]:
    plans = document["plans"]
    called = _called(document)
    rows = [_cells(plan, called, age_s) for plan in plans]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    is_wide = 0 < width < sum(widths) + len(_GAP) * (len(widths) - 1)
    lines = []
    for cells, plan in zip(rows, plans, strict=True):
        if is_wide:
            name, where, state, spent, rest, coming = cells
            parts = (f"{where}, {state}", f"{spent}{_GAP}{rest}".rstrip(), coming)
            lines.append(f"{name:{widths[0]}}{_GAP}{parts[0]}")
            lines += [f"{'':{widths[0]}}{_GAP}{part}" for part in parts[1:] if part]
        else:
            lines.append(_GAP.join(map(str.ljust, cells, widths)).rstrip())
        if said := pace(plan):
            lines.append(f"{'':{widths[0]}}{_GAP}{said}")
    return lines


def _detailed(document: Mapping[str, Any], age_s: int) -> list[str]:
    lines, called = [], _called(document)
    for plan in document["plans"]:
        name, where, state, spent, rest, coming = _cells(plan, called, age_s)
        said = ", ".join(filter(None, [spent, rest]))
        lines.append(f"{name}{_GAP}{where}, {state}: {said}")
        more = filter(None, [coming, *details(plan)])
        lines += [f"{'':{len(name)}}{_GAP}{line}" for line in more]
    return lines


def _now(document: Mapping[str, Any]) -> list[str]:
    """How fast it goes, and who moved most; nothing where nothing moves."""
    # A daemon of an earlier version says nothing of either.
    rates = document.get("rate", {}).values()
    rx, tx = (
        sum(rate[name] for rate in rates)
        for name in ("rx_bytes_per_s", "tx_bytes_per_s")
    )
    said = [f"now down {format_rate(rx)}, up {format_rate(tx)}"] if rx or tx else []
    for first in document.get("last_hour", ())[:1]:
        size = format_size(first["bytes"])
        said.append(f"in the last hour most by {first['application']} ({size})")
    return [", ".join(said)] if said else []


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
    coming = turn(plan, age_s)
    return plan["id"], where, plan["state"], used(plan), left(plan), coming


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
