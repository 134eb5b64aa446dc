"""The status in the style that was asked for.

Imports next to nothing, as `monitor.views.standing`.
"""

from __future__ import annotations

import os
import sys

from monitor.client.statusfile import age_s
from monitor.views.standing import as_json, as_text

TYPE_CHECKING = False  # `typing` would cost as much as all the rest
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FORMATS = ("text", "json", "oneline", "waybar")
BARS = FORMATS[2:]
"""Those of which a bar shows the line, whatever it says."""


def written(document: Mapping[str, Any], style: str, *, detailed: bool = False) -> str:
    """Write the status.

    Args:
        document: of the status file.
        style: of `FORMATS`.
        detailed: in text, more of each plan.
    """
    if style == "json":
        return as_json(document)
    if style == "text":
        return as_text(document, age_s(document), _width(), detailed=detailed)
    from monitor.views import bars  # noqa: PLC0415 - a third of the rest, and rarely asked

    line = bars.as_line if style == "oneline" else bars.as_waybar
    return line(document, age_s(document))


def _width() -> int:
    """Columns of the terminal that is written to; 0 where it is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (AttributeError, OSError, ValueError):  # closed, a pipe, or a test's
        return 0
