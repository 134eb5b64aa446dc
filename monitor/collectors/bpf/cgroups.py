"""Where the cgroup v2 hierarchy is, and which path an id of it has.

Scope: the hierarchy as this mount namespace sees it; in a container, its own part.
Privilege: none; the tree is world-readable.
Cost: one walk over all directories when an id is asked for that is not known yet; ids
    are kept. The eBPF program writes paths down itself: only one that is longer than
    256 bytes is looked for here.
Source: man 5 proc (mountinfo); kernel Documentation/admin-guide/cgroup-v2.rst. The id
    is the inode number of the directory (fs/kernfs/dir.c).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.collectors.bpf.mounts import find
from monitor.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOUNTS = Path("/proc/self/mountinfo")
_PROC = Path("/proc")


def find_root(mountinfo: Path = _MOUNTS, proc: Path = _PROC) -> Path:
    """The root of cgroup v2: /sys/fs/cgroup, or its folder `unified` on hybrid systems.

    Args:
        mountinfo: a file like /proc/self/mountinfo.
        proc: where procfs is; the mounts of ancestors are asked next.

    Returns:
        The mount point.

    Raises:
        UnsupportedError: No cgroup v2 is mounted.
    """
    found = find(mountinfo, proc, "cgroup2")
    if not found:
        raise UnsupportedError(
            f"Counting per process needs cgroup v2; {mountinfo} has no such mount.",
            remedy="Boot with systemd.unified_cgroup_hierarchy=1, or mount it: "
            "mount -t cgroup2 none /sys/fs/cgroup",
        )
    return found[0]


class CgroupPaths:
    """Paths of cgroups by id, as far as they still exist."""

    def __init__(self, root: Path) -> None:
        """Start with nothing known.

        Args:
            root: the mount point of cgroup v2.
        """
        self._root = root
        self._known: dict[int, str] = {}

    def __call__(self, cgroup_id: int) -> str:
        """The path of a cgroup below the root.

        Args:
            cgroup_id: its id.

        Returns:
            The path, beginning with `/`; empty when it is gone.
        """
        if cgroup_id not in self._known:
            self._known = dict(self._walk())
            self._known.setdefault(cgroup_id, "")
        return self._known[cgroup_id]

    def _walk(self) -> Iterator[tuple[int, str]]:
        prefix = len(os.fspath(self._root).rstrip("/"))
        for directory, _, _ in os.walk(self._root):
            try:
                inode = Path(directory).stat().st_ino
            except OSError:
                continue  # removed since it was listed
            yield inode, directory[prefix:] or "/"
