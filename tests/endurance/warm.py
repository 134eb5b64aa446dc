"""Daemons that start without importing anything: from a process that has it all.

A start of Python takes longer than all that a start does to files and to the kernel.
So most daemons of a series are forked from one process that has imported what they
need: what is left of a start is what a kill can hurt.

As a script it is that process: each line of its input is a daemon to start, as JSON,
and each line of its output the pid of one.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

from tests.e2e.daemon import Daemon, Esimmon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.places import Place

_NEEDED = (
    *("monitor.cli", "monitor.commands.run", "monitor.notifiers.freedesktop"),
    *("monitor.notifiers.desktop", "monitor.collectors.bpf.opening", "plyer"),
    *("sqlalchemy.dialects.sqlite", "apscheduler.schedulers.background"),
    *("apscheduler.triggers.cron", "jeepney.io.blocking", "psutil"),
)


class Forked:
    """A process whose parent is another one, as subprocess.Popen has its own."""

    def __init__(self, pid: int) -> None:
        """Take hold of a running process.

        Args:
            pid: of it; its parent reaps it whenever it ends.
        """
        self.pid = pid
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = -1

    def poll(self) -> int | None:
        """None while it runs; nobody here knows how it ended."""
        return self.wait(0) if self._handle < 0 or self._is_over(0) else None

    def _is_over(self, within_s: float) -> bool:
        return bool(select.select([self._handle], [], [], within_s)[0])

    def wait(self, within_s: float) -> int:
        """Wait for its end."""
        if self._handle >= 0:
            if not self._is_over(within_s):
                raise subprocess.TimeoutExpired("esimmon run", within_s)
            os.close(self._handle)
            self._handle = -1
        return -signal.SIGKILL

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._handle >= 0:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)


class WarmEsimmon(Esimmon):
    """The program, whose daemons begin like that; use it with `with`."""

    def __init__(self, folder: Path, place: Place) -> None:
        """Import all that daemons need, in that place.

        Args:
            folder: of all its files.
            place: where it runs.
        """
        super().__init__(folder, place)
        self._mother = subprocess.Popen(
            [*place.enter, place.python, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=place.environ,
        )
        self._ask({})

    def _ask(self, wanted: dict[str, Any]) -> int:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        print(json.dumps(wanted), file=self._mother.stdin, flush=True)
        return int(self._mother.stdout.readline())

    def warm(self) -> Daemon:
        """Start a daemon, and do not wait for it."""
        output = self.folder / f"daemon-{len(self.daemons)}"
        for suffix in (".out", ".err"):
            output.with_suffix(suffix).touch()
        command = self.command("run")
        arguments = command[command.index("run") :]
        pid = self._ask({"arguments": arguments, "output": str(output)})
        process = cast("subprocess.Popen[str]", Forked(pid))
        self.daemons.append(Daemon(process, self.control(), output))
        return self.daemons[-1]

    def close(self) -> None:
        """End what still runs, and leave nothing behind."""
        super().close()
        self._mother.communicate()


def _become(wanted: dict[str, Any]) -> None:
    """Be a daemon, in a process that was just forked."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, (suffix, flags) in enumerate(
        [("", os.O_RDONLY), (".out", os.O_WRONLY), (".err", os.O_WRONLY)]
    ):
        path = wanted["output"] + suffix if suffix else os.devnull
        opened = os.open(path, flags | os.O_CREAT, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    command_line = importlib.import_module("monitor.cli")
    os._exit(command_line.main(wanted["arguments"]))


def main() -> None:
    """Start what each line says, until there are no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
    for name in _NEEDED:
        importlib.import_module(name)
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork() if wanted else 0
        if wanted and not pid:
            _become(wanted)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
