"""Shows a daemon's alerts on one user's desktop.

A system service cannot reach a user's session bus (both bus daemons refuse even root);
this runs as that user. It follows the daemon's socket, shows what holds and was not
shown yet, says so, and remembers it, so that neither its own restart nor the daemon's
shows anything twice. What cannot be shown is tried again as long as it holds.
"""

from __future__ import annotations

import json
import logging
import select
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from monitor import clock
from monitor.errors import NotShownError
from monitor.notifiers.buttons import Buttons
from monitor.notifiers.pending import read
from monitor.notifiers.quiet import DayTimes, minute_now, waits
from monitor.notifiers.rules import DESKTOP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monitor.notifiers.courier import Notifier
    from monitor.notifiers.memory import Memory
    from monitor.notifiers.pending import Pending

PENDING: Final = "alerts.pending"
SHOWN: Final = "alerts.shown"

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 30.0
_RETRY_S: Final = 30.0
_MINUTE_S: Final = 60
_CONNECT_S: Final = 5.0
_LONGEST_LINE: Final = 1_000_000
_FOLLOW_ID: Final = 1

log = logging.getLogger("esimmon")


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

    def run(self) -> None:
        """Follow the daemon, through all its restarts, until `parent` ends."""
        pause_s, complained = _FIRST_PAUSE_S, False
        while True:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                    link.settimeout(_CONNECT_S)
                    link.connect(str(self._path))
                    pause_s, complained = _FIRST_PAUSE_S, False
                    self._follow(link)
            except (OSError, ValueError) as error:
                if not complained:
                    log.warning("%s: %s; trying again", self._path, error)
                complained = True
            if self._wait(pause_s):
                return
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _wait(self, pause_s: float) -> bool:
        """Wait; returns whether the parent has ended."""
        watched = [] if self._parent is None else [self._parent]
        return bool(select.select(watched, [], [], pause_s)[0])

    def _follow(self, link: socket.socket) -> None:
        """Show what the daemon says until it, or the parent, goes away.

        Raises:
            OSError: the connection broke.
            ValueError: the daemon does not speak of alerts.
        """
        _call(link, PENDING, {}, _FOLLOW_ID)
        received = b""
        watched: list[socket.socket | int] = [link]
        if self._parent is not None:
            watched.append(self._parent)
        while True:
            ready, _, _ = select.select(watched, [], [], self._pause_s())
            if self._parent in ready:
                return
            if link in ready:
                part = link.recv(65_536)
                *lines, received = (received + part).split(b"\n")
                for line in lines:
                    self._take(json.loads(line))
                if not part:
                    return
                if len(received) > _LONGEST_LINE:
                    raise ValueError("an endless answer")
            self._show(link)

    def _pause_s(self) -> float | None:
        """How long to do nothing; None until the daemon says something."""
        if not self._unseen():
            return None
        # Quiet hours end with a minute. Never longer than between two tries: meanwhile
        # the machine may have slept, or its clock may have been set.
        return min(_RETRY_S, _MINUTE_S - clock.now_s() % _MINUTE_S)

    def _take(self, message: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Take what is pending from an answer or an announcement.

        Raises:
            ValueError: the daemon refused.
        """
        if not isinstance(message, dict):
            raise ValueError("that is no daemon of esimmon")  # noqa: TRY004 - as documented
        if message.get("id") == _FOLLOW_ID and "error" in message:
            raise ValueError("the daemon is of another version: restart it")
        if message.get("id") == _FOLLOW_ID or message.get("method") == PENDING:
            content = message.get("result", message.get("params")) or {}
            alerts, self._quiet = read(content)
            own = [each for each in alerts if self.channel in each.verdict.channels]
            self._pending = own
            self._tried &= {alert.id for alert in self._pending}

    def _unseen(self) -> list[Pending]:
        return [alert for alert in self._pending if alert.id not in self._memory]

    def _due(self) -> list[Pending]:
        unseen = self._unseen()
        minute = self.minute_now() if unseen and self._quiet else 0
        return [
            alert
            for alert in unseen
            if not waits(alert.verdict.urgency, self._quiet, minute)
        ]

    def _show(self, link: socket.socket) -> None:
        """Show what this user has not seen; after a failure only now and then.

        Raises:
            OSError: the daemon is gone.
        """
        unseen = self._due()
        is_due = time.monotonic() >= self._retry_s
        if not is_due and all(alert.id in self._tried for alert in unseen):
            return
        for alert in unseen:
            failure = ""
            notice = alert.notice
            question = self._buttons.question(
                alert.id, notice.kind, alert.network, alert.plans
            )
            try:
                self._notifier.show(notice._replace(question=question))
                self._memory.add(alert.id)
                self._failures = 0
            except NotShownError as error:
                failure = str(error)
                pause_s = min(_RETRY_S * 2**self._failures, self.longest_retry_s)
                self._retry_s = time.monotonic() + pause_s
                self._failures += 1
            if not failure or alert.id not in self._tried:
                told = {"id": alert.id, "failure": failure}
                _call(link, SHOWN, told | ({"way": self.way} if self.way else {}), None)
            self._tried.add(alert.id)


def _call(
    link: socket.socket, method: str, params: dict[str, str], call_id: int | None
) -> None:
    call = {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}
    link.sendall(json.dumps(call).encode() + b"\n")
