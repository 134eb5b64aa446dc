"""Threads of one process write one after the other, in the order in which they came.

SQLite's own waiting looks again every now and then, up to 100 ms apart. A job that
takes step after step leaves so little time between two of them that a flush missed it
again and again (measured: 0.9 s), while the daemon's loop stood still.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """Whose turn it is to write; other processes are kept out by the writer's lock."""

    def __init__(self) -> None:
        """Begin with nobody's."""
        # Who waits for the room holds the door: a job that comes back is behind it.
        self._door = threading.Lock()
        self._room = threading.Lock()

    @contextmanager
    def take(self, wait_s: float) -> Iterator[None]:
        """Wait for a turn, and have it.

        Args:
            wait_s: how long at most. A job that waits for another program's lock has
                its turn for longer: then SQLite says that it is busy.
        """
        until_s = time.monotonic() + wait_s
        has_room = False
        if self._door.acquire(timeout=wait_s):
            try:
                left_s = max(0.0, until_s - time.monotonic())
                has_room = self._room.acquire(timeout=left_s)
            finally:
                self._door.release()
        try:
            yield
        finally:
            if has_room:
                self._room.release()
