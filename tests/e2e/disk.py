"""A disk that fails one program when a test says so, without touching the machine's."""

from __future__ import annotations

import errno
import struct
import subprocess
from enum import IntFlag
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("faults.c")

KILL: Final = 0
"""In place of an error: the program is ended, as by kill -9, before the call."""

_NUMBERS: Final = struct.Struct("=6q")
_SIZE: Final = _NUMBERS.size + 256
_EVER: Final = 1 << 60


class Call(IntFlag):
    """Kinds of calls of the C library, by what they do to a file."""

    READ = 1
    WRITE = 2
    SYNC = 4
    TRUNCATE = 8
    RENAME = 16
    UNLINK = 32
    OPEN = 64


CHANGES: Final = Call.WRITE | Call.SYNC | Call.TRUNCATE | Call.RENAME | Call.UNLINK
ALL: Final = CHANGES | Call.READ | Call.OPEN


class FailingDisk:
    """Answers errors to the programs that are started with it.

    Attributes:
        environ: for them.
    """

    def __init__(self, folder: Path) -> None:
        """Build it; nothing fails at first.

        Args:
            folder: for the library and its orders.
        """
        library = folder / "faults.so"
        build = ("clang", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror")
        subprocess.run([*build, "-o", library, SOURCE, "-ldl"], check=True)
        self._file = folder / "fault"
        self._file.write_bytes(bytes(_SIZE))
        self.environ = {
            "LD_PRELOAD": str(library),
            "ESIMMON_TEST_FAULT": str(self._file),
        }

    def fail(
        self,
        calls: Call,
        part: str,
        *,
        error: int = errno.EIO,
        skipped: int = 0,
        most: int = _EVER,
    ) -> None:
        """Let calls fail from now on.

        Args:
            calls: which.
            part: of the path of a file.
            error: what they answer, or `KILL`.
            skipped: how many succeed before.
            most: how many fail; then all succeed again.
        """
        self.heal()
        numbers = _NUMBERS.pack(0, error, skipped, most, 0, 0)
        self._write(0, numbers + part.encode().ljust(256, b"\0"))
        self._write(0, struct.pack("=q", calls))  # the last: now it counts

    def watch(self, calls: Call, part: str) -> None:
        """Count calls, and let none fail; arguments as of `fail`."""
        self.fail(calls, part, most=0)

    def heal(self) -> None:
        """Let nothing fail."""
        self._write(0, bytes(8))

    @property
    def seen(self) -> int:
        """How many calls there were since the last order."""
        return self._numbers()[4]

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return self._numbers()[5]

    def _numbers(self) -> tuple[int, ...]:
        return _NUMBERS.unpack(self._file.read_bytes()[: _NUMBERS.size])

    def _write(self, at: int, what: bytes) -> None:
        with self._file.open("r+b") as file:  # in place: it is mapped
            file.seek(at)
            file.write(what)
