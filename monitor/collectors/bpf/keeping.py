"""Maps and links that outlive the process, wherever they are kept.

A store has a place with up to three programs in it: one that is being set up, the
`current` one, which counts, and the `previous` one, which was replaced, until its last
counters are surely in the store. Places: a folder on bpffs (pins.py), or the service
manager (fdstore.py).
"""

from __future__ import annotations

import contextlib
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from monitor.collectors.bpf.loading import close_maps, map_sizes
from monitor.collectors.bpf.maps import Map

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitor.collectors.bpf.libbpf import Library

_LINK = "link_"


class Kept(ABC):
    """What is kept of one program: its maps and links by name."""

    def __init__(self, library: Library) -> None:
        """Begin with a library.

        Args:
            library: libbpf.
        """
        self._library = library

    @abstractmethod
    def make(self) -> None:
        """Make room for a program that is being set up.

        Raises:
            OSError: There is none.
        """

    @abstractmethod
    def _put(self, name: str, fd: int) -> None:
        """Keep a descriptor; the caller closes its own."""

    @abstractmethod
    def _open(self, name: str) -> int | None:
        """A descriptor of the caller's own; None when there is no such name."""

    @abstractmethod
    def _names(self) -> list[str]:
        """All names."""

    @abstractmethod
    def _drop(self, name: str) -> None:
        """Keep it no longer, if it is there."""

    def keep_maps(self, maps: Iterable[Map]) -> None:
        """Keep maps under their names.

        Args:
            maps: which; their descriptors stay the caller's.

        Raises:
            OSError: It was refused.
        """
        for one in maps:
            self._put(one.name, one.fd)

    def keep_link(self, fd: int, program: str) -> None:
        """Keep the link of a program, and close the descriptor.

        Args:
            fd: of the link.
            program: its name.

        Raises:
            OSError: It was refused.
        """
        self._put(_LINK + program, fd)
        os.close(fd)

    def open_maps(self) -> dict[str, Map] | None:
        """Open all maps.

        Returns:
            Maps by name, or None when one is missing.
        """
        opened: dict[str, Map] = {}
        for name, sizes in map_sizes(self._library).items():
            fd = self._open(name)
            if fd is None:
                close_maps(opened.values())
                return None
            opened[name] = Map(self._library, fd, name, sizes)
        return opened

    def has_links(self, programs: Iterable[str]) -> bool:
        """Whether the links of all these programs are there.

        Args:
            programs: names.
        """
        return {_LINK + program for program in programs} <= set(self._names())

    def open_link(self, program: str) -> int | None:
        """A descriptor of the caller's own of a program's link.

        Args:
            program: its name.

        Returns:
            The descriptor; None when there is no such link.
        """
        return self._open(_LINK + program)

    def hand_over(self, program: str, program_fd: int, heir: Kept) -> bool:
        """Let another program run in a link, from one packet to the next, and move it.

        Args:
            program: name of both programs.
            program_fd: the other one.
            heir: what the link belongs to from now on.

        Returns:
            False when the kernel cannot: then the link is as it was.
        """
        link = self.open_link(program)
        if link is None:
            return False
        try:
            self._library.number("bpf_link_update", link, program_fd, None)
        except OSError:
            return False
        else:
            self._move(_LINK + program, link, heir)
        finally:
            os.close(link)
        return True

    def _move(self, name: str, fd: int, heir: Kept) -> None:
        self._drop(name)
        heir._put(name, fd)

    def keep_in(self, heir: Kept) -> None:
        """Keep all of it in another place as well.

        Args:
            heir: an empty one.

        Raises:
            OSError: It was refused.
        """
        for name in self._names():
            fd = self._open(name)
            if fd is not None:
                heir._put(name, fd)
                os.close(fd)

    def remove_link(self, program: str) -> None:
        """Detach a program, if it is attached.

        Args:
            program: its name.
        """
        link = self.open_link(program)
        if link is not None:
            # At once, where the kernel can (cgroups); else when all let go of it.
            with contextlib.suppress(OSError):
                self._library.number("bpf_link_detach", link)
            os.close(link)
        self._drop(_LINK + program)

    def detach(self) -> None:
        """Remove the links, so that nothing counts into these maps any more."""
        for name in self._names():
            if name.startswith(_LINK):
                self.remove_link(name.removeprefix(_LINK))

    def remove(self) -> None:
        """Remove everything; the kernel frees what nobody holds open."""
        self.detach()
        for name in self._names():
            self._drop(name)


class Place(ABC):
    """Where the programs of a store are kept.

    Attributes:
        current: the program that counts; empty when there is none.
        previous: the program that it replaced; empty when there is none.
        folder: where people find the current one, if it is in a file system.
        outlives_a_stop: False where everything is dropped when the service is stopped.
    """

    current: Kept
    previous: Kept
    folder: Path | None = None
    outlives_a_stop: bool = True

    @abstractmethod
    def begin(self) -> Kept:
        """Something empty for a program that is being set up."""

    @abstractmethod
    def promote(self) -> None:
        """The one that was begun is complete: it is the current one from now on.

        What was current, if anything, is the previous one; nothing may be that yet.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of what this process holds open; what is kept stays kept."""

    @abstractmethod
    def leave(self) -> None:
        """Remove the place itself, if nothing is in it."""
