"""How long a daemon's loop does not answer, and how many ticks it makes."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from monitor.client.calling import call
from monitor.client.statusfile import status_path

if TYPE_CHECKING:
    from tests.e2e.daemon import Daemon

_EVERY_S = 0.02
_LONGEST_S = 120


class Probe:
    """Asks a daemon again and again, from a thread; use it with `with`.

    Attributes:
        longest_s: that an answer took; on a loaded machine mostly waiting for a CPU.
        longest_run_s: that its loop was on a CPU meanwhile: its own work alone.
        ticks: how many it made; each writes the status file anew.
    """

    def __init__(self, daemon: Daemon) -> None:
        """Begin to ask with `with`.

        Args:
            daemon: a running one.
        """
        self._control, pid = daemon.control, daemon.process.pid
        self._loop = Path(f"/proc/{pid}/task/{pid}/schedstat")
        self._status = Path(status_path(daemon.control))
        self._thread = threading.Thread(target=self._ask)
        self._stop = threading.Event()
        self._written = 0
        self.ticks = 0
        self.reset()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def reset(self) -> None:
        """Forget what was longest."""
        self.longest_s = self.longest_run_s = 0.0

    def _run_s(self) -> float:
        """How long the loop was on a CPU so far (sched(7), in nanoseconds)."""
        return int(self._loop.read_text(encoding="ascii").split()[0]) / 1e9

    def _ask(self) -> None:
        while not self._stop.wait(_EVERY_S):
            try:
                run_s, began_s = self._run_s(), time.monotonic()
                call(self._control, "status", {}, _LONGEST_S)
                self.longest_s = max(self.longest_s, time.monotonic() - began_s)
                self.longest_run_s = max(self.longest_run_s, self._run_s() - run_s)
                written = self._status.stat().st_mtime_ns
            except FileNotFoundError:
                continue  # before the first tick, or it has ended
            self.ticks += written != self._written
            self._written = written
