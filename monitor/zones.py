"""The machine's time zone, as the C library finds it: TZ, else /etc/localtime.

Own code because tzlocal costs 24 ms of a report (it is here through APScheduler), and
refuses to answer where /etc/timezone, which the C library never reads, disagrees.
"""

from __future__ import annotations

import io
import os
import stat
import struct
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCALTIME = Path("/etc/localtime")  # localtime(5)
_DATABASE = "/zoneinfo/"
_UTC = "UTC"
_LARGEST_BYTES = 65_536  # the largest of the database has 4 kB
# What zoneinfo raises of a file that is none, in either of its implementations.
_BROKEN = (
    *(KeyError, ValueError, OSError, struct.error, IndexError, AssertionError),
    *(OverflowError, EOFError, TypeError, MemoryError),
)


def local_zone(environ: Mapping[str, str], localtime: Path = _LOCALTIME) -> ZoneInfo:
    """Find the time zone in which people here live.

    Args:
        environ: the environment (`TZ`).
        localtime: the machine's zone file, usually a link into the database.

    Returns:
        The zone; UTC when there is none, or TZ names none.
    """
    given = environ.get("TZ")
    try:
        if given is None:
            return _of_file(localtime)
        name = given.removeprefix(":")
        return _of_file(Path(name)) if name.startswith("/") else ZoneInfo(name or _UTC)
    except _BROKEN:
        return ZoneInfo(_UTC)


def _of_file(path: Path) -> ZoneInfo:
    """What it was at the last call, unless the link or the file is another one now."""
    states = [path.lstat()]
    with suppress(OSError):  # Python may have a zone that the system lacks
        states.append(path.stat())
    return _found(path, *((each.st_ino, each.st_mtime_ns) for each in states))


@lru_cache(maxsize=1)
def _found(path: Path, *_states: tuple[int, int]) -> ZoneInfo:
    """By the name that a link leads to; else the content, without a name."""
    _, found, name = os.path.realpath(path).partition(_DATABASE)
    if found:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError):
            pass  # a database beside that of Python: its files are as good
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(path)
        content = _Content(file.read(_LARGEST_BYTES))
    return ZoneInfo.from_file(content, key="localtime")


class _Content(io.BytesIO):
    """A file of which nobody asks for more than is there.

    zoneinfo makes room for any length that a file claims, and waits for the end of a
    line for ever where there is none.
    """

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if size and size > 0 and not found:
            raise EOFError("cut short")
        return found


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a FIFO that nobody writes
