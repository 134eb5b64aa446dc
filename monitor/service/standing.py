"""How the service is: what `esimmon service status` says."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor import __version__
from monitor.daemon.control import request
from monitor.notifiers.memory import memory_path
from monitor.service.finding import (
    BOOTED,
    Unit,
    find_unit,
    is_agent_enabled,
    started_s,
)
from monitor.service.program import newest_change_s
from monitor.service.running import run
from monitor.service.scopes import UNIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.service.scopes import Scope

_LOCKS: Final = Path("/proc/locks")
_INODE: Final = 5  # field of proc_locks(5): MAJOR:MINOR:INODE
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it is.

    Attributes:
        is_system: whether it is the system's service.
        has_manager: whether systemd runs this machine.
        unit: as its manager sees it.
        file: its unit file; None when it is not installed.
        since_s: when its process was started, in UTC seconds; None when there is none.
        tier: how its bytes find their program; empty when it does not answer.
        running: the version that runs; empty when it does not answer.
        on_disk: the version of the program that the unit starts; empty when that
            cannot be called.
        is_old: whether what runs is not what is on disk.
        has_agent: whether the agent starts in all desktop sessions.
        agent_runs: whether one shows this user's alerts now.
    """

    is_system: bool
    has_manager: bool
    unit: Unit
    file: Path | None
    since_s: float | None = None
    tier: str = ""
    running: str = ""
    on_disk: str = ""
    is_old: bool = False
    has_agent: bool = False
    agent_runs: bool = False

    @property
    def counts(self) -> bool:
        """Whether the service's own daemon answers."""
        return self.unit.active in ("active", "reloading") and bool(self.running)


def look(scope: Scope, environ: Mapping[str, str], own: str = "") -> Standing:
    """Look at the service.

    Args:
        scope: whose.
        environ: the environment, of the person whose agent is meant.
        own: path of the program that asks; empty where it has none.
    """
    has_manager = BOOTED.is_dir()
    unit = find_unit(scope, UNIT) if has_manager else Unit()
    (written,) = (t.path for t in scope.targets if t.path.name == UNIT)
    answer = request(scope.socket, "status", {}, _PATIENCE_S) or {}
    if answer.get("pid") != unit.pid:
        answer = {}  # somebody counts by hand; that is not the service
    since_s = started_s(unit.pid) if unit.pid else None
    running = str(answer.get("version", ""))
    is_own = bool(own) and unit.program == own
    on_disk = __version__ if is_own else _version(unit.program)
    is_newer = is_own and since_s is not None and newest_change_s() > since_s
    return Standing(
        is_system=scope.is_system,
        has_manager=has_manager,
        unit=unit,
        file=Path(unit.file) if unit.file else _existing(written),
        since_s=since_s,
        tier=str(answer.get("tier", "")),
        running=running,
        on_disk=on_disk,
        is_old=bool(running) and (is_newer or on_disk not in ("", running)),
        has_agent=scope.is_system and is_agent_enabled(),
        agent_runs=scope.is_system and _agent_runs(scope.socket, environ),
    )


def _version(program: str) -> str:
    """The version of the program that a unit starts."""
    if not program:
        return ""
    done = run((program, "--version"))
    name, _, version = done.output.strip().partition(" ")
    return version if done.status == 0 and name == "esimmon" else ""


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def _agent_runs(socket: Path, environ: Mapping[str, str]) -> bool:
    """Whether an agent of this user holds its lock, however it was started."""
    name = environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""
    if name:
        try:
            environ = {"XDG_STATE_HOME": f"{pwd.getpwnam(name).pw_dir}/.local/state"}
        except KeyError:
            return False
    try:
        inode = memory_path(socket, environ).stat().st_ino
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return False
    # Trying to lock it could be in the way of an agent that starts this very moment.
    locks = (line.replace("-> ", "").split() for line in lines)
    return any(
        fields[1] == "FLOCK" and fields[_INODE].rpartition(":")[2] == str(inode)
        for fields in locks
        if len(fields) > _INODE
    )
