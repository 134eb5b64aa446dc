"""Who holds a socket: one's own processes, by the links in /proc/PID/fd.

Scope: processes of this user in this pid namespace; of everybody for root.
Privilege: none; processes that protect themselves (setuid programs, ssh-agent) hide
    their descriptors even from their own user.
Cost: a link read for each known socket, a file for each process that has one; a scan (a
    file a process, a link a descriptor) only when there is a socket that nobody was
    found for, and at most `_TRIES` for each.
Source: proc_pid_fd(5), proc_pid_stat(5), proc_pid_cgroup(5). An image is told from the
    next one of the same process by where its stack is (field 28), which execve(2)
    chooses anew, unless randomisation is off.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.collectors.bpf.processes import read_argv
from monitor.collectors.procstat import numbers
from monitor.usage import Owner, Process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PROC: Final = "/proc"
_PPID, _STARTTIME, _STARTSTACK = 4, 22, 28  # fields of proc_pid_stat(5)
_TRIES: Final = 3
_MOST_LINKS: Final = 50_000
"""Descriptors that one scan looks at: some 0.1 s."""
_SECOND_NS: Final = 1_000_000_000
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


class _Holder(NamedTuple):
    """A process, and the link in /proc that shows that it has the socket."""

    owner: Owner
    link: str


class Holders:
    """Which process has which socket, and what is known of these processes."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._uid = os.geteuid()
        self._held: dict[int, _Holder] = {}
        self._tried: dict[int, int] = {}
        self.processes: dict[Owner, Process] = {}

    def may_see(self, uid: int) -> bool:
        """Whether the processes of a user can be looked into."""
        return self._uid in (0, uid)

    def look(self, inodes: Iterable[int]) -> None:
        """Find the holders of sockets, where they are not known or hold them no more.

        Args:
            inodes: all sockets of users whose processes can be seen; what is known of
                others is forgotten.
        """
        wanted = self._wanted(inodes)
        if wanted:
            self._scan(wanted)

    def _wanted(self, inodes: Iterable[int]) -> set[int]:
        """The sockets whose holder is not known, or holds them no more."""
        before, self._held = self._held, {}
        pids = {holder.owner.pid for holder in before.values()}
        running = {_stat(pid)[0] for pid in pids}
        wanted, tried = set(), {}
        for inode in inodes:
            holder = before.get(inode)
            if holder is None:
                tried[inode] = self._tried.get(inode, 0) + 1
            elif holder.owner in running and _socket_inode(holder.link) == inode:
                self._held[inode] = holder
                continue
            else:  # one that it was taken from is looked for as if it were new
                tried[inode] = 1
            if tried[inode] <= _TRIES:
                wanted.add(inode)
        self._tried = tried
        return wanted

    def holder(self, inode: int) -> Owner | None:
        """The process that has a socket, as of the last look."""
        found = self._held.get(inode)
        return found.owner if found else None

    def _scan(self, wanted: set[int]) -> None:
        """Go through processes, the oldest first: a child may only have inherited."""
        facts: dict[int, Process | None] = {}
        for links, (pid, link) in enumerate(self._links(), 1):
            inode = _socket_inode(link)
            if inode in wanted:
                if pid not in facts:
                    facts[pid] = _read(pid)
                process = facts[pid]
                if process is not None:
                    self._held[inode] = _Holder(process.owner, link)
                    self.processes.setdefault(process.owner, process)
                    wanted.discard(inode)
            if not wanted or links >= _MOST_LINKS:
                return

    def _links(self) -> Iterator[tuple[int, str]]:
        for pid in self._oldest_first():
            folder = f"{_PROC}/{pid}"
            try:
                for name in _names(f"{folder}/fd"):
                    yield pid, f"{folder}/fd/{name}"
            except OSError:
                continue  # it ended, or protects itself

    def _oldest_first(self) -> list[int]:
        """Processes that can be looked into; their numbers begin anew some time."""
        found = []
        for name in _names(_PROC):
            try:
                if not name.isdigit() or not self.may_see(_uid_of(name)):
                    continue
            except OSError:
                continue  # it ended
            owner, _ = _stat(int(name))
            if owner is not None:
                found.append((owner.start_boottime_ns, owner.pid))
        return [pid for _, pid in sorted(found)]

    def ended(self) -> set[Owner]:
        """Owners whose process has ended, or runs another program now."""
        return {owner for owner in self.processes if _stat(owner.pid)[0] != owner}

    def forget(self, owner: Owner) -> None:
        """Drop the facts of an owner."""
        self.processes.pop(owner, None)


def _stat(pid: int) -> tuple[Owner | None, int]:
    """The program that a process runs now, and its parent; None when it has ended."""
    try:
        stat = Path(f"{_PROC}/{pid}/stat").read_bytes()
    except OSError:  # ENOENT, or ESRCH while it ends
        return None, 0
    found = numbers(stat, _PPID, _STARTTIME, _STARTSTACK)
    if found is None:
        return None, 0
    ppid, start_ticks, start_stack = found
    return Owner(start_ticks * _SECOND_NS // _TICKS_PER_S, pid, start_stack), ppid


def _read(pid: int) -> Process | None:
    """Facts of a process; None when it has ended, or may not be looked into."""
    folder = Path(f"{_PROC}/{pid}")
    owner, ppid = _stat(pid)
    if owner is None:
        return None
    try:
        comm = _text((folder / "comm").read_bytes().removesuffix(b"\n"))
        return Process(
            owner=owner,
            comm=comm,
            exe=_text(os.fsencode((folder / "exe").readlink())),
            argv=read_argv(owner, comm),
            uid=_uid((folder / "status").read_bytes()),
            ppid=ppid,
            cgroup=_unified((folder / "cgroup").read_bytes()),
        )
    except (OSError, ValueError):
        return None


def _uid_of(pid: str) -> int:
    return Path(f"{_PROC}/{pid}").stat().st_uid


def _names(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [each.name for each in entries]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _socket_inode(link: str) -> int:
    """The inode that a link in /proc/PID/fd names; 0 of anything but a socket."""
    try:
        target = os.readlink(link)  # noqa: PTH115 - a Path for each would cost double
    except OSError:
        return 0  # closed meanwhile
    if not target.startswith("socket:["):
        return 0
    return int(target[len("socket:[") : -1])


def _uid(status: bytes) -> int:
    r"""The real user id of /proc/PID/status; ValueError without one.

    The kernel escapes a newline in the name of a process, and no carriage return: a
    process that calls itself "\rUid:\t0" must not pass for root.
    """
    for line in status.split(b"\n"):
        if line.startswith(b"Uid:\t"):
            return int(line.split(b"\t")[1])
    raise ValueError("no user in it")


def _unified(cgroups: bytes) -> str:
    """The path in the cgroup v2 hierarchy: the line that begins with `0::`."""
    for line in cgroups.split(b"\n"):  # a name may hold a carriage return
        if line.startswith(b"0::"):
            return _text(line[3:])
    return ""
