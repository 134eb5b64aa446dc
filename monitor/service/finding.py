"""What there is of the service on this machine: files, manager, users, sessions."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor import __version__, clock
from monitor.collectors import procstat
from monitor.daemon.control import GROUP, request
from monitor.errors import ServiceError
from monitor.service.marks import State, judge, marked
from monitor.service.program import newest_change_s
from monitor.service.running import run
from monitor.service.scopes import AGENT, RELAY, UNIT
from monitor.service.shipped import shipped_text, text_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.service.scopes import Scope, Target

BOOTED: Final = Path("/run/systemd/system")  # sd_booted(3)
RUNTIME: Final = Path("/run/user")
_WANTS: Final = Path("/etc/systemd/user/graphical-session.target.wants") / AGENT
_SHOWN: Final = (
    "ActiveState,SubState,UnitFileState,FragmentPath,NeedDaemonReload,MainPID,ExecStart"
)
_SHORT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Unit:
    """How a manager sees a unit; all defaults where it does not know it.

    Attributes:
        active: such as `active`, `activating`, `failed`, `inactive`.
        sub: the same in detail, such as `running`.
        is_enabled: whether it starts by itself.
        file: the unit file that it read.
        is_stale: whether that was changed since.
        pid: of its process; 0 for none.
        program: what it starts.
    """

    active: str = "inactive"
    sub: str = ""
    is_enabled: bool = False
    file: str = ""
    is_stale: bool = False
    pid: int = 0
    program: str = ""

    @property
    def is_up(self) -> bool:
        """Whether it runs, or is about to."""
        return self.active in ("active", "activating", "reloading", "deactivating")


class File(NamedTuple):
    """A file of the service, and what is in its place.

    Attributes:
        target: which one.
        text: what belongs there; empty when nobody asked.
        state: what is there.
    """

    target: Target
    text: str
    state: State


class Session(NamedTuple):
    """Somebody is logged in, with a service manager.

    Attributes:
        user: login name.
        is_graphical: whether that manager has a desktop.
    """

    user: str
    is_graphical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that install and uninstall need to know.

    Attributes:
        files: of the scope.
        unit: the service.
        relay: what sends its alerts beyond this machine.
        is_old: whether what runs is another program than the one on disk.
        has_user: whether the service's user and group exist.
        has_folder: whether the folder of the configuration exists.
        has_config: whether a configuration exists.
        is_agent_enabled: whether the agent starts in everybody's sessions.
        sessions: who is logged in.
    """

    files: tuple[File, ...]
    unit: Unit
    relay: Unit = Unit()
    is_old: bool = False
    has_user: bool = True
    has_folder: bool = True
    has_config: bool = True
    is_agent_enabled: bool = True
    sessions: tuple[Session, ...] = ()


def find(scope: Scope, config: Path, program: Path | None = None) -> Found:
    """Look at everything.

    Args:
        scope: whose service.
        config: where its configuration is or would be.
        program: what the files are to start; None to compare with no text.

    Raises:
        ServiceError: a file cannot be read, or this copy of esimmon lacks one.
    """
    unit = find_unit(scope, UNIT)
    files = tuple(_file(target, program) for target in scope.targets)
    found = Found(
        files=files,
        unit=unit,
        is_old=is_old(scope, unit),
        has_config=os.path.lexists(config),
    )
    if not scope.is_system:
        return found
    return replace(
        found,
        relay=find_unit(scope, RELAY),
        has_user=_has_user(),
        has_folder=config.parent.is_dir(),
        is_agent_enabled=is_agent_enabled(),
        sessions=_sessions(),
    )


def find_unit(scope: Scope, name: str) -> Unit:
    """Ask a manager for a unit.

    Args:
        scope: whose manager.
        name: of the unit.
    """
    done = run((*scope.systemctl, "show", f"--property={_SHOWN}", name), _SHORT_S)
    if done.status != 0:
        return Unit()
    pairs = (line.partition("=") for line in done.output.splitlines())
    facts = {name: value for name, _, value in pairs}
    pid = facts.get("MainPID", "")
    return Unit(
        active=facts.get("ActiveState", "") or "inactive",
        sub=facts.get("SubState", ""),
        is_enabled=facts.get("UnitFileState", "").startswith("enabled"),
        file=facts.get("FragmentPath", ""),
        is_stale=facts.get("NeedDaemonReload") == "yes",
        pid=int(pid) if pid.isdecimal() else 0,
        program=_program(facts.get("ExecStart", "")),
    )


