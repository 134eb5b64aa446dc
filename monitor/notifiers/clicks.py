"""What came of a click is shown: who clicked must see that it was taken, or why not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from monitor.errors import NotShownError
from monitor.notifiers.notice import ANSWER, Notice

if TYPE_CHECKING:
    from monitor.client.calling import Answer
    from monitor.notifiers.courier import Notifier

log = logging.getLogger("esimmon")


def say(notifier: Notifier, title: str, body: str) -> None:
    """Show what came of a click; where that fails, the log has it.

    Args:
        notifier: shows it.
        title: one line.
        body: lines.
    """
    try:
        notifier.show(Notice(title, body, ANSWER))
    except NotShownError as error:
        log.warning("%s. %s (not shown: %s)", title, body, error)


def refusal_of(answer: Answer | None) -> str:
    """Why a daemon did not do what was clicked on, one sentence.

    Args:
        answer: without a result.
    """
    if answer is None:
        return "no daemon is running."
    return answer.refusal or "the daemon gave no answer."
