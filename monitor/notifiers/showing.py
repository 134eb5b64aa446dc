"""A click on "Show details": who used most takes the place of the alert's words.

The figures are the daemon's, and for those alone whom it shows figures.
"""

from __future__ import annotations

import logging
import os
import shlex
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.alerts.model import DETAILED
from monitor.client.calling import call
from monitor.errors import NotShownError
from monitor.escapes import visible
from monitor.moments import Clocks
from monitor.notifiers.clicks import refusal_of, say
from monitor.notifiers.notice import Notice, Question
from monitor.units import format_size
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from monitor.notifiers.courier import Notifier

DETAILS: Final = "alerts.details"
LABEL: Final = "Show details"

_PATIENCE_S: Final = 10.0  # the daemon looks through a cycle of what is stored
_HOUR_S: Final = 3600
_UNREADABLE: Final = (AttributeError, KeyError, OverflowError, TypeError, ValueError)

log = logging.getLogger("esimmon")


class Shower:
    """Offers to say more of an alert, and asks the daemon for it."""

    def __init__(self, path: Path, notifier: Notifier) -> None:
        """Ask the daemon at that socket, and show what it says."""
        self._path = path
        self._notifier = notifier

    def question(self, handle: str, notice: Notice) -> Question | None:
        """The button of a notification.

        Args:
            handle: of the alert, as the daemon gave it.
            notice: what the details take the place of; its question goes on with them.

        Returns:
            None where there is no more to say.
        """
        if notice.kind not in DETAILED:
            return None
        return Question((LABEL,), partial(self._show, handle, notice))

    def _show(self, handle: str, notice: Notice, _: str) -> None:
        answer = call(self._path, DETAILS, {"id": handle}, _PATIENCE_S)
        refusal = refusal_of(answer)
        if answer is not None and answer.result is not None:
            try:
                body = words(answer.result)
                self._notifier.show(notice._replace(body=body))
            except NotShownError as error:
                log.warning("the details were not shown: %s", error)
            except _UNREADABLE:
                refusal = "the daemon is of another version: restart it."
            else:
                return
        log.warning("there are no details of the alert: %s", refusal)
        say(self._notifier, "There are no details of the alert", refusal)


def words(found: Mapping[str, Any]) -> str:
    """The details of an alert for a person.

    Args:
        found: what the daemon answered; its names are hostile.

    Raises:
        Exception: one of `_UNREADABLE`; it is no such answer.
    """
    since_s, now_s, zone = int(found["since_s"]), clock.now_s(), local_zone(os.environ)
    since = Clocks(zone, zone, now_s).edge(since_s)
    lines = [
        f"{format_size(amount)} {visible(name)}" for name, amount in _amounts(found)
    ]
    head = f"Who used it since {since}:" if lines else f"Nobody used it since {since}."
    return "\n".join([head, *lines, f"More: {_command(found, now_s - since_s)}"])


def _amounts(found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for each in found["programs"]:
        yield str(each["name"]), int(each["bytes"])
    for name, key in (
        ("others", "others_bytes"),
        ("no known program", "unknown_bytes"),
    ):
        if found[key]:
            yield name, int(found[key])


def _command(found: Mapping[str, Any], for_s: int) -> str:
    period = f"--since {max(1, -(-for_s // _HOUR_S))}h"
    if found["is_cycle"]:
        period = "--period cycle"
    plan, network = str(found["plan"]), str(found["network"])
    of = (
        f"--network {shlex.quote(network)}"
        if network
        else f"--plan {shlex.quote(plan)}"
    )
    return f"esimmon report {of} {period}"
