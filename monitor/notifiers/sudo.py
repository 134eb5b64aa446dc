"""The agent for the person behind a sudo.

A daemon started by sudo is root, and root cannot reach the session bus of the person
who typed it. So that person's own process is forked off, before the daemon loads
anything: it gives up root for good, and ends with the daemon, whatever ends that one.
"""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import AgentRunningError
from monitor.notifiers.agent import Agent
from monitor.notifiers.courier import Patience
from monitor.notifiers.desktop import Desktop, bus_owner, preload
from monitor.notifiers.memory import Memory, memory_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUNTIME: Final = Path("/run/user")
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
# What sudo leaves of the person's session, and what notify-send may need.
_KEPT: Final = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "LANG", "LC_ALL", "TZ")


class SudoAgent(NamedTuple):
    """A running agent.

    Attributes:
        pid: of the process.
        lifeline: the agent ends when this descriptor is closed, as it is when this
            process ends, in whatever way.
    """

    pid: int
    lifeline: int


def sudo_user(environ: Mapping[str, str]) -> pwd.struct_passwd | None:
    """The person who typed sudo.

    Args:
        environ: the environment (`SUDO_UID`).

    Returns:
        None without sudo, and for root.
    """
    given = environ.get("SUDO_UID", "")
    try:
        user = pwd.getpwuid(int(given))
    except (KeyError, ValueError, OverflowError):
        return None
    return user if user.pw_uid else None


def user_environment(
    environ: Mapping[str, str], user: pwd.struct_passwd, runtime: Path = _RUNTIME
) -> dict[str, str] | None:
    """The environment that a program of that person's desktop needs.

    Args:
        environ: what sudo left.
        user: the person.
        runtime: where logind makes a directory for each user.

    Returns:
        Nothing of root's; None where that person has no session bus.
    """
    made = {name: environ[name] for name in _KEPT if environ.get(name)}
    made |= {
        "HOME": user.pw_dir,
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "PATH": _PATH,
    }
    own = runtime / str(user.pw_uid)
    if own.is_dir():
        made["XDG_RUNTIME_DIR"] = str(own)
    address = environ.get("DBUS_SESSION_BUS_ADDRESS", "")  # sudo -E leaves it
    if bus_owner(address) not in (None, user.pw_uid):
        address = ""
    if not address and (own / "bus").is_socket():
        address = f"unix:path={own / 'bus'}"
    return made | {"DBUS_SESSION_BUS_ADDRESS": address} if address else None


def spawn_for_sudo_user(
    environ: Mapping[str, str], socket_path: Path, runtime: Path = _RUNTIME
) -> SudoAgent | None:
    """Start an agent as the person who typed sudo.

    To be called early: before there are threads, and before anything is loaded that
    this person must not have.

    Args:
        environ: the environment of this process.
        socket_path: where the daemon will answer.
        runtime: where logind makes a directory for each user.

    Returns:
        The agent; None when this is not sudo, or that person has no session bus.
    """
    user = sudo_user(environ)
    if os.geteuid() != 0 or user is None:
        return None
    desktop = user_environment(environ, user, runtime)
    if desktop is None:
        return None
    ours, lifeline = os.pipe()
    answer, told = os.pipe()
    child = os.fork()
    if not child:
        _leave_family(told)
        _be_the_agent(user, desktop, socket_path, ours)
    os.close(ours)
    os.close(told)
    os.waitpid(child, 0)
    with os.fdopen(answer, "rb") as pid:
        return SudoAgent(int(pid.readline()), lifeline)


def _leave_family(told: int) -> None:
    """Fork once more: the grandchild is init's to reap, and no terminal's."""
    os.setsid()
    grandchild = os.fork()
    if grandchild:
        os.write(told, f"{grandchild}\n".encode())
        os._exit(0)


def _be_the_agent(
    user: pwd.struct_passwd,
    desktop: Mapping[str, str],
    socket_path: Path,
    lifeline: int,
) -> None:
    """Become that person's process and nothing else; never returns."""
    with suppress(BaseException):
        preload()  # now: that person may not be able to read root's files
        _keep_only(lifeline)
        os.chdir("/")
        os.umask(0o077)
        os.initgroups(user.pw_name, user.pw_gid)
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        os.environ.clear()
        os.environ.update(desktop)
        with (
            suppress(AgentRunningError),
            Memory(memory_path(socket_path, desktop)) as memory,
        ):
            Agent(socket_path, Patience(Desktop()), memory, lifeline).run()
    os._exit(0)


def _keep_only(descriptor: int) -> None:
    """Close everything else; what is written to the standard streams is lost."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if number not in (0, 1, 2, descriptor):
            with suppress(OSError):  # the one of this very listing
                os.close(number)
