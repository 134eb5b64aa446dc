"""The kernel calls: its maps fill faster than the ticks come, or a quota is used up.

Counts: rows and owners born since the last read of all rows; bytes of the internet on
    devices with a quota (`wires.set_quotas`).
Unit: entries of the maps `rows` and `owners`, together; bytes of IP.
Scope: every network namespace, as the program; quotas are of the daemon's own.
Cost: an atomic addition for each birth; one look-up and one addition for each packet of
    a device, while any device has a quota.
Since: Linux 5.8 (ring buffer).
Source: kernel/bpf/ringbuf.c: the first page of a ring buffer holds how far its reader
    is, the second how far its writers are, each as a word at its beginning; the map's
    descriptor is readable while the two differ.
"""

from __future__ import annotations

import mmap
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitor.collectors.bpf.maps import Map

MOST_BIRTHS: Final = 8192
"""A quarter of the room for rows. What is read at once is held in memory at once."""
POSITION: Final = struct.Struct("=Q")
ROOM: Final = struct.Struct("=II")

_FIRST = (0).to_bytes(4, "little")
_NO_ROOM = ROOM.pack(0, 1)


class Wakeups:
    """A ring buffer that is readable when it is time to read all rows."""

    def __init__(self, ring: Map, room: Map) -> None:
        """Use two maps of a program; they stay the program's.

        Args:
            ring: `wakeups`.
            room: how many births there were, and how many there may be.
        """
        self._ring = ring
        self._room = room

    def fileno(self) -> int:
        """For selectors."""
        return self._ring.fd

    def arm(self, births: int) -> None:
        """Call after so many births from now on.

        Args:
            births: at least 1.

        Raises:
            SourceError: The kernel refused.
        """
        self._room.update(_FIRST, ROOM.pack(0, births))

    def take(self) -> bool:
        """What has called is heard: not readable any more until the next call.

        Returns:
            Whether as many were born as `arm` said; else a quota is used up.

        Raises:
            SourceError: The kernel refused.
        """
        size = mmap.PAGESIZE
        with (
            mmap.mmap(self._ring.fd, size, mmap.MAP_SHARED) as reader,
            mmap.mmap(
                self._ring.fd, size, mmap.MAP_SHARED, mmap.PROT_READ, offset=size
            ) as writers,
        ):
            reader[: POSITION.size] = writers[: POSITION.size]
        births, limit = ROOM.unpack(self._room.lookup(_FIRST) or _NO_ROOM)
        return bool(births >= limit)
