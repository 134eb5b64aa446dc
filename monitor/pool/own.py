"""What this device has said in the folder, and what it says next.

Nobody else writes these files, and this one only appends: whole lines, on disk before
the next. What cannot be continued, because a write was cut short or a tool that syncs
brought back an older file, is left as it is, and the next segment says where it goes
on.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from monitor.errors import PoolError
from monitor.pool import places
from monitor.pool.budget import Spoken, spoken
from monitor.pool.records import VERSION, Header, Word, as_line
from monitor.pool.segments import (
    MOST_BYTES,
    SEGMENT_BYTES,
    parse_name,
    scan,
    segment_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.pool.folder import Folder
    from monitor.pool.records import Record
    from monitor.pool.segments import Whose

_NS_PER_S = 1_000_000_000
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class _Digest(NamedTuple):
    """What matters of one of the own segments while it stays as it is."""

    stamp: tuple[int, int, int]
    after: int | None
    last: int
    is_whole: bool
    spoken: tuple[Spoken, ...]
    began_s: int | None


class Own:
    """The own files, from round to round."""

    def __init__(self, folder: Folder) -> None:
        """Know nothing yet.

        Args:
            folder: of the pool.
        """
        self._folder = folder
        self._digests: dict[tuple[Whose, str], _Digest] = {}

    @contextmanager
    def speaking(self, whose: Whose, member: str) -> Iterator[Speaker]:
        """Be the one who writes as this device.

        Args:
            whose: this device.
            member: whose device it is.

        Yields:
            What writes.

        Raises:
            PoolError: another process does, or the folder cannot be used.
        """
        with self._folder.opened(whose.device, make=True) as folder:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PoolError(
                    f"{self._folder.path}: another esimmon writes there for "
                    f"{whose.device} right now."
                ) from None
            except OSError:
                pass  # a file system without locks: there is one relay a device
            yield Speaker(folder, whose, member, self._digested(folder, whose))

    def spoken(self, whose: Whose) -> list[Spoken]:
        """What was written, and when.

        Args:
            whose: this device.

        Raises:
            PoolError: the folder cannot be used.
            OSError: as long as nothing was written.
        """
        with self._folder.opened(whose.device) as folder:
            found = self._digested(folder, whose)
        return [each for digest in found.values() for each in digest.spoken]

    def _digested(self, folder: int, whose: Whose) -> dict[str, _Digest]:
        found = {}
        for name in places.names(folder):
            parsed = parse_name(name)
            if parsed is None or parsed[0] != whose.instance:
                continue
            of_file = os.stat(name, dir_fd=folder, follow_symlinks=False)
            stamp = of_file.st_ino, of_file.st_size, of_file.st_mtime_ns
            digest = self._digests.get((whose, name))
            if digest is None or digest.stamp != stamp:
                digest = _digest(folder, name, whose, stamp)
            found[name] = digest
        self._digests = {(whose, name): each for name, each in found.items()}
        return found


class Speaker:
    """Appends what this device says.

    Attributes:
        reached: the highest number that stands here.
        began_s: when this life of the device gave its first word; None for not yet.
        spoken: what was written, and when.
    """

    def __init__(
        self, folder: int, whose: Whose, member: str, digests: dict[str, _Digest]
    ) -> None:
        """Find out what stands there.

        Args:
            folder: descriptor of the device's folder.
            whose: the device.
            member: whose device it is.
            digests: of its segments, in order.
        """
        self._folder = folder
        self._whose = whose
        self._member = member
        self._last: str | None = None
        self._can_go_on = False
        self.reached = 0
        self.began_s: int | None = None
        self.spoken: list[Spoken] = []
        for name, each in digests.items():
            self.spoken += each.spoken
            is_sequel = each.after is not None and each.after <= self.reached
            if is_sequel:
                self.reached = max(self.reached, each.last)
                self.began_s = each.began_s if self.began_s is None else self.began_s
            self._last = name
            is_end = is_sequel and each.is_whole and each.last == self.reached
            self._can_go_on = is_end and each.stamp[1] < SEGMENT_BYTES

    def sizes(self, records: Sequence[Record]) -> list[int]:
        """How many bytes each of some records will take.

        Args:
            records: as for `say`.
        """
        sizes = [len(as_line(each)) for each in records]
        if sizes and not self._can_go_on:
            sizes[0] += len(as_line(self._header()))
        return sizes

    def say(self, records: Sequence[Record]) -> int:
        """Write records, each of a number above what stands here.

        Args:
            records: their numbers rising.

        Returns:
            Bytes written.

        Raises:
            OSError: nothing of the last of them was, as far as the disk lets us.
        """
        written = 0
        while records:
            descriptor, size = self._opened()
            with os.fdopen(descriptor, "wb", buffering=0):
                lines, begun = [], size
                if not size:
                    lines.append(as_line(self._header()))
                    begun += len(lines[0])
                count = 0
                for record in records:
                    if begun >= SEGMENT_BYTES:
                        break
                    lines.append(as_line(record))
                    begun += len(lines[-1])
                    count += 1
                _append(descriptor, b"".join(lines), size)
            written += begun - size
            self._can_go_on = begun < SEGMENT_BYTES
            self.reached = records[count - 1].n
            records = records[count:]
        return written

    def _header(self) -> Header:
        pool, device, instance = self._whose
        return Header(VERSION, pool, device, instance, self._member, self.reached)

    def _opened(self) -> tuple[int, int]:
        """The segment that goes on, and its size; 0 for a new one."""
        if self._last is not None and self._can_go_on:
            descriptor = os.open(self._last, _APPEND, dir_fd=self._folder)
            return descriptor, os.fstat(descriptor).st_size
        parsed = None if self._last is None else parse_name(self._last)
        number = 1 if parsed is None else parsed[1] + 1
        self._last = segment_name(self._whose.instance, number)
        self._can_go_on = False
        return places.make(self._folder, self._last), 0


def _digest(
    folder: int, name: str, whose: Whose, stamp: tuple[int, int, int]
) -> _Digest:
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return _Digest(stamp, None, 0, is_whole=False, spoken=(), began_s=None)
    content = places.read(folder, name, MOST_BYTES) or b""
    found = scan(content, whose)
    changed_s = stamp[2] // _NS_PER_S
    words = (each.at_s for _, each in found.records if isinstance(each, Word))
    return _Digest(
        stamp,
        found.after,
        found.last,
        found.is_whole,
        tuple(spoken(found.records, content.find(b"\n") + 1, changed_s)),
        next(words, None),
    )


def _append(descriptor: int, content: bytes, size: int) -> None:
    """Write all of it and have it on disk, or leave the file as it was.

    Raises:
        OSError: the disk is full, or worse.
    """
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise
