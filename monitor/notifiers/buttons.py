"""What a person may click on in an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.notifiers.binding import Binder
from monitor.notifiers.snoozing import Snoozer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monitor.notifiers.courier import Notifier
    from monitor.notifiers.notice import Question


class Buttons:
    """Of a plan that may pay, where that is the question, or else of silence."""

    def __init__(self, path: Path, notifier: Notifier) -> None:
        """Prepare.

        Args:
            path: the daemon's socket, where clicks go.
            notifier: shows what came of a click.
        """
        self._binder = Binder(path, notifier)
        self._snoozer = Snoozer(path, notifier)

    def question(
        self, handle: str, kind: str, network: str = "", plans: Sequence[str] = ()
    ) -> Question | None:
        """The buttons of one alert.

        Args:
            handle: of the alert.
            kind: of alert.
            network: that may be bound to one of the plans; empty for none.
            plans: ids.

        Returns:
            None where there is nothing to click on.
        """
        asked = self._binder.question(network, plans)
        return asked or self._snoozer.question(handle, kind)
