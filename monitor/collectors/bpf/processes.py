"""What /proc still knows of an owner: its command line and its present name.

Only where the eBPF program could not look: sockets older than it, and pages that were
not in memory. And for names that change after the first use of a socket.

Scope: this pid namespace; owners are numbered in the initial one.
Privilege: none, unless /proc is mounted with hidepid.
Source: man 5 proc.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.collectors.bpf.records import parse_argv
from monitor.collectors.procstat import numbers

if TYPE_CHECKING:
    from monitor.usage import Owner

_PROC = Path("/proc")
_START_TIME = 22  # field of /proc/PID/stat
_ARGV_BYTES = 256  # as many as the eBPF program keeps


def _read(owner: Owner, name: str) -> bytes | None:
    # ESRCH instead of ENOENT: it ended between open and read.
    try:
        with open(f"{_PROC}/{owner.pid}/{name}", "rb", buffering=0) as file:  # noqa: PTH123 - for each row of each tick
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def is_running(owner: Owner) -> bool:
    """Whether the owner's process is there, and not another one with its pid.

    Args:
        owner: who.

    Returns:
        True as well when it has executed another program since.
    """
    stat = _read(owner, "stat")
    if stat is None:
        return False
    per_second = os.sysconf("SC_CLK_TCK")
    return numbers(stat, _START_TIME) == (
        owner.start_boottime_ns * per_second // 1_000_000_000,
    )


def read_comm(owner: Owner) -> str | None:
    """The present name of the owner's process.

    Args:
        owner: who.

    Returns:
        The name, or None when it has ended.
    """
    raw = _read(owner, "comm")
    if raw is None or not is_running(owner):
        return None
    return raw.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def read_argv(owner: Owner, comm: str) -> tuple[str, ...]:
    """The first bytes of the command line of the owner's process.

    Args:
        owner: who.
        comm: its name when it was first seen: under another name it may be another
            program by now, whose arguments are not wanted.

    Returns:
        The arguments; empty when they cannot be told for sure.
    """
    raw = _read(owner, "cmdline")
    if raw is None or read_comm(owner) != comm:
        return ()
    return parse_argv(raw[:_ARGV_BYTES])
