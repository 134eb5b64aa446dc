"""A terminal of tmux, as a person's over SSH: what is on the screen, and keys."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Self

from tests.e2e.daemon import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Tmux:
    """One program on a screen of its own server."""

    def __init__(
        self, folder: Path, command: Sequence[str], columns: int = 80, lines: int = 24
    ) -> None:
        """Start it.

        Args:
            folder: for the server's socket.
            command: the program; its exit status is shown at its end.
            columns: of the screen.
            lines: of it.
        """
        self._socket = folder / "tmux"
        shell = f"{shlex.join(command)}; echo status $?; sleep 1000"
        size = ("-x", str(columns), "-y", str(lines))
        self._run("-f", "/dev/null", "new-session", "-d", *size, shell)

    def _run(self, *words: str) -> str:
        command = ["tmux", "-S", str(self._socket), *words]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout

    @property
    def screen(self) -> str:
        """What is on it now."""
        return self._run("capture-pane", "-p")

    def wait_for(self, words: str) -> str:
        """Wait until words are on the screen.

        Args:
            words: to look for.

        Returns:
            The whole screen.
        """
        try:
            wait_for(lambda: words in self.screen, words)
        except AssertionError as error:
            raise AssertionError(f"{error} on:\n{self.screen}") from None
        return self.screen

    def wait_until_gone(self, words: str) -> str:
        """Wait until words are no more on the screen.

        Args:
            words: to look for.

        Returns:
            The whole screen.
        """
        try:
            wait_for(lambda: words not in self.screen, f"the end of {words}")
        except AssertionError as error:
            raise AssertionError(f"{error} on:\n{self.screen}") from None
        return self.screen

    def press(self, *keys: str) -> None:
        """Type.

        Args:
            keys: by tmux's names.
        """
        self._run("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        """Give the screen another size."""
        self._run("resize-window", "-x", str(columns), "-y", str(lines))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._run("kill-server")
