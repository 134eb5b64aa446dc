"""A click on "Snooze": the daemon is asked to be silent until the plan's cycle ends.

What came of it is shown, with how to undo it, or why not.
"""

from __future__ import annotations

import logging
import shlex
from functools import partial
from typing import TYPE_CHECKING, Final

from monitor.alerts.model import SNOOZED_BY_CLICK
from monitor.calling import call
from monitor.notifiers.clicks import refusal_of, say
from monitor.notifiers.notice import Question

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.notifiers.courier import Notifier

SNOOZE: Final = "alerts.snooze"
LABEL: Final = "Snooze until the cycle ends"

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
        if kind not in SNOOZED_BY_CLICK:
            return None
        return Question((LABEL,), partial(self._snooze, handle))

    def _snooze(self, handle: str, _: str) -> None:
        answer = call(self._path, SNOOZE, {"id": handle}, _PATIENCE_S)
        if answer is not None and answer.result is not None:
            found = (answer.result.get(name, "") for name in ("plan", "kind", "entry"))
            plan, kind, entry = map(str, found)
            undo = f"esimmon plan ledger undo {shlex.quote(entry)}"
            title = f"Plan {plan}: silent about {kind} until its cycle ends"
            say(self._notifier, title, f"To hear of it again: {undo}")
            return
        refusal = refusal_of(answer)
        log.warning("the alert was not snoozed: %s", refusal)
        say(self._notifier, "The alert was not snoozed", refusal)
