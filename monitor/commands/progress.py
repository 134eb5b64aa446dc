"""A line on standard error for whoever waits longer than two seconds."""

from __future__ import annotations

import sys
import time
from typing import Final

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

    def show(self, text: str) -> None:
        """Say how far it is, at most every two seconds.

        Args:
            text: printable.
        """
        if self._stream is None or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _QUIET_S
        self._shown = True
        self._stream.write(f"\r{text}\x1b[K")
        self._stream.flush()

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
        if self._shown and self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
