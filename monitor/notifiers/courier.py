"""Telling in a thread of its own, and never waiting for it longer than a deadline.

A notification daemon that hangs blocks its callers for half a minute (libdbus waits
25 s, notify-send until the daemon is gone). Here such a call is given up, its thread
is left behind, and no second one joins it: what comes meanwhile fails at once. A
notification daemon that answers at last has shown it: it is not asked for that again.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Final, Protocol

from monitor import clock
from monitor.alerts import Delivery
from monitor.errors import NotShownError
from monitor.notifiers.notice import notice_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.alerts import Raised
    from monitor.notifiers.notice import Notice

DEADLINE_S: Final = 5.0
_MOST_WAITING: Final = 32
_MOST_LATE: Final = 8

_Answer = queue.SimpleQueue[str | Exception]


class Notifier(Protocol):
    """A way to show something to a person."""

    def show(self, notice: Notice) -> str:
        """Show it, and say by what it was shown.

        Args:
            notice: what is shown.

        Raises:
            NotShownError: nobody saw it; says why.
        """


class Patience:
    """A notifier that answers within a deadline, whatever the one inside does."""

    def __init__(self, notifier: Notifier, deadline_s: float = DEADLINE_S) -> None:
        """Wait for this notifier, so many seconds."""
        self._notifier = notifier
        self._deadline_s = deadline_s
        self._hung: threading.Thread | None = None
        self._late: dict[Notice, _Answer] = {}

    def show(self, notice: Notice) -> str:
        """Show it, and say by what it was shown.

        Args:
            notice: what is shown.

        Raises:
            NotShownError: nobody saw it, or nobody can say yet.
        """
        if self._hung is not None and self._hung.is_alive():
            raise NotShownError("the notification before still waits for an answer")
        # Its buttons are new for each try.
        words = notice._replace(question=None)
        late = self._late.pop(words, None)
        if late is not None and isinstance(shown := late.get(), str):
            return shown
        answer: _Answer = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._notifier.show(notice))
            except Exception as error:  # noqa: BLE001 - handed over to the caller
                answer.put(error)

        # A daemon thread: one that hangs must not keep the process from ending.
        self._hung = threading.Thread(target=ask, name="notify", daemon=True)
        self._hung.start()
        try:
            shown = answer.get(timeout=self._deadline_s)
        except queue.Empty:
            self._late = dict([*self._late.items(), (words, answer)][-_MOST_LATE:])
            hangs = f"no answer within {self._deadline_s:g} s: the desktop hangs"
            raise NotShownError(hangs) from None
        if isinstance(shown, str):
            return shown
        if isinstance(shown, NotShownError):
            raise shown
        raise NotShownError(f"{type(shown).__name__}: {shown}") from shown


_Errand = tuple["Raised", "Notice"]


class Courier:
    """Shows alerts one after the other; what became of them comes back as values.

    Attributes:
        way: name of the way, for the deliveries.
        call: called in its thread when there is one more.
    """

    def __init__(self, notifier: Notifier, way: str) -> None:
        """Start.

        Args:
            notifier: answers in time: see `Patience`.
            way: name of the way, for the deliveries.
        """
        self.way = way
        self.notifier = notifier
        self.call: Callable[[], None] = lambda: None
        self._waiting: queue.Queue[_Errand | None] = queue.Queue(_MOST_WAITING)
        self._done: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=way, daemon=True)
        self._thread.start()

    def tell(self, raised: Raised, notice: Notice | None = None) -> None:
        """Show this alert when those before it are done.

        Args:
            raised: the alert.
            notice: as it is shown; None for its words alone.
        """
        try:
            self._waiting.put_nowait((raised, notice or notice_of(raised)))
        except queue.Full:
            self._report(raised, "too many alerts wait for the desktop")

    def deliveries(self) -> list[Delivery]:
        """What became of alerts since the last call."""
        done = []
        while not self._done.empty():
            done.append(self._done.get())
        return done

    def close(self, grace_s: float = 1.0) -> None:
        """Take no more alerts; wait a moment for those on their way.

        Args:
            grace_s: seconds; what is not done then is told at the next start.
        """
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(grace_s)
        self.call = lambda: None  # whom it calls may be gone when it is done at last

    def _work(self) -> None:
        while (errand := self._waiting.get()) is not None:
            raised, notice = errand
            failure = ""
            try:
                self.notifier.show(notice)
            except NotShownError as error:
                failure = str(error)
            self._report(raised, failure)
            self._waiting.task_done()

    def _report(self, raised: Raised, failure: str) -> None:
        self._done.put(Delivery(raised, self.way, clock.now_s(), failure))
        self.call()
