"""A click on a plan: the daemon is asked to let it pay for a network.

What came of it is shown, since who clicks must see that it was taken, or why not.
"""

from __future__ import annotations

import logging
import shlex
from functools import partial
from typing import TYPE_CHECKING, Final

from monitor.calling import call
from monitor.errors import NotShownError
from monitor.notifiers.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monitor.notifiers.courier import Notifier

BIND: Final = "networks.bind"

_MOST_BUTTONS: Final = 4  # desktops show no more of them
_PATIENCE_S: Final = 10.0  # the daemon looks through what is stored for each plan

log = logging.getLogger("esimmon")


class Binder:
    """Asks a person which plan pays for a network, and tells the daemon."""

    def __init__(self, path: Path, notifier: Notifier) -> None:
        """Prepare.

        Args:
            path: the daemon's socket.
            notifier: shows what came of a click.
        """
        self._path = path
        self._notifier = notifier

    def question(self, network: str, plans: Sequence[str]) -> Question | None:
        """The buttons of a notification.

        Args:
            network: its key.
            plans: ids of those that may pay for it.

        Returns:
            None where there is nothing to choose from.
        """
        if not network or not plans:
            return None
        return Question(tuple(plans[:_MOST_BUTTONS]), partial(self._bind, network))

    def _bind(self, network: str, plan: str) -> None:
        params = {"network": network, "plan": plan}
        answer = call(self._path, BIND, params, _PATIENCE_S)
        if answer is not None and answer.result is not None:
            told = str(answer.result.get("told", ""))
            self._say(f"Plan {plan} pays for it from now on", told)
            return
        refusal = "no daemon is running."
        if answer is not None:
            refusal = answer.refusal or "the daemon gave no answer."
        log.warning("%s was not bound to plan %s: %s", network, plan, refusal)
        by_hand = f"By hand: esimmon plan bind {plan} {shlex.quote(network)}"
        self._say(f"Plan {plan} does not pay for it", f"{refusal}\n{by_hand}")

    def _say(self, title: str, body: str) -> None:
        try:
            self._notifier.show(title, body)
        except NotShownError as error:
            log.warning("%s. %s (not shown: %s)", title, body, error)
