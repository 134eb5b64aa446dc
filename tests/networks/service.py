"""A program in a pid namespace of its own, with signals from outside."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.desktop.stack import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_S: Final = 30


class Service:
    """A program on the stage.

    Attributes:
        pid: of it, as this side knows it.
    """

    def __init__(
        self, command: Sequence[str], environ: dict[str, str], log: Path
    ) -> None:
        """Start it.

        Args:
            command: what brings it there, and its own.
            environ: its environment.
            log: where it says what it has to say.
        """
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        # nsenter stays outside of the pid namespace, and waits for its only child.
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        self.pid = int(wait_for(children.read_text, f"{command[-1]} to start"))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)
        if number == signal.SIGCONT:  # nsenter has stopped with it
            self._process.send_signal(number)

    def stop(self) -> None:
        """End it as a service manager does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a chance to do anything."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):  # it just ended, as without a bus
                self.send(signal.SIGCONT)
                self.send(number)
        self._process.wait(PATIENCE_S)
