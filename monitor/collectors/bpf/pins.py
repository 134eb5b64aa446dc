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

from monitor.collectors.bpf.keeping import Kept, Place
from monitor.collectors.bpf.mounts import bpffs_root

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.collectors.bpf.libbpf import Library

_BUILDING, _CURRENT, _PREVIOUS = "building", "current", "previous"
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


class Pins(Kept):
    """One folder of pins.

    Attributes:
        folder: on bpffs; it need not exist.
    """

    def __init__(self, library: Library, folder: Path) -> None:
        """Look at a folder.

        Args:
            library: libbpf.
            folder: on bpffs.
        """
        super().__init__(library)
        self.folder = folder

    def make(self) -> None:
        """Make the folder.

        Raises:
            OSError: It cannot be made.
        """
        self.folder.mkdir(mode=_PRIVATE)

    def _put(self, name: str, fd: int) -> None:
        self._library.number("bpf_obj_pin", fd, os.fsencode(self.folder / name))

    def _open(self, name: str) -> int | None:
        path = os.fsencode(self.folder / name)
        try:
            return self._library.number("bpf_obj_get", path)
        except OSError:
            return None

    def _names(self) -> list[str]:
        try:
            return [pin.name for pin in self.folder.iterdir()]
        except FileNotFoundError:
            return []

    def _drop(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def _move(self, name: str, fd: int, heir: Kept) -> None:
        if isinstance(heir, Pins):  # in one step, whenever this process is killed
            (self.folder / name).rename(heir.folder / name)
        else:
            super()._move(name, fd, heir)

    def unpin(self) -> None:
        """Remove the pins alone: what is held open goes on counting."""
        for name in self._names():
            self._drop(name)
        with contextlib.suppress(FileNotFoundError):
            self.folder.rmdir()

    def remove(self) -> None:
        """Remove everything; the kernel frees what nobody holds open."""
        super().remove()
        with contextlib.suppress(FileNotFoundError):
            self.folder.rmdir()


class PinFolder(Place):
    """The folder of a store."""

    def __init__(self, library: Library, root: Path) -> None:
        """Look at a folder, and remove what a start that was killed left in it.

        Args:
            library: libbpf.
            root: from `prepare`.
        """
        self.current: Pins = Pins(library, root / _CURRENT)
        self.previous: Pins = Pins(library, root / _PREVIOUS)
        self.folder = root / _CURRENT
        self._root = root
        self._building = Pins(library, root / _BUILDING)
        self._building.remove()

    def begin(self) -> Kept:
        """Something empty for a program that is being set up."""
        return self._building

    def promote(self) -> None:
        """Rename the folders, see `Place`.

        A kill in between leaves no current program: the last counters of the previous
        one are read, and another is loaded.
        """
        current = self._root / _CURRENT
        if current.exists():
            current.rename(self._root / _PREVIOUS)
        self._building.folder.rename(current)

    def close(self) -> None:
        """Nothing is held open."""

    def leave(self) -> None:
        """Remove the folder, and the one above it, if they are empty."""
        with contextlib.suppress(OSError):
            self._root.rmdir()
            self._root.parent.rmdir()
