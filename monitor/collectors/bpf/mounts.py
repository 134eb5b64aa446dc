"""Where file systems of the kernel are mounted: here, or where an ancestor sees them.

`ip netns exec` and hardened services have mount namespaces of their own in which cgroup
v2 and bpffs may be hidden. The machine's are then reached through the root of a process
that this one descends from, the outermost that may be looked into.

Scope: this mount namespace, then those of the ancestors.
Privilege: reading none; /proc/PID/root and mount want root.
Source: man 5 proc (mountinfo, /proc/PID/root), man 2 mount, man 2 setns.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from monitor.collectors.procstat import numbers

_MOUNT_POINT = 4  # column of /proc/self/mountinfo
_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))
_PPID = 4  # field of /proc/PID/stat
_CLONE_NEWNS = 0x00020000
# linux/mount.h: MS_NOSUID, MS_NODEV, MS_NOEXEC
_MOUNT_FLAGS = 2 | 4 | 8


def mounts(mountinfo: Path, kind: str) -> list[Path]:
    """Mount points of one kind of file system, in the order they were mounted.

    Args:
        mountinfo: a file like /proc/self/mountinfo.
        kind: type of the file system.

    Returns:
        The mount points.
    """
    found = []
    text = os.fsdecode(mountinfo.read_bytes())
    for line in text.split("\n"):  # users mount FUSE where other line ends are in names
        before, _, rest = line.partition(" - ")
        fields = before.split(" ")
        if rest.split(" ")[0] == kind and len(fields) > _MOUNT_POINT:
            point = fields[_MOUNT_POINT]
            for escape, character in _ESCAPES:
                point = point.replace(escape, character)
            found.append(Path(point))
    return found


def find(mountinfo: Path, proc: Path, kind: str) -> list[Path]:
    """Where a kind of file system can be reached.

    Args:
        mountinfo: mounts of this process.
        proc: where procfs is.
        kind: type of the file system.

    Returns:
        Mount points here; if there is none, those of an ancestor.
    """
    found = mounts(mountinfo, kind)
    if found:
        return found
    for process in _ancestors(proc):
        try:
            beyond = mounts(process / "mountinfo", kind)
            return [_held(process, point) for point in beyond]
        except OSError:
            continue  # it may not be looked into
    return []


def _ancestors(proc: Path) -> list[Path]:
    """Processes that this one descends from, the outermost first."""
    found: list[Path] = []
    process = proc / "self"
    while True:
        try:
            stat = (process / "stat").read_bytes()
        except OSError:
            break
        parent = numbers(stat, _PPID)
        if parent in (None, (0,)):
            break
        process = proc / str(parent[0])
        found.insert(0, process)
    return found


def _held(process: Path, point: Path) -> Path:
    """A folder in another process's root, under a name that lasts as long as we do."""
    target = process / "root" / point.relative_to("/")
    descriptor = os.open(target, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return Path(f"/proc/self/fd/{descriptor}")


def bpffs_root(mountinfo: Path, proc: Path, usual: Path) -> Path:
    """Where bpffs is reached; mounted at its usual place if nobody did that.

    Args:
        mountinfo: mounts of this process.
        proc: where procfs is.
        usual: `/sys/fs/bpf`.

    Returns:
        How to reach it from here.

    Raises:
        OSError: it is not mounted, and this user may not.
    """
    if usual in mounts(mountinfo, "bpf"):
        return usual
    here = (proc / "self" / "ns" / "mnt").stat().st_ino
    for process in _ancestors(proc):
        try:
            if (process / "ns" / "mnt").stat().st_ino == here:
                break
            if usual not in mounts(process / "mountinfo", "bpf"):
                _mount_within(process / "ns" / "mnt", usual)
            return _held(process, usual)
        except OSError:
            continue  # it may not be looked into
    _mount(usual)
    return usual


def _mount_within(namespace: Path, point: Path) -> None:
    """Mount in another mount namespace: setns(2) has no way back, hence a child."""
    child = os.fork()
    if not child:
        status = 1
        try:
            _enter(namespace)
            _mount(point)
            status = 0
        finally:
            os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise PermissionError(f"{point}: bpffs cannot be mounted there")


def _enter(namespace: Path) -> None:
    descriptor = os.open(namespace, os.O_RDONLY)
    if ctypes.CDLL(None).setns(descriptor, _CLONE_NEWNS):
        raise PermissionError(f"{namespace}: setns was refused")


def _mount(point: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"bpf", os.fsencode(point), b"bpf", _MOUNT_FLAGS, b"mode=0700"):
        number = ctypes.get_errno()
        raise OSError(number, f"mount bpffs: {os.strerror(number)}", str(point))
