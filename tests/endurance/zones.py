"""Time zones that a test makes: a machine that travels, a clock change in a minute."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOUR_S = 3600

_HEADER = struct.Struct(">4s1s15x6l")  # RFC 8536, section 3.1


class Zone:
    """What TZ names for a program: a file or link that a test changes.

    Attributes:
        environ: for the program.
        past_the_hour_s: how long after a full hour of its clocks one of UTC comes.
    """

    def __init__(self, folder: Path) -> None:
        """Begin in UTC."""
        self.past_the_hour_s = 0
        self._path = folder / "localtime"
        self.environ = {"TZ": f":{self._path}"}
        self.travel("UTC")

    def travel(self, name: str) -> None:
        """Be in another place, as `timedatectl set-timezone` does.

        Args:
            name: of the zone.
        """
        self._replace(lambda new: new.symlink_to(f"/usr/share/zoneinfo/{name}"))
        ahead = datetime.now(ZoneInfo(name)).utcoffset() or timedelta()
        self.past_the_hour_s = int(ahead.total_seconds()) % HOUR_S

    def change(self, at_s: int, before_s: int, after_s: int) -> None:
        """Be where the clocks are changed once.

        Args:
            at_s: UTC second of the change.
            before_s: how far ahead of UTC they are until then.
            after_s: and from then on.
        """
        names = b"OLD\0NEW\0"
        self.past_the_hour_s = 0
        types = struct.pack(">lBB", before_s, 0, 0) + struct.pack(">lBB", after_s, 1, 4)
        counts = (0, 0, 0, 1, 2, len(names))
        old = _HEADER.pack(b"TZif", b"2", 0, 0, 0, 0, 1, 4) + bytes(6) + b"UTC\0"
        new = _HEADER.pack(b"TZif", b"2", *counts)
        new += struct.pack(">qB", at_s, 1) + types + names + b"\n\n"
        self._replace(lambda path: path.write_bytes(old + new))

    def _replace(self, make: Callable[[Path], object]) -> None:
        fresh = self._path.with_name("localtime.new")
        make(fresh)
        fresh.replace(self._path)
