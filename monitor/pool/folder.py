"""What is said in a pool's folder: by others, and by this device.

What was read is remembered while a file stays as it is; that saves reading, no more:
the daemon knows what it has, and the files are the truth of what was said.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from monitor.config.pool import DEVICE
from monitor.pool import places
from monitor.pool.founding import DEVICES
from monitor.pool.segments import MOST_BYTES, Whose, parse_name, scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.pool.records import Record
    from monitor.pool.segments import Scan

_Stamp = tuple[int, int, int]


class Life(NamedTuple):
    """A device in one of its lives, and the names of its segments in order."""

    device: str
    instance: str
    names: tuple[str, ...]


class _Known(NamedTuple):
    """What is remembered of a segment: all but what was said."""

    stamp: _Stamp
    summary: Scan
    last: int


class Folder:
    """The folder of a pool.

    Attributes:
        path: of it.
    """

    def __init__(self, path: Path) -> None:
        """Remember nothing yet.

        Args:
            path: of the folder.
        """
        self.path = path
        self._known: dict[tuple[str, str], _Known] = {}

    def lives(self) -> list[Life]:
        """Who said something here: all devices in all their lives, by name.

        Raises:
            PoolError: the folder cannot be read.
        """
        found: list[Life] = []
        with places.opened(self.path) as root:
            try:
                with places.below(root, DEVICES) as devices:
                    for name in places.names(devices):
                        if DEVICE.fullmatch(name):
                            found += _lives_of(devices, name)
            except FileNotFoundError:
                pass  # it was not synced yet
        return found

    @contextmanager
    def opened(self, device: str, *, make: bool = False) -> Iterator[int]:
        """The folder of a device.

        Args:
            device: its name.
            make: if it is not there.

        Yields:
            A descriptor of it.

        Raises:
            PoolError: it cannot be opened.
        """
        with ExitStack() as stack:
            root = stack.enter_context(places.opened(self.path))
            devices = stack.enter_context(places.below(root, DEVICES, make=make))
            yield stack.enter_context(places.below(devices, device, make=make))

    def scanned(self, folder: int, name: str, whose: Whose, above: int) -> Scan | None:
        """Read a segment, unless all of it is known.

        Args:
            folder: descriptor of its device's.
            name: of the segment.
            whose: whose it has to be.
            above: numbers up to this one are of no interest.

        Returns:
            What it says; without what was said where that is of no interest.
            None where it is gone, or no file that is read.
        """
        place = (whose.device, name)
        try:
            stamp = _stamp(os.stat(name, dir_fd=folder, follow_symlinks=False))
            known = self._known.get(place)
            if known is not None and known.stamp == stamp and known.last <= above:
                return known.summary
            content = places.read(folder, name, MOST_BYTES)
        except OSError:
            return None
        if content is None:
            return None
        found = scan(content, whose)
        summary = found._replace(records=found.records[-1:])
        self._known[place] = _Known(stamp, summary, found.last)
        return found


class Hearing:
    """What a device says beyond what is known of it, read while it is asked for.

    Attributes:
        reached: the highest number up to which nothing is missing.
        findings: what could not be taken, and where.
        life: who says it.
        member: whose device it says it is.
    """

    def __init__(self, folder: Folder, life: Life, pool: str, known: int) -> None:
        """Prepare.

        Args:
            folder: where it says it.
            life: who.
            pool: the pool's id.
            known: up to which number it is known.
        """
        self.reached = known
        self.findings: list[str] = []
        self.life = life
        self.member = ""
        self._folder = folder
        self._whose = Whose(pool, life.device, life.instance)

    def __iter__(self) -> Iterator[Record]:
        """Read.

        Yields:
            Records, their numbers rising.

        Raises:
            PoolError: the folder cannot be read.
        """
        with self._folder.opened(self.life.device) as folder:
            for name in self.life.names:
                found = self._folder.scanned(folder, name, self._whose, self.reached)
                if found is not None:
                    yield from self._taken(name, found)

    def _taken(self, name: str, found: Scan) -> Iterator[Record]:
        place = f"{self.life.device}/{name}"
        if found.finding:
            self.findings.append(f"{place}: {found.finding}")
        if found.after is None:
            return
        self.member = found.member
        if found.after > self.reached:
            self.findings.append(f"{place}: waits for what comes before it")
            return
        for number, record in found.records:
            if number > self.reached:
                self.reached = number
                if record is not None:
                    yield record


def _lives_of(devices: int, device: str) -> list[Life]:
    by_instance: dict[str, list[tuple[int, str]]] = {}
    try:
        with places.below(devices, device) as folder:
            for name in places.names(folder):
                parsed = parse_name(name)
                if parsed is not None:
                    by_instance.setdefault(parsed[0], []).append((parsed[1], name))
    except OSError:
        return []  # a file, a link, or one that this user may not enter
    return [
        Life(device, instance, tuple(name for _, name in sorted(found)))
        for instance, found in sorted(by_instance.items())
    ]


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_ino, found.st_size, found.st_mtime_ns
