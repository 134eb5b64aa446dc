"""Controlling terminals of processes, from /proc/PID/stat.

Unit: the kernel's device number of the terminal (`tty_nr`), 0 without one.
Width and restart: not a counter.
Scope: one process in the pid namespace of the procfs mount.
Privilege: none, unless procfs hides other users' processes (hidepid, or systemd's
`ProtectProc=invisible`).
Cost: one open and one read of about 300 bytes; nothing else in /proc is looked at.
Since: always there.
Source: proc_pid_stat(5), fields 7 (tty_nr) and 22 (starttime).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from monitor.usage import Owner

_PROC: Final = Path("/proc")
# Fields 7 and 22 of the manual page, counted after the name, which is field 2.
_TTY_NR: Final = 4
_STARTTIME: Final = 19
_SECOND_NS: Final = 1_000_000_000
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def collect(owner: Owner, proc: Path = _PROC) -> int | None:
    """The controlling terminal of a process.

    Args:
        owner: the process; another one that got its number later is told apart.
        proc: where procfs is mounted.

    Returns:
        Its device number, 0 without one; None when the process is gone or hidden.
    """
    try:
        stat = (proc / str(owner.pid) / "stat").read_bytes()
    except OSError:  # ENOENT, ESRCH while it ends, EACCES where procfs hides it
        return None
    found = parse(stat)
    if found is None:
        return None
    tty_nr, start_ticks = found
    expected = owner.start_boottime_ns * _TICKS_PER_S // _SECOND_NS
    return tty_nr if abs(start_ticks - expected) <= 1 else None


def parse(stat: bytes) -> tuple[int, int] | None:
    """Terminal and start time from the content of the file.

    Args:
        stat: one line; the name in it may hold blanks and parentheses.

    Returns:
        Device number, and clock ticks from boot to start; None when it is cut short.
    """
    _, closed, rest = stat.rpartition(b")")
    fields = rest.split()
    if not closed or len(fields) <= _STARTTIME:
        return None
    return int(fields[_TTY_NR]), int(fields[_STARTTIME])
