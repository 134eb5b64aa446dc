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
        longest_blocked_s: that its loop waited for something else than a CPU, such as
            a disk, a lock, or another thread's turn.
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
        self.longest_s = self.longest_run_s = self.longest_blocked_s = 0.0

    def _used(self) -> tuple[float, float]:
        """Seconds that the loop was on a CPU so far, and that it waited for one."""
        run_ns, waited_ns, _ = map(int, self._loop.read_text(encoding="ascii").split())
        return run_ns / 1e9, waited_ns / 1e9

    def _take(self, took_s: float, run_s: float, waited_s: float) -> None:
        self.longest_s = max(self.longest_s, took_s)
        self.longest_run_s = max(self.longest_run_s, run_s)
        blocked_s = took_s - run_s - waited_s
        self.longest_blocked_s = max(self.longest_blocked_s, blocked_s)

    def _ask(self) -> None:
        while not self._stop.wait(_EVERY_S):
            try:
                before, began_s = self._used(), time.monotonic()
                call(self._control, "status", {}, _LONGEST_S)
                took_s, after = time.monotonic() - began_s, self._used()
                self._take(took_s, after[0] - before[0], after[1] - before[1])
                written = self._status.stat().st_mtime_ns
            except FileNotFoundError:
                continue  # before the first tick, or it has ended
            self.ticks += written != self._written
            self._written = written
