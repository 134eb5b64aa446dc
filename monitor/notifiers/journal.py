"""An alert as a line of the log, which journald and a terminal keep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from monitor import clock
from monitor.alerts import Delivery, Raised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.alerts import Alert, Change

WAY: Final = "journal"

log = logging.getLogger("esimmon")


def write(alert: Alert) -> None:
    """Write an alert down; whoever shows the log escapes what is hostile in it."""
    log.warning("%s. %s", alert.title, " ".join(alert.body.split("\n")))


def deliver(changes: Iterable[Change]) -> list[Delivery]:
    """Write down what is new among changes.

    Args:
        changes: of a judgement.

    Returns:
        That it was.
    """
    found = [each for each in changes if isinstance(each, Raised)]
    for raised in found:
        write(raised.alert)
    return [Delivery(raised, WAY, clock.now_s()) for raised in found]
