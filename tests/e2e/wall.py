"""A wall clock that a test sets, and sleeps, without touching the machine's."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Wall:
    """The wall clock of programs that are started with it.

    Attributes:
        environ: for them.
        slept_s: how long the machine has slept.
    """

    def __init__(self, folder: Path) -> None:
        """Build it; it shows the true time at first."""
        library = folder / "clock.so"
        build = ("clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror")
        subprocess.run([*build, "-o", library, SOURCE], check=True)
        self.slept_s = 0
        self._file = folder / "wall"
        self._file.write_bytes(bytes(24))
        self._set = folder / "wall.set"
        os.mkfifo(self._set)
        self.environ = {
            "LD_PRELOAD": str(library),
            "ESIMMON_TEST_CLOCK": str(self._file),
        }

    def set(self, ahead_s: int, *, synchronised: bool) -> None:
        """Set it.

        Args:
            ahead_s: of the true time.
            synchronised: whether the kernel says that it is right.
        """
        self._write(0, struct.pack("=qq", ahead_s, synchronised))

    def sleep(self, all_s: int) -> None:
        """Let the machine have slept: CLOCK_MONOTONIC alone has stood still.

        Args:
            all_s: since the programs were started.
        """
        self.slept_s = all_s
        self._write(16, struct.pack("=q", all_s))

    def _write(self, at: int, what: bytes) -> None:
        with self._file.open("r+b") as file:  # in place: it is mapped
            file.seek(at)
            file.write(what)
        # The kernel tells programs that look out for it; nobody may be there.
        with contextlib.suppress(OSError):
            told = os.open(self._set, os.O_WRONLY | os.O_NONBLOCK)
            os.write(told, b"!")
            os.close(told)
