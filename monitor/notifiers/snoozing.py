"""A click on "Snooze": the daemon is asked to be silent about a kind of alert.

Until the plan's cycle ends, or for a day where the alert is of no plan. What came of it
is shown, with how to undo it, or why not.
"""

from __future__ import annotations

import logging
import os
import shlex
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor.alerts.model import SNOOZED_BY_CLICK, SNOOZED_FOR_A_DAY
from monitor.client.calling import call
from monitor.notifiers.clicks import refusal_of, say
from monitor.notifiers.notice import Question
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from monitor.notifiers.courier import Notifier

SNOOZE: Final = "alerts.snooze"
LABEL: Final = "Snooze until the cycle ends"
LABEL_OF_A_DAY: Final = "Snooze for a day"

_PATIENCE_S: Final = 10.0  # the daemon judges the plan anew before it agrees

log = logging.getLogger("esimmon")


class Snoozer:
    """Offers to be silent about a kind of alert, and tells the daemon."""

    def __init__(self, path: Path, notifier: Notifier) -> None:
        """Ask the daemon at that socket, and show what came of it."""
        self._path = path
        self._notifier = notifier

    def question(self, handle: str, kind: str) -> Question | None:
        """The button of a notification.

        Args:
            handle: of the alert, as the daemon gave it.
            kind: of alert.

        Returns:
            None where silence would mean nothing.
        """
        if kind in SNOOZED_BY_CLICK:
            return Question((LABEL,), partial(self._snooze, handle))
        if kind in SNOOZED_FOR_A_DAY:
            return Question((LABEL_OF_A_DAY,), partial(self._snooze, handle))
        return None

    def _snooze(self, handle: str, _: str) -> None:
        answer = call(self._path, SNOOZE, {"id": handle}, _PATIENCE_S)
        if answer is not None and answer.result is not None:
            title, undo = _taken(answer.result)
            say(self._notifier, title, f"To hear of it again: {undo}")
            return
        refusal = refusal_of(answer)
        log.warning("the alert was not snoozed: %s", refusal)
        say(self._notifier, "The alert was not snoozed", refusal)


def _taken(result: Mapping[str, Any]) -> tuple[str, str]:
    """What the daemon agreed to, and the command that undoes it."""
    names = ("plan", "kind", "entry", "until")
    plan, kind, entry, until = (str(result.get(name, "")) for name in names)
    if not plan:
        undo = f"esimmon alerts snooze {shlex.quote(kind)} --until now"
        return f"Silent about {kind} until {_local(until)}", undo
    undo = f"esimmon plan ledger undo {shlex.quote(entry)}"
    return f"Plan {plan}: silent about {kind} until its cycle ends", undo


def _local(text: str) -> str:
    """An instant of the daemon as a person here reads it; as it is if it is none."""
    try:
        moment = datetime.fromisoformat(text).astimezone(local_zone(os.environ))
    except ValueError:
        return text
    return f"{moment.day} {moment:%b %H:%M}"
