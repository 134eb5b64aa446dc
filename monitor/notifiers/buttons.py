"""What a person may click on in an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.notifiers.binding import Binder
from monitor.notifiers.notice import Question
from monitor.notifiers.showing import Shower
from monitor.notifiers.snoozing import Snoozer

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.notifiers.courier import Notifier
    from monitor.notifiers.notice import Notice
    from monitor.notifiers.pending import Pending


class Buttons:
    """Of a plan that may pay, where that is the question; or of silence and details."""

    def __init__(self, path: Path, notifier: Notifier) -> None:
        """Prepare.

        Args:
            path: the daemon's socket, where clicks go.
            notifier: shows what came of a click.
        """
        self._binder = Binder(path, notifier)
        self._snoozer = Snoozer(path, notifier)
        self._shower = Shower(path, notifier)

    def added(self, alert: Pending) -> Notice:
        """An alert with its buttons.

        Args:
            alert: that a person should see.

        Returns:
            What is shown.
        """
        notice = alert.notice
        asked = self._binder.question(alert.network, alert.plans)
        if asked is not None:
            return notice._replace(question=asked)
        silence = self._snoozer.question(alert.id, notice.kind)
        # Details take the place of the alert: the other button stays.
        details = self._shower.question(alert.id, notice._replace(question=silence))
        return notice._replace(question=_either(silence, details))


def _either(first: Question | None, second: Question | None) -> Question | None:
    """Both questions as one."""
    if first is None or second is None:
        return first or second

    def take(chosen: str) -> None:
        (first if chosen in first.answers else second).take(chosen)

    return Question((*first.answers, *second.answers), take)
