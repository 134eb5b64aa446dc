"""A line on standard error for whoever waits longer than two seconds.

What can say how far it is does so; of what cannot, such as one long statement of the
database, a thread says what it is and for how long.
"""

from __future__ import annotations

import sys
import time
from threading import Event, RLock, Thread
from typing import Final

from monitor.units import format_duration

_QUIET_S: Final = 2.0


class Progress:
    """How far a command is; close it before the answer is complete."""

    def __init__(self, *, between: bool = True) -> None:
        """Say nothing for two seconds.

        Args:
            between: whether answers are written meanwhile.
        """
        self._next_s = time.monotonic() + _QUIET_S
        # Not between the answers on one terminal.
        is_apart = not (between and sys.stdout and sys.stdout.isatty())
        is_seen = sys.stderr and sys.stderr.isatty() and is_apart
        self._stream = sys.stderr if is_seen else None
        self._shown = False
        self._step, self._since_s, self._heard_s = "", 0.0, 0.0
        self._lock, self._over = RLock(), Event()
        self._ticker: Thread | None = None

    def step(self, what: str) -> None:
        """Say what is done from now on, where nobody knows how far it is.

        Args:
            what: is done, as "reading".
        """
        with self._lock:
            self._step, self._since_s = what, time.monotonic()
        if self._stream is not None and self._ticker is None:
            self._ticker = Thread(target=self._tick, name="progress", daemon=True)
            self._ticker.start()

    def show(self, text: str) -> None:
        """Say how far it is, at most every two seconds.

        Args:
            text: printable.
        """
        self._heard_s = time.monotonic()
        self._write(text)

    def part(self, what: str, done: int, total: int) -> None:
        """Say which part of something is done.

        Args:
            what: is done, as "copying the database".
            done: of it.
            total: all of it.
        """
        self.show(f"{what}: {100 * done // max(1, total)} %")

    def close(self) -> None:
        """Leave the line as it was."""
        self._over.set()
        if self._ticker is not None:
            self._ticker.join()
        if self._shown and self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _tick(self) -> None:
        while not self._over.wait(_QUIET_S / 4):
            with self._lock:
                now_s = time.monotonic()
                waited_s = int(now_s - self._since_s)
                if now_s > self._heard_s + _QUIET_S:
                    self._write(f"{self._step}: {format_duration(waited_s)}")

    def _write(self, text: str) -> None:
        with self._lock:
            if self._stream is None or time.monotonic() < self._next_s:
                return
            self._next_s = time.monotonic() + _QUIET_S
            try:
                self._stream.write(f"\r{text}\x1b[K")
                self._stream.flush()
                self._shown = True
            except OSError:  # the terminal is gone, and the work goes on
                self._stream = None
