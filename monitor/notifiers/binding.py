"""A click on a plan: the daemon is asked to let it pay for a network."""

from __future__ import annotations

import logging
import shlex
from functools import partial
from typing import TYPE_CHECKING, Final

from monitor.client.calling import call
from monitor.notifiers.clicks import refusal_of, say
from monitor.notifiers.notice import Question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monitor.notifiers.courier import Notifier

BIND: Final = "networks.bind"

_MOST_BUTTONS: Final = 4  # desktops show no more of them
_SHOWN: Final = 4
_OF_SIM: Final = "sim:"
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
            title = f"Plan {plan} pays for it from now on"
            say(self._notifier, title, told)
            return
        refusal = refusal_of(answer)
        iccid = network.removeprefix(_OF_SIM)
        # A log has nobody's whole ICCID.
        shown = network if iccid == network else f"{_OF_SIM}…{iccid[-_SHOWN:]}"
        why = refusal.replace(network, shown)
        log.warning("%s was not bound to plan %s: %s", shown, plan, why)
        by_hand = f"By hand: esimmon plan bind {plan} {shlex.quote(network)}"
        title = f"Plan {plan} does not pay for it"
        say(self._notifier, title, f"{refusal}\n{by_hand}")
