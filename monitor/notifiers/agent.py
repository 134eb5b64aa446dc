"""Shows a daemon's alerts on one user's desktop.

A system service cannot reach a user's session bus (both bus daemons refuse even root);
this runs as that user. It follows the daemon's socket, shows what holds and was not
shown yet, says so, and remembers it, so that neither its own restart nor the daemon's
shows anything twice. What cannot be shown is tried again as long as it holds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.client.following import follow, notify
from monitor.errors import NotShownError
from monitor.notifiers.buttons import Buttons
from monitor.notifiers.notice import TEST
from monitor.notifiers.pending import AGENT, PENDING, read
from monitor.notifiers.quiet import DayTimes, minute_now, waits
from monitor.notifiers.rules import DESKTOP

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from monitor.notifiers.courier import Notifier
    from monitor.notifiers.memory import Memory
    from monitor.notifiers.pending import Pending

SHOWN: Final = "alerts.shown"
"""What shows alerts on a desktop, as the daemon is told; `way` may say otherwise."""

_RETRY_S: Final = 30.0
_MINUTE_S: Final = 60


class Agent:
    """Follows one daemon for one user.

    Attributes:
        way: what the daemon is told by which a person was shown an alert; empty for
            this user's desktop.
        channel: it shows the alerts that the daemon gives to this one.
        minute_now: of the local day, for quiet hours.
        longest_retry_s: between two tries; each time twice as long, up to this.
    """

    def __init__(
        self, path: Path, notifier: Notifier, memory: Memory, parent: int | None = None
    ) -> None:
        """Prepare.

        Args:
            path: the daemon's socket; need not exist yet.
            notifier: shows alerts, and answers in time (`courier.Patience`).
            memory: what this user has seen.
            parent: a pipe that ends when this agent shall; None for never.
        """
        self._path = path
        self._notifier = notifier
        self._buttons = Buttons(path, notifier)
        self._memory = memory
        self._parent = parent
        self.way = ""
        self.channel = DESKTOP
        self.minute_now: Callable[[], int] = minute_now
        self.longest_retry_s = _RETRY_S
        self._failures = 0
        self._pending: list[Pending] = []
        self._quiet = DayTimes()
        self._tried: set[str] = set()
        self._retry_s = 0.0
        self._link: socket.socket | None = None
        self._said: set[str] = set()

    def run(self) -> None:
        """Follow the daemon, through all its restarts, until `parent` ends."""
        params = {"way": self.way or AGENT}
        follow(self._path, PENDING, self, self._parent, params)

    def take(self, content: Mapping[str, Any]) -> None:
        """Take what is pending.

        Args:
            content: as `alerts.pending` answers.
        """
        alerts, self._quiet = read(content)
        self._pending = [
            each for each in alerts if self.channel in each.verdict.channels
        ]
        self._tried &= {alert.id for alert in self._pending}

    def wait_s(self) -> float | None:
        """Until the next try; None until the daemon says something."""
        if not self._unseen():
            return None
        # Quiet hours end with a minute. Never longer than between two tries: meanwhile
        # the machine may have slept, or its clock may have been set.
        return min(_RETRY_S, _MINUTE_S - clock.now_s() % _MINUTE_S)

    def _say_seen(self, link: socket.socket) -> None:
        """Say what was shown: a daemon that was killed may not have noted it.

        Raises:
            OSError: the daemon is gone.
        """
        if link is not self._link:
            self._link, self._said = link, set()
        for alert in self._pending:
            if alert.id in self._memory and alert.id not in self._said:
                self._say(link, alert.id, "")

    def _say(self, link: socket.socket, handle: str, failure: str, **more: str) -> None:
        told = {"id": handle, "failure": failure, **more}
        notify(link, SHOWN, told | ({"way": self.way} if self.way else {}))
        if not failure:
            self._said.add(handle)

    def _unseen(self) -> list[Pending]:
        return [alert for alert in self._pending if alert.id not in self._memory]

    def _due(self) -> list[Pending]:
        unseen = self._unseen()
        minute = self.minute_now() if unseen and self._quiet else 0
        return [
            alert
            for alert in unseen
            if alert.notice.kind == TEST
            or not waits(alert.verdict.urgency, self._quiet, minute)
        ]

    def look(self, link: socket.socket) -> None:
        """Show what this user has not seen; after a failure only now and then.

        Args:
            link: to the daemon, which is told.

        Raises:
            OSError: the daemon is gone.
        """
        self._say_seen(link)
        unseen = self._due()
        is_due = time.monotonic() >= self._retry_s
        if not is_due and all(alert.id in self._tried for alert in unseen):
            return
        for alert in unseen:
            failure = by = ""
            try:
                by = self._notifier.show(self._buttons.added(alert))
                self._memory.add(alert.id)
                self._failures = 0
            except NotShownError as error:
                failure = str(error)
                pause_s = min(_RETRY_S * 2**self._failures, self.longest_retry_s)
                self._retry_s = time.monotonic() + pause_s
                self._failures += 1
            if not failure or alert.id not in self._tried:
                more = {"by": by} if alert.notice.kind == TEST else {}
                self._say(link, alert.id, failure, **more)
            self._tried.add(alert.id)
