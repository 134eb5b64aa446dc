"""What a person sees on a terminal."""

from __future__ import annotations

import contextlib
import os

from tests.e2e.daemon import wait_for


class Screen:
    """What a terminal shows.

    Attributes:
        text: all that came.
    """

    def __init__(self, descriptor: int) -> None:
        self.text = ""
        self._descriptor = descriptor
        os.set_blocking(descriptor, False)

    def wait_for(self, words: str) -> None:
        """Read until these words were shown."""
        wait_for(lambda: self._has(words), words)

    def _has(self, words: str) -> bool:
        with contextlib.suppress(BlockingIOError, OSError):  # EIO: all have closed it
            self.text += os.read(self._descriptor, 65536).decode()
        return words in self.text
