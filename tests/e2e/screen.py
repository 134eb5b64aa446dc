"""What a person sees on a terminal, and types there."""

from __future__ import annotations

import contextlib
import os
import pty
import termios
from typing import Self

from tests.e2e.daemon import wait_for

_LINES, _COLUMNS = 40, 160


class Screen:
    """A terminal.

    Attributes:
        terminal: descriptor for the program.
        text: all that was shown.
    """

    def __init__(self) -> None:
        self._ours, self.terminal = pty.openpty()
        termios.tcsetwinsize(self.terminal, (_LINES, _COLUMNS))
        os.set_blocking(self._ours, False)
        self.text = ""

    def wait_for(self, words: str) -> None:
        """Read until these words were shown.

        Args:
            words: to look for.
        """
        wait_for(lambda: self._has(words), words)

    def _has(self, words: str) -> bool:
        with contextlib.suppress(BlockingIOError):
            self.text += os.read(self._ours, 65536).decode()
        return words in self.text

    def press_ctrl_c(self) -> None:
        """Interrupt the program, by the terminal's own means."""
        os.write(self._ours, b"\x03")

    def close(self) -> None:
        """Hang up."""
        os.close(self.terminal)
        os.close(self._ours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
