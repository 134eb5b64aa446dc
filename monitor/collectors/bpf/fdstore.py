"""Maps and links that outlive the process: kept by the service manager.

For a service that may not write to bpffs. systemd holds the descriptors over a restart,
a crash and a watchdog's kill, gives them to the next process, and closes them when the
service is stopped: the kernel stops counting then. Names are `NUMBER.NAME`, with a
number for each program, the highest for the newest. The map `identity` is sent last:
a program without it is one whose start was killed.

Scope: until the service is stopped, FileDescriptorStoreMax= of them. A manager that
    takes none, or fewer, does not say so: counting ends with the process then.
Privilege: none.
Source: sd_notify(3), FDSTORE; sd_listen_fds(3); systemd.service(5).
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from monitor import sdnotify
from monitor.collectors.bpf.keeping import Kept, Place
from monitor.collectors.bpf.pins import PinFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from monitor.collectors.bpf.libbpf import Library

_LAST = "identity"
_NAME = re.compile(r"(\d{1,9})\.(\w+)", re.ASCII)


def find_place(library: Library, make_folder: Callable[[], Path]) -> Place:
    """Where the programs of a store are kept: where they were, else on bpffs.

    Args:
        library: libbpf.
        make_folder: makes the store's folder on bpffs.

    Returns:
        The manager's place if it gave something back, or where bpffs is closed.

    Raises:
        OSError: That folder cannot be made, and there is no manager.
    """
    received = sdnotify.take_kept()
    if received:
        return ServiceManager(library, received)
    try:
        return PinFolder(library, make_folder())
    except OSError:
        if not sdnotify.is_managed():
            raise
    return ServiceManager(library, ())


class Deposits(Kept):
    """What the manager keeps of one program, with descriptors of our own to it."""

    def __init__(self, library: Library, number: int) -> None:
        """Begin with nothing.

        Args:
            library: libbpf.
            number: of the program.
        """
        super().__init__(library)
        self.number = number
        self._descriptors: dict[str, int] = {}

    def receive(self, name: str, fd: int) -> None:
        """Own what the manager gave back, and keeps still.

        Args:
            name: without the number.
            fd: the descriptor.
        """
        self._descriptors[name] = fd

    def make(self) -> None:
        """There is always room, as far as we know."""

    def is_complete(self) -> bool:
        """Whether its start came to an end."""
        return _LAST in self._descriptors

    def complete(self) -> None:
        """Say that all is kept: its start has come to an end."""
        self._send(_LAST)

    def close(self) -> None:
        """Close our own descriptors."""
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    def _send(self, name: str) -> None:
        # Whether it arrives or not, our own descriptors keep the program counting.
        sdnotify.keep(f"{self.number}.{name}", self._descriptors[name])

    def _put(self, name: str, fd: int) -> None:
        self._descriptors[name] = os.dup(fd)
        if name != _LAST:
            self._send(name)

    def _open(self, name: str) -> int | None:
        return os.dup(self._descriptors[name]) if name in self._descriptors else None

    def _names(self) -> list[str]:
        return list(self._descriptors)

    def _drop(self, name: str) -> None:
        if name in self._descriptors:
            sdnotify.drop(f"{self.number}.{name}")
            os.close(self._descriptors.pop(name))


class ServiceManager(Place):
    """The manager that started this process."""

    outlives_a_stop = False

    def __init__(self, library: Library, received: Iterable[tuple[str, int]]) -> None:
        """Sort what was given back; what nobody needs any more is dropped.

        Args:
            library: libbpf.
            received: names and descriptors, owned from now on.
        """
        self._library = library
        self._programs: dict[int, Deposits] = {}
        for name, fd in received:
            parts = _NAME.fullmatch(name)
            if parts is None:  # of another version
                sdnotify.drop(name)
                os.close(fd)
                continue
            self._numbered(int(parts[1])).receive(parts[2], fd)
        complete = []
        for number in sorted(self._programs):
            one = self._programs[number]
            if one.is_complete():
                complete.append(one)
            else:
                one.remove()
        nothing = Deposits(library, 0)
        self._current = complete.pop() if complete else nothing
        self.current = self._current
        self.previous = complete.pop() if complete else nothing
        for one in complete:
            one.remove()

    def _numbered(self, number: int) -> Deposits:
        return self._programs.setdefault(number, Deposits(self._library, number))

    def begin(self) -> Kept:
        """Something empty for a program that is being set up."""
        self._building = self._numbered(max(self._programs, default=0) + 1)
        return self._building

    def promote(self) -> None:
        """Say that it is complete, see `Place`: with one message it is."""
        self._building.complete()
        if self._current.is_complete():
            self.previous = self._current
        self.current = self._current = self._building

    def close(self) -> None:
        """Let go of what this process holds open; what is kept stays kept."""
        for one in self._programs.values():
            one.close()

    def leave(self) -> None:
        """There is nothing to remove but what is open."""
        self.close()
