"""The status for a bar of the desktop: one line, or what waybar reads.

Imports next to nothing, as `monitor.views.standing`: it is asked every few seconds.
"""

from __future__ import annotations

import json

from monitor.escapes import visible
from monitor.units import format_size
from monitor.views.plan_glance import IDLE, until
from monitor.views.standing import LIMIT_REACHED, WARNING_HOLDS, as_text, check_status

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_CLASSES = {0: "ok", WARNING_HOLDS: "warning", LIMIT_REACHED: "limit"}
STALE = "stale"
_NOT_COUNTING = "esimmon: not counting"
# Of the characters that Pango takes for markup, and JSON and terminals do not.
_MARKUP = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def as_line(document: Mapping[str, Any], age_s: int) -> str:
    """Write what is left of the plans in use, for polybar, i3blocks, tmux and others.

    Args:
        document: of the status file.
        age_s: seconds since it was written.

    Returns:
        One short line; it begins with "!" when a warning holds or a limit is reached.
    """
    plans = _in_use(document)
    said = [_piece(plan, age_s) for plan in plans] or ["no plan"]
    mark = "! " if check_status(document) else ""
    return visible(f"{mark}{' | '.join(said)}")


def as_waybar(document: Mapping[str, Any], age_s: int) -> str:
    """Write it for a custom module of waybar with `"return-type": "json"`.

    Args:
        document: of the status file.
        age_s: seconds since it was written.

    Returns:
        One line; `class` is "ok", "warning" or "limit", `percentage` that of the plan
        in use of which most is used, 0 without a limit: waybar(5), waybar-custom.
    """
    shares = [plan["pct_used"] or 0 for plan in _in_use(document)]
    return _waybar(
        as_line(document, age_s),
        as_text(document, age_s),
        _CLASSES[check_status(document)],
        min(100, int(max(shares, default=0))),
    )


def stale_line(reason: str, style: str) -> str:
    """What a bar shows when no daemon counts: an old figure would be taken for true.

    Args:
        reason: a sentence.
        style: `oneline` or `waybar`.
    """
    if style == "oneline":
        return _NOT_COUNTING
    return _waybar(_NOT_COUNTING, visible(reason), STALE, 0)


def _waybar(text: str, tooltip: str, state: str, percentage: int) -> str:
    return json.dumps(
        {
            "text": text.translate(_MARKUP),
            "alt": state,
            "tooltip": tooltip.translate(_MARKUP),
            "class": state,
            "percentage": percentage,
        }
    )


def _in_use(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The plans of what is attached, or all where none is."""
    plans = document["plans"]
    return [plan for plan in plans if plan["interfaces"]] or plans


def _piece(plan: Mapping[str, Any], age_s: int) -> str:
    if plan["state"] in IDLE:
        return f"{plan['id']} {plan['state']}"
    remaining_bytes = plan["remaining_bytes"]
    if remaining_bytes is None:
        return f"{plan['id']} {format_size(plan['used_bytes'])} used"
    when = until(plan, age_s).removeprefix("in ")
    return f"{plan['id']} {format_size(remaining_bytes)} left" + (when and f", {when}")
