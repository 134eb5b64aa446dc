"""Controlling terminals of processes, from /proc/PID/stat.

Unit: the kernel's device number of the terminal (`tty_nr`), 0 without one.
Width and restart: not a counter.
Scope: one process in the pid namespace of the procfs mount.
Privilege: none, unless procfs hides other users' processes (hidepid, or systemd's
`ProtectProc=invisible`).
Cost: one open and one read of about 300 bytes, two for a process that has ended.
Since: always there.
Source: proc_pid_stat(5), fields 7 (tty_nr) and 22 (starttime).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from monitor.usage import Process

_PROC: Final = Path("/proc")
_LONGEST: Final = 4096
_TTY_NR: Final = 7  # as proc_pid_stat(5) counts fields
_STARTTIME: Final = 22
_BEFORE: Final = 3  # number, name, and the first one behind the name
_SECOND_NS: Final = 1_000_000_000
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


class Stat(NamedTuple):
    """What is read of a process.

    Attributes:
        tty_nr: device number of the controlling terminal, 0 without one.
        start_ticks: clock ticks from boot to its start.
    """

    tty_nr: int
    start_ticks: int


def collect(process: Process, proc: Path = _PROC) -> int | None:
    """The controlling terminal of a process.

    Of one that has ended already, that of its parent: a terminal is handed down.

    Args:
        process: the process; another one that got its number later is told apart.
        proc: where procfs is mounted.

    Returns:
        Its device number, 0 without one; None when both are gone or hidden.
    """
    own = _read(proc, process.owner.pid)
    if own is not None and _is_it(process, own):
        return own.tty_nr
    parent = _read(proc, process.ppid)
    if parent is not None and parent.start_ticks <= _start_ticks(process) + 1:
        return parent.tty_nr
    return None


def lives(process: Process, proc: Path = _PROC) -> bool:
    """Whether a process is still there, and no other one that got its number.

    Args:
        process: the process.
        proc: where procfs is mounted.
    """
    found = _read(proc, process.owner.pid)
    return found is not None and _is_it(process, found)


def started_ns(pid: int, proc: Path = _PROC) -> int | None:
    """When a process was started.

    Args:
        pid: its number.
        proc: where procfs is mounted.

    Returns:
        CLOCK_BOOTTIME in nanoseconds, to the clock tick; None when it is gone.
    """
    found = _read(proc, pid)
    return None if found is None else found.start_ticks * _SECOND_NS // _TICKS_PER_S


def _start_ticks(process: Process) -> int:
    return process.owner.start_boottime_ns * _TICKS_PER_S // _SECOND_NS


def _is_it(process: Process, found: Stat) -> bool:
    return abs(found.start_ticks - _start_ticks(process)) <= 1


def _read(proc: Path, pid: int) -> Stat | None:
    try:
        with open(f"{proc}/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 - thousands in a burst, and pathlib costs twice as much
            return parse(file.read(_LONGEST))
    except OSError:  # ENOENT, ESRCH while it ends, EACCES where procfs hides it
        return None


def parse(stat: bytes) -> Stat | None:
    """Terminal and start time from the content of the file.

    Args:
        stat: one line; the name in it may hold blanks and parentheses.

    Returns:
        The two facts; None when it is cut short.
    """
    found = numbers(stat, _TTY_NR, _STARTTIME)
    return None if found is None else Stat(*found)


def numbers(stat: bytes, *wanted: int) -> tuple[int, ...] | None:
    """Fields of that file that are numbers.

    Args:
        stat: one line; the name in it may hold blanks and parentheses.
        wanted: which, as proc_pid_stat(5) counts them, from 4 on.

    Returns:
        One for each; None when it is cut short, or no such line.
    """
    _, closed, rest = stat.rpartition(b")")
    words = rest.split()
    try:
        found = tuple(int(words[field - _BEFORE]) for field in wanted)
    except (IndexError, ValueError):
        return None
    return found if closed else None
