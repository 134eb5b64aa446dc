"""Which daemons answer on their sockets, and how the system's service is set up."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.checks.daemons import Daemon, Service
from monitor.collectors.bpf import refusal
from monitor.control import GROUP, may_read, request

if TYPE_CHECKING:
    from collections.abc import Iterable

UNITS: Final = tuple(
    Path(folder)
    for folder in (
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    )
)
"""Where unit files are, the strongest first (systemd.unit(5))."""
PROC: Final = Path("/proc")
_UNIT: Final = "esimmon.service"
_CONNECT_S: Final = 1.0


def ask(
    sockets: Iterable[Path], system: Path, proc: Path = PROC
) -> tuple[list[Daemon], list[Path]]:
    """Ask daemons who they are.

    Args:
        sockets: where one may listen, likeliest first.
        system: the socket of the system's service.
        proc: where procfs is.

    Returns:
        Those that answer, each once; and sockets with somebody silent behind them.
    """
    found: dict[int, Daemon] = {}
    silent = []
    for path in dict.fromkeys(sockets):
        answer = request(path, "status", {})
        if answer is None:
            if listens(path):
                silent.append(path)
            continue
        pid = answer.get("pid")
        if isinstance(pid, int) and pid not in found:
            found[pid] = Daemon(
                pid=pid,
                tier=str(answer.get("tier", "")),
                version=str(answer.get("version", "")),
                store=str(answer.get("store", "")),
                is_service=path == system and _is_service(proc / str(pid)),
                missing=_missing(proc / str(pid)),
            )
    return list(found.values()), silent


def listens(path: Path) -> bool:
    """Whether somebody listens on a socket; True as well where that is not our matter.

    Args:
        path: it need not exist.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(_CONNECT_S)
        try:
            link.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            # A full queue is a sign of life; a closed folder says nothing.
            return path.is_socket()
    return True


def _is_service(process: Path) -> bool:
    """Whether the system's manager started it: its cgroup says so."""
    try:
        return f"/{_UNIT}" in (process / "cgroup").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _missing(process: Path) -> tuple[str, ...]:
    try:
        return tuple(refusal.missing_capabilities(process / "status"))
    except (OSError, StopIteration):  # it ended, or procfs hides it
        return ()


def find_service(
    places: Iterable[Path], units: tuple[Path, ...] = UNITS, *, runs: bool
) -> Service:
    """Look at the unit's files and at the group.

    Args:
        places: socket and database of the system's daemon.
        units: folders of unit files.
        runs: whether the system's daemon answers.
    """
    unit = _unit(units)
    is_enabled = any(
        os.path.lexists(wants / _UNIT)
        for folder in units
        for wants in _folders(folder, "*.wants")
    )
    group = _group_id()
    user = os.getuid()
    return Service(
        unit=unit,
        is_enabled=is_enabled,
        runs=runs,
        is_used=unit is not None or any(map(os.path.lexists, places)),
        has_group=group is not None,
        is_member=may_read(user, os.getgid(), 0),
        has_joined=user == 0 or group in (os.getgid(), *os.getgroups()),
    )


def _unit(units: tuple[Path, ...]) -> Path | None:
    for folder in units:
        path = folder / _UNIT
        if os.path.lexists(path):
            # A link to /dev/null masks what is in weaker folders.
            return path if path.is_file() else None
    return None


def _folders(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _group_id() -> int | None:
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return None


def user_name() -> str:
    """Login name of this user, or the number."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
