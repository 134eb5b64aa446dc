"""A line on standard error for whoever waits longer than two seconds."""

from __future__ import annotations

import sys
import time
from typing import Final

_QUIET_S: Final = 2.0


class Progress:
    """How far a command is; close it before the answer is complete."""

    def __init__(self) -> None:
        """Say nothing for two seconds."""
        self._next_s = time.monotonic() + _QUIET_S
        # Not between the answers on one terminal.
        is_apart = not (sys.stdout and sys.stdout.isatty())
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

    def close(self) -> None:
        """Leave the line as it was."""
        if self._shown and self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
