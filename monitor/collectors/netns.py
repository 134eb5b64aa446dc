"""This network namespace's number for the one that a process is in, by rtnetlink.

The kernel names the other end of a virtual pair by such a number (`Link.peer_nsid`),
and a socket's row by the namespace's inode: a process in it ties the two together.

Unit: the kernel's `nsid`, which each namespace gives to the others it knows; it has
    none for itself, nor for those that no device of it leads to.
Width and restart: not a counter; given anew after the namespace is gone.
Scope: processes in the pid namespace of the procfs mount.
Privilege: none. That the process is in the namespace in question can be checked only by
    root (/proc/PID/ns/net wants ptrace access); else it is believed.
Cost: one socket, one message, two files of /proc.
Since: Linux 4.0.
Source: net/core/net_namespace.c (rtnl_net_getid), linux/net_namespace.h.
"""

from __future__ import annotations

import socket
import struct
import sys
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.collectors import procstat
from monitor.collectors.netlink import attributes
from monitor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.usage import Process

NOT_ASSIGNED: Final = -1  # NETNSA_NSID_NOT_ASSIGNED

_PROC: Final = Path("/proc")
_CGROUPS: Final = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
_RTM_GETNSID: Final = 90
_RTM_NEWNSID: Final = 88
_NLM_F_REQUEST: Final = 1
_NETNSA_NSID: Final = 1
_NETNSA_PID: Final = 2
_MOST_MEMBERS: Final = 4
_SOURCE: Final = "rtnetlink"
_TIMEOUT_S: Final = 2.0

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_GENERIC = struct.Struct("=Bxxx")  # struct rtgenmsg, aligned
_ATTRIBUTE = struct.Struct("=HHi")  # struct rtattr with a number of 32 bits


def collect(netns: int, processes: Iterable[Process], cgroup: str = "") -> int | None:
    """The number of a namespace, by the first process that still is in it.

    Args:
        netns: inode number of the namespace.
        processes: that have been in it; those that have ended are no matter.
        cgroup: path below the root of cgroup v2 of which all processes are in it, as of
            a container: one of them is asked for when all others have ended.

    Returns:
        The number; None when no such process can be found, or the namespace has none.

    Raises:
        SourceError: the kernel's answer makes no sense.
    """
    living = (process.owner.pid for process in processes if procstat.lives(process))
    for pid in chain(living, _members(cgroup)):
        if _is_in(pid, netns) and (nsid := _ask(pid)) is not None:
            return nsid
    return None


def _members(cgroup: str) -> Iterator[int]:
    if not cgroup.strip("/"):
        return
    for root in _CGROUPS:
        path = root / cgroup.strip("/") / "cgroup.procs"
        with suppress(OSError):  # removed meanwhile, or not where cgroups are mounted
            words = path.read_text(encoding="ascii").split()
            yield from (int(word) for word in words[:_MOST_MEMBERS])


def _is_in(pid: int, netns: int) -> bool:
    try:
        return str((_PROC / str(pid) / "ns/net").readlink()) == f"net:[{netns}]"
    except PermissionError:
        return True
    except OSError:  # it has ended
        return False


def _ask(pid: int) -> int | None:
    request = _GENERIC.pack(socket.AF_UNSPEC)
    request += _ATTRIBUTE.pack(_ATTRIBUTE.size, _NETNSA_PID, pid)
    length = _HEADER.size + len(request)
    header = _HEADER.pack(length, _RTM_GETNSID, _NLM_F_REQUEST, 1, 0)
    try:
        with socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE
        ) as netlink:
            netlink.settimeout(_TIMEOUT_S)
            netlink.send(header + request)
            return parse(netlink.recv(4096))
    except OSError as error:
        raise SourceError(f"{_SOURCE}: number of a namespace: {error}") from error


def parse(answer: bytes) -> int | None:
    """Parse the kernel's answer.

    Args:
        answer: one netlink message.

    Returns:
        The number; None without one, and for an error: the process has ended.

    Raises:
        SourceError: it is cut short.
    """
    if len(answer) < _HEADER.size:
        raise SourceError(f"{_SOURCE}: answer of {len(answer)} bytes")
    _, kind, _, _, _ = _HEADER.unpack_from(answer)
    if kind != _RTM_NEWNSID:
        return None
    found = attributes(answer[_HEADER.size + _GENERIC.size :], _SOURCE)
    nsid = int.from_bytes(found.get(_NETNSA_NSID, b""), sys.byteorder, signed=True)
    return nsid if _NETNSA_NSID in found and nsid != NOT_ASSIGNED else None
