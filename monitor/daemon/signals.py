"""Signals as flags: a handler only notes what was asked, the loop does it in order.

Another thread calls the loop in the same way.
"""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import ExitStack


class Signals:
    """What SIGTERM, SIGINT and SIGHUP asked for.

    Made before anything else: Python cannot raise KeyboardInterrupt out of libbpf's
    callbacks, and a SIGTERM while they run would leave half of the pins.

    Attributes:
        stop: asked to end.
        reload: asked to read the configuration again.
        wakeup: readable after a signal or a call, so that a sleeping loop looks.
    """

    def __init__(self, parts: ExitStack) -> None:
        """Catch them until `parts` is closed, which restores what was before."""
        self.stop = self.reload = self._called = False
        self.wakeup, theirs = socket.socketpair()
        self._theirs = theirs
        parts.enter_context(self.wakeup)
        parts.enter_context(theirs)
        self.wakeup.setblocking(False)  # noqa: FBT003 - the only way to say it
        theirs.setblocking(False)  # noqa: FBT003 - set_wakeup_fd wants it
        parts.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(theirs.fileno()))
        for number, handler in (
            (signal.SIGTERM, self._ask_to_stop),
            (signal.SIGINT, self._ask_to_stop),
            (signal.SIGHUP, self._ask_to_reload),
        ):
            parts.callback(signal.signal, number, signal.signal(number, handler))

    def _ask_to_stop(self, *_: object) -> None:
        self.stop = True

    def _ask_to_reload(self, *_: object) -> None:
        self.reload = True

    def call(self) -> None:
        """Have the loop look at the plans now; from any thread."""
        self._called = True
        with suppress(BlockingIOError):  # so full that the loop wakes up anyway
            self._theirs.send(b"\0")

    def take_call(self) -> bool:
        """Whether somebody called since the last time this was asked."""
        called, self._called = self._called, False
        return called

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last call; empties the wakeup."""
        self.wakeup.recv(64)
        asked, self.reload = self.reload, False
        return asked
