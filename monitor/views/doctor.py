"""Findings of `esimmon doctor`: aligned text for people, JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.checks.findings import Level
from monitor.escapes import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.checks.findings import Finding
    from monitor.views.table import Layout

_GAP: Final = "  "
_PLAIN: Final = "\x1b[0m"
_COLOURS: Final = {
    Level.OK: "\x1b[32m",
    Level.NOTE: "\x1b[36m",
    Level.WARN: "\x1b[33m",
    Level.ERROR: "\x1b[1;31m",
}
_LEAST_TEXT: Final = 20


def as_json(findings: Sequence[Finding], tier: str) -> str:
    """Write findings for programs.

    Args:
        findings: in order.
        tier: how bytes find their program, or would.

    Returns:
        ASCII, version 1: fields may be added, never changed.
    """
    return json.dumps(
        {
            "version": 1,
            "tier": tier,
            "findings": [
                {
                    "id": finding.id,
                    "level": finding.level.value,
                    "text": finding.text,
                    "remedy": finding.remedy,
                }
                for finding in findings
            ],
        },
        indent=2,
    )


def as_text(findings: Sequence[Finding], layout: Layout) -> str:
    """Write findings for people.

    Args:
        findings: in order; at least one.
        layout: what the terminal can show.

    Returns:
        A paragraph for each that fits the width, a remedy on a line of its own, whole,
        so that it can be copied; at last how many of each there are.
    """
    level_width = max(len(level) for level in Level)
    id_width = max(len(finding.id) for finding in findings)
    indent = level_width + id_width + 2 * len(_GAP)
    lines = []
    for finding in findings:
        head = _coloured(finding.level, layout, level_width)
        wrapped = textwrap.wrap(
            visible(finding.text),
            max(layout.width - indent, _LEAST_TEXT),
            break_on_hyphens=False,
        )
        first, *others = wrapped or [""]
        lines.append(f"{head}{_GAP}{finding.id:{id_width}}{_GAP}{first}".rstrip())
        lines += [" " * indent + other for other in others]
        if finding.remedy:
            remedy = f"$ {visible(finding.remedy)}"
            # At the left where it would not fit: a command is not broken.
            room = layout.width - len(remedy)
            lines.append(" " * max(0, min(indent, room)) + layout.bold(remedy))
    return "\n".join([*lines, "", _summary(findings)])


def _coloured(level: Level, layout: Layout, width: int) -> str:
    if not layout.has_colour:
        return f"{level:{width}}"
    return f"{_COLOURS[level]}{level:{width}}{_PLAIN}"


def _summary(findings: Sequence[Finding]) -> str:
    number = Counter(finding.level for finding in findings)
    bad = [
        f"{number[level]} {name}{'' if number[level] == 1 else 's'}"
        for level, name in ((Level.ERROR, "error"), (Level.WARN, "warning"))
        if number[level]
    ]
    if not bad:
        return "Counting works."
    return f"{' and '.join(bad)}. What begins with $ is a command that mends it."
