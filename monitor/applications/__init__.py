"""From process facts to the application that a person recognises, and its class.

Pure but for what it is given to ask. In this order: a container or virtual machine, a
system service, a desktop application, snap or flatpak, a user's service, all by the
cgroup (`cgroups`, `units`); else the AppImage, the script that an interpreter runs
(`interpreters`), the executable. `classes` says whether a person is in front of it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from monitor.applications.cgroups import Place, find_place
from monitor.applications.classes import BACKGROUND, Classes, unclassified
from monitor.applications.interpreters import DELETED, family_of, find_script
from monitor.usage import Application

if TYPE_CHECKING:
    from monitor.usage import Process

__all__ = [
    "BACKGROUND",
    "UNKNOWN",
    "Classes",
    "Place",
    "find_place",
    "recognise",
    "unclassified",
]

UNKNOWN: Final = Application("(unknown process)", "executable")
# Where an AppImage mounts itself: six letters of its name, and six at random.
_MOUNT: Final = re.compile(r"/\.mount_([^/]*)[A-Za-z0-9]{6}/")
_APPIMAGE: Final = ".appimage"


def recognise(process: Process) -> Application:
    """Name the application that a process belongs to.

    Args:
        process: what the kernel knew of it; all strings are hostile.

    Returns:
        The application; `UNKNOWN` when nothing at all is known of the process.
    """
    place = find_place(process.cgroup)
    if place.app_kind:
        return Application(place.app_id, place.app_kind)
    exe = process.exe
    if exe:
        return _appimage(exe, process.argv) or _script(exe, process.argv) or _file(exe)
    if process.comm:
        return Application(process.comm, "executable")
    return Application(place.app_id, "desktop") if place.app_id else UNKNOWN


def _appimage(exe: str, argv: tuple[str, ...]) -> Application | None:
    """The AppImage of a program in its mount, which is another one at each start."""
    found = _MOUNT.search(exe)
    if found is None:
        return None
    called = PurePosixPath(argv[0] if argv else "").name
    if called.lower().endswith(_APPIMAGE) and called.lower() != _APPIMAGE:
        return Application(called[: -len(_APPIMAGE)], "appimage")
    return Application(found[1], "appimage") if found[1] else None


def _script(exe: str, argv: tuple[str, ...]) -> Application | None:
    family = family_of(exe)
    return find_script(family, argv[1:]) if family else None


def _file(exe: str) -> Application:
    name = PurePosixPath(exe.removesuffix(DELETED)).name
    return Application(name or exe, "executable", exe)
