"""One daemon after the other, where only a new start can go on.

The kernel's counters outlive each: a new start loses no byte, and books none twice.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from monitor import clock
from monitor.daemon.life import Daemon
from monitor.errors import StoreDamagedError, StoreError, StoreReplacedError
from monitor.sdnotify import is_managed, notify

if TYPE_CHECKING:
    from monitor.daemon.life import Setup, Watcher

_PASSING: Final = {"full", "read-only", "busy", "io"}
_RETRY_S: Final = 5
_AGAIN_NS: Final = 60 * clock.SECOND_NS
"""What comes again sooner is not mended by starts."""

log = logging.getLogger("esimmon")


def count(setup: Setup, watcher: Watcher) -> None:
    """Run a daemon until it is told to end.

    Args:
        setup: what it is started with.
        watcher: told of each tick.

    Raises:
        EsimmonError: it cannot start, or another start would not help.
    """
    waiting = _Waiting()
    not_before_ns = 0
    while True:
        daemon = None
        try:
            with ExitStack() as parts:
                daemon = Daemon(setup, parts)
                waiting.over()
                daemon.run(watcher, parts)
        except (StoreDamagedError, StoreReplacedError) as error:
            # A manager starts it again, and has descriptors for it.
            if is_managed() or daemon is None or daemon.is_stopping:
                raise
            now_ns = clock.read().boottime_ns
            if now_ns < not_before_ns:
                raise
            not_before_ns = now_ns + _AGAIN_NS
            log.error("%s esimmon starts anew.", error)  # noqa: TRY400 - a sentence
        except StoreError as error:
            if daemon is not None or not waiting.helps(error):
                raise
        else:
            return


class _Waiting:
    """A service waits for its database: after ten failures nobody would start it.

    A person at a terminal is told at once instead.
    """

    def __init__(self) -> None:
        self._said = ""

    def helps(self, error: StoreError) -> bool:
        """Wait, if the fault may pass by itself; else say so."""
        if not is_managed() or error.reason not in _PASSING:
            return False
        if str(error) != self._said:
            self._said = str(error)
            log.error("%s It is tried again every %d s.", error, _RETRY_S)
        status = " ".join(self._said.split())
        notify("READY=1", "WATCHDOG=1", f"STATUS=not counting: {status}")
        time.sleep(_RETRY_S)
        return True

    def over(self) -> None:
        """It could be opened."""
        if self._said:
            log.warning("the database can be used again: counting begins")
        self._said = ""