def check_manager(scope: Scope) -> None:
    """Insist on a service manager.

    Args:
        scope: whose.

    Raises:
        ServiceError: there is none; says what to do without.
    """
    if not BOOTED.is_dir():
        raise ServiceError(
            f"systemd does not run this machine ({BOOTED} is not there), so there is "
            "no service to install. Let your own init start: esimmon run"
        )
    if scope.is_system:
        return
    done = run((*scope.systemctl, "show", "--property=Version"), _SHORT_S)
    if done.status != 0:
        raise ServiceError(
            f"your own service manager does not answer ({done.complaint}). It runs "
            "once you log in on a terminal or desktop of this machine; su and sudo "
            "start none."
        )


def is_old(scope: Scope, unit: Unit) -> bool:
    """Whether a running daemon is another program than what is on disk now.

    Args:
        scope: says where it answers.
        unit: its unit.
    """
    if not unit.pid:
        return False
    answer = request(scope.socket, "status", {}) or {}
    if answer.get("version", __version__) != __version__:
        return True
    since_s = started_s(unit.pid)
    return since_s is not None and newest_change_s() > since_s


def started_s(pid: int) -> float | None:
    """When a process was started, in UTC seconds; None when it is gone.

    Args:
        pid: its number.
    """
    started_ns = procstat.started_ns(pid)
    if started_ns is None:
        return None
    now = clock.read()
    return (now.realtime_ns - now.boottime_ns + started_ns) / clock.SECOND_NS


def is_agent_enabled() -> bool:
    """Whether the agent starts in the sessions of all users."""
    return os.path.lexists(_WANTS)


def joiner(environ: Mapping[str, str]) -> str:
    """The person behind a sudo who is not in the service's group yet; else empty.

    Args:
        environ: the environment (`SUDO_USER`).
    """
    name = environ.get("SUDO_USER", "")
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return ""
    if user.pw_uid == 0:
        return ""
    try:
        group = grp.getgrnam(GROUP)
    except KeyError:
        return user.pw_name
    is_member = user.pw_name in group.gr_mem or user.pw_gid == group.gr_gid
    return "" if is_member else user.pw_name


def _file(target: Target, program: Path | None) -> File:
    if program is None:
        return File(target, "", judge(target.path, shipped=shipped_text(target.name)))
    plain = text_for(target.name, program)
    text = marked(plain)
    state = judge(target.path, text, shipped_text(target.name))
    if state is State.ABSENT and judge(target.packaged, plain) is State.AS_WANTED:
        state = State.AS_WANTED  # a package brought it: nothing to shadow
    return File(target, text, state)


def _program(exec_start: str) -> str:
    """The path in systemctl's `{ path=... ; argv[]=... ; ...}`."""
    _, _, rest = exec_start.partition("path=")
    return rest.partition(" ; ")[0]


def _has_user() -> bool:
    try:
        pwd.getpwnam(GROUP)
        grp.getgrnam(GROUP)
    except KeyError:
        return False
    return True


def _sessions() -> tuple[Session, ...]:
    """Whose service managers run here: each has a folder with its socket."""
    found = []
    for socket in sorted(RUNTIME.glob("*/systemd/private")):
        try:
            user = pwd.getpwuid(int(socket.parents[1].name)).pw_name
        except (KeyError, ValueError):
            continue
        words = (*of_user(user), "is-active", "graphical-session.target")
        found.append(Session(user, run(words, _SHORT_S).status == 0))
    return tuple(found)


def of_user(user: str) -> tuple[str, ...]:
    """The words by which root reaches a user's service manager.

    Args:
        user: login name.
    """
    return ("systemctl", "--user", f"--machine={user}@")
