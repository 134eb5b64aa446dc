"""Which daemons answer on their sockets, and how the system's service is set up."""

from __future__ import annotations

import grp
import os
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.checks.daemons import Daemon, Service, Stranger
from monitor.collectors.bpf import refusal
from monitor.daemon.control import GROUP, may_read, request

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
_UCRED: Final = struct.Struct("=iII")  # struct ucred, unix(7)
_CONNECT_S: Final = 1.0
PATIENCE_S: Final = 10.0
"""How long a daemon may take to answer, in seconds: a slow disk holds it up."""
OTHERS_S: Final = 1.0
"""The same for daemons of other databases, of which it is only told that they run."""


def ask(
    sockets: Iterable[Path],
    system: Path,
    proc: Path = PROC,
    *,
    timeout_s: float = PATIENCE_S,
) -> tuple[list[Daemon], list[Path]]:
    """Ask daemons who they are.

    Args:
        sockets: where one may listen, likeliest first.
        system: the socket of the system's service.
        proc: where procfs is.
        timeout_s: how long to wait for each answer, in seconds.

    Returns:
        Those that answer, each once; and sockets with somebody silent behind them.
    """
    found: dict[int, Daemon] = {}
    silent = []
    for path in dict.fromkeys(sockets):
        if not listens(path):
            continue
        answer = request(path, "status", {}, timeout_s)
        if answer is None:
            silent.append(path)
            continue
        pid, store = answer.get("pid"), str(answer.get("store", ""))
        if isinstance(pid, int) and pid not in found and "\0" not in store:
            found[pid] = Daemon(
                pid=pid,
                tier=str(answer.get("tier", "")),
                version=str(answer.get("version", "")),
                store=store,
                is_service=path == system and _is_service(proc / str(pid)),
                missing=_missing(proc / str(pid)),
            )
    return list(found.values()), silent


def strangers(sockets: Iterable[Path]) -> list[Stranger]:
    """Who listens on sockets of other users: asked nothing, for they may say anything.

    Args:
        sockets: where.
    """
    found: dict[int, Stranger] = {}
    for path in sockets:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(_CONNECT_S)
            try:
                link.connect(str(path))
                raw = link.getsockopt(
                    socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size
                )
            except OSError:
                continue
        pid, _, _ = _UCRED.unpack(raw)
        found.setdefault(pid, Stranger(pid, path))
    return list(found.values())


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
