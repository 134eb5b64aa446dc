"""An alert as a line of the log, which journald and a terminal keep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitor.alerts import Alert

WAY: Final = "journal"

log = logging.getLogger("esimmon")


def write(alert: Alert) -> None:
    """Write an alert down; whoever shows the log escapes what is hostile in it."""
    log.warning("%s. %s", alert.title, " ".join(alert.body.split("\n")))
