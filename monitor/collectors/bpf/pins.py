"""Maps and links that outlive the process: pinned in a BPF file system.

A store has a folder `<bpffs>/esimmon/<name>` with up to three folders in it: `building`
while a program is being set up, `current` for the one that counts (renamed into place
when it is complete), `previous` for the maps of one that was replaced, until its last
counters are surely in the store.

Scope: until the next boot. A pinned link keeps its program attached.
Privilege: a folder on bpffs that one may write to; root makes and mounts it.
Source: kernel/bpf/inode.c (a name with a dot in it is refused), man 2 mount.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from monitor.collectors.bpf.loading import close_maps, map_sizes
from monitor.collectors.bpf.maps import Map
from monitor.collectors.bpf.mounts import bpffs_root

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitor.collectors.bpf.libbpf import Library

BUILDING, CURRENT, PREVIOUS = "building", "current", "previous"

_LINK = "link_"
_PRIVATE = 0o700


def prepare(bpffs: Path, mountinfo: Path, proc: Path, name: str) -> Path:
    """Make the folder for a store's pins, mounting bpffs if nobody did.

    Args:
        bpffs: where it is, or should be.
        mountinfo: a file like /proc/self/mountinfo.
        proc: where procfs is; the mounts of ancestors are asked next.
        name: of the store.

    Returns:
        The folder.

    Raises:
        OSError: It cannot be made; say so and go on without pins.
    """
    root = bpffs_root(mountinfo, proc, bpffs)
    folder = root / "esimmon" / name
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    # bpffs may be writable for all: what another user made cannot be relied on.
    if folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user")
    if folder.parent.stat().st_uid not in {0, os.geteuid()}:
        raise PermissionError(f"{folder.parent} belongs to another user")
    return folder


def tidy(folder: Path) -> None:
    """Remove a store's folder, and the one above it, if they are empty.

    Args:
        folder: from `prepare`.
    """
    with contextlib.suppress(OSError):
        folder.rmdir()
        folder.parent.rmdir()


class Pins:
    """One folder of pins."""

    def __init__(self, library: Library, folder: Path) -> None:
        """Look at a folder, which need not exist.

        Args:
            library: libbpf.
            folder: on bpffs.
        """
        self.folder = folder
        self._library = library

    def make(self) -> None:
        """Make the folder.

        Raises:
            OSError: It cannot be made.
        """
        self.folder.mkdir(mode=_PRIVATE)

    def pin_maps(self, maps: Iterable[Map]) -> None:
        """Pin maps under their names.

        Args:
            maps: which.

        Raises:
            OSError: The kernel refused.
        """
        for one in maps:
            self._pin(one.fd, one.name)

    def pin_link(self, fd: int, program: str) -> None:
        """Pin the link of a program, and close its descriptor.

        Args:
            fd: of the link.
            program: its name.

        Raises:
            OSError: The kernel refused.
        """
        self._pin(fd, _LINK + program)
        os.close(fd)

    def _pin(self, fd: int, name: str) -> None:
        self._library.number("bpf_obj_pin", fd, os.fsencode(self.folder / name))

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

    def _open(self, name: str) -> int | None:
        path = os.fsencode(self.folder / name)
        try:
            return self._library.number("bpf_obj_get", path)
        except OSError:
            return None

    def has_links(self, programs: Iterable[str]) -> bool:
        """Whether the links of all these programs are there.

        Args:
            programs: names.
        """
        return all((self.folder / (_LINK + name)).exists() for name in programs)

    def hand_over(self, program: str, program_fd: int, heir: Pins) -> bool:
        """Let another program run in a link, from one packet to the next, and move it.

        Args:
            program: name of both programs.
            program_fd: the other one.
            heir: where the pin of the link belongs from now on.

        Returns:
            False when the kernel cannot: then the link is as it was.
        """
        link = self._open(_LINK + program)
        if link is None:
            return False
        try:
            self._library.number("bpf_link_update", link, program_fd, None)
        except OSError:
            return False
        finally:
            os.close(link)
        (self.folder / (_LINK + program)).rename(heir.folder / (_LINK + program))
        return True

    def remove_link(self, program: str) -> None:
        """Detach a program, if it is attached.

        Args:
            program: its name.
        """
        link = self._open(_LINK + program)
        if link is not None:
            # At once, where the kernel can (cgroups); else a moment after unlink.
            with contextlib.suppress(OSError):
                self._library.number("bpf_link_detach", link)
            os.close(link)
        (self.folder / (_LINK + program)).unlink(missing_ok=True)

    def detach(self) -> None:
        """Remove the links, so that nothing counts into these maps any more."""
        for pin in self._list(_LINK):
            self.remove_link(pin.name.removeprefix(_LINK))

    def remove(self) -> None:
        """Remove everything; the kernel frees what nobody holds open."""
        self.detach()
        for pin in self._list(""):
            pin.unlink()
        with contextlib.suppress(FileNotFoundError):
            self.folder.rmdir()

    def _list(self, prefix: str) -> list[Path]:
        try:
            return [pin for pin in self.folder.iterdir() if pin.name.startswith(prefix)]
        except FileNotFoundError:
            return []

    def rename(self, name: str) -> None:
        """Give the folder another name beside it, where nothing is yet.

        Args:
            name: `current` or `previous`.
        """
        self.folder = self.folder.rename(self.folder.with_name(name))
