"""What the path of a cgroup says of the processes in it.

Pure. From the outside in: a container or virtual machine owns all that is below it;
then system services; below a user's service manager desktop applications, snaps and
flatpaks, then services. Scopes of terminals, `systemd-run`, login sessions and
`dbus.service` only hold programs: those are told by their file (`recognise`).

A service is one application, whatever it starts: all jobs of cron are `cron`. Sessions
of ssh have scopes of their own where logind is, so what is typed there is itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from monitor.applications.units import app_unit, container, snap_name, unescape

_DELETED: Final = " (deleted)"
_USER: Final = re.compile(r"user(?:@([0-9]{1,10})\.service|-([0-9]{1,10})\.slice)")
_MANAGER: Final = re.compile(r"user@[0-9]{1,10}\.service")
_LOGIN: Final = re.compile(r"session-(\w+)\.scope")  # logind's, for any kind of login
_DBUS: Final = re.compile(r"dbus-:[0-9.]+-(.+)@[0-9]+\.service")
_SPAWN: Final = re.compile(
    r"(?:vte-spawn|ptyxis-spawn|tmux-spawn|tmux|foot-server|kitty)-[0-9a-f-]+\.scope"
)
_TRANSIENT: Final = re.compile(r"run-(?:r[0-9a-f]+|u[0-9]+|p[0-9]+-i[0-9]+)\.\w+")
_BUSES: Final = ("dbus.service", "dbus-broker.service")
_UNITS: Final = (".service", ".scope")
_OPENRC: Final = "openrc."


class Place(NamedTuple):
    """Where a process stands.

    Attributes:
        kind: `app`, `session`, `user-service`, `system`, `login`, `container`, `vm`,
            `kernel`, `init` or `unknown`.
        app_id: what all processes here belong to, empty when that is not known.
        background: whether they work without a person in front of them; None when the
            path cannot tell.
        app_kind: kind of the application; empty when each program here is one itself.
        attended: whether a person may be in front of them also without a terminal.
        uid: whose service manager or login it is; None for the system's.
        session: logind's id of the login session, empty outside of one.
    """

    kind: str
    app_id: str = ""
    background: bool | None = None
    app_kind: str = ""
    attended: bool = False
    uid: int | None = None
    session: str = ""


UNKNOWN: Final = Place("unknown")


@lru_cache(maxsize=1024)  # many processes share a path, and ask at every tick
def find_place(path: str) -> Place:
    """Read a path.

    Args:
        path: below the root of cgroup v2; hostile.

    Returns:
        What it says; `UNKNOWN` when it says nothing.
    """
    segments = [each for each in path.removesuffix(_DELETED).split("/") if each]
    if not segments:
        return Place("kernel", background=True) if path else UNKNOWN
    uid = _uid(segments)
    # Above the root of this cgroup namespace, or of no user at all.
    if segments[0] == ".." or (uid is None and segments[0] == "user.slice"):
        return UNKNOWN
    place = _container(segments) or (
        _system(segments) if uid is None else _of_user(segments)
    )
    return place._replace(uid=uid)


def _container(segments: list[str]) -> Place | None:
    """Of a container or virtual machine: the outermost one."""
    for before, segment in zip(["", *segments], segments, strict=False):
        if name := container(segment, before):
            if name.startswith("vm:"):
                return Place("vm", name, app_kind="vm", attended=True)
            return Place("container", name, background=True, app_kind="container")
    return None


def _uid(segments: list[str]) -> int | None:
    for segment in segments:
        if found := _USER.fullmatch(segment):
            return int(found[1] or found[2])
    return None


def _base(unit: str) -> str:
    """The name of a unit without instance and suffix."""
    return unescape(unit.rpartition(".")[0].partition("@")[0])


def _system(segments: list[str]) -> Place:
    """Of the system: the outermost unit; without systemd what OpenRC calls it."""
    if segments[0] == "init.scope":
        return Place("init", background=True)
    for segment in segments:
        if segment.startswith(_OPENRC) and segment != _OPENRC:
            name = segment.removeprefix(_OPENRC)
            return Place("system", name, background=True, app_kind="unit")
        if not segment.endswith(_UNITS):
            continue
        if _TRANSIENT.fullmatch(segment):
            return Place("system")
        if name := snap_name(segment) or "":
            snap = name.partition("/")[0]
            return Place("system", snap, background=True, app_kind="snap")
        is_shell = segment.endswith(".scope") or segment in _BUSES
        app_kind = "" if is_shell or not _base(segment) else "unit"
        return Place("system", _base(segment), background=True, app_kind=app_kind)
    return UNKNOWN


def _of_user(segments: list[str]) -> Place:
    """Of a user: below the service manager, or without one (ssh, a console, Xfce)."""
    for at, segment in enumerate(segments):
        if _MANAGER.fullmatch(segment):
            return _managed(segments[at + 1 :])
        if found := _LOGIN.fullmatch(segment):
            return Place("login", attended=True, session=found[1])
    return Place("login")


def _managed(below: list[str]) -> Place:
    """Below a user's service manager."""
    if not below or below[0] == "init.scope":
        return Place("init", background=True)
    group = below[0].removesuffix(".slice").partition("-")[0]
    is_background = group in ("background", "session")
    for segment in reversed(below):
        if found := _application(segment, below, is_background=is_background):
            return found
    units = [each for each in below if each.endswith((*_UNITS, ".socket"))]
    unit = units[-1] if units else below[-1]
    # A template's instance has such a slice as well: it is a service all the same.
    if "@" not in unit and (app_id := _of_slice(below)):
        return Place("app", app_id, is_background, "desktop", attended=True)
    return _service(unit, group)


def _of_slice(below: list[str]) -> str:
    """The application of a slice of its own, as gnome-terminal has one."""
    for segment in below:
        if segment.endswith(".slice") and segment != "app-graphical.slice":
            found = app_unit(segment)
            if found is not None:
                return found.app_id
    return ""


def _application(
    segment: str, below: list[str], *, is_background: bool
) -> Place | None:
    """The application of a unit that holds one, or the terminal of a spawned scope."""
    if name := snap_name(segment):
        is_service = segment.endswith(".service")
        kind = "user-service" if is_service else "app"
        return Place(kind, name, is_background or is_service, "snap", attended=True)
    if found := _DBUS.fullmatch(segment):
        kind = "session" if below[0].startswith("session") else "app"
        background = True if is_background else None
        return Place(kind, unescape(found[1]), background, "desktop", attended=True)
    if _SPAWN.fullmatch(segment):
        terminal = _of_slice(below) or segment.partition("-")[0]
        return Place("app", terminal, attended=True)
    unit = app_unit(segment) if segment.endswith(_UNITS) else None
    if unit is None:
        return None
    app_kind = "flatpak" if unit.launcher == "flatpak" else "desktop"
    background = is_background or unit.is_autostart
    return Place("app", unit.app_id, background, app_kind, attended=True)


def _service(unit: str, group: str) -> Place:
    name = _base(unit)
    kind = "session" if group == "session" else "user-service"
    if _TRANSIENT.fullmatch(unit):
        return Place(kind, attended=unit.endswith(".scope"))
    if unit in _BUSES:  # it starts windows and services alike, in its own cgroup
        return Place("session", attended=True)
    if not unit.endswith(".service") or not name:
        # Somebody's scope around a program, with a number of its own each time.
        return Place(
            kind,
            background=True if group == "background" else None,
            attended=group == "app",
        )
    return Place(kind, name, background=True, app_kind="unit")
