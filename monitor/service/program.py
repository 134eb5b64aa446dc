"""The program that the service starts: where it is, and whether it may be there.

The service has its own user, sees neither homes nor temporary folders, and has the
capabilities of eBPF. So all that it loads must be visible and readable for that user,
and nobody but root may change it: whoever could would have these capabilities.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from monitor.errors import ServiceError
from monitor.users import user_name

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE: Final = Path(__file__).parents[1]
_NAME: Final = "esimmon"
# By ProtectHome=, PrivateTmp= and PrivateDevices= of the unit.
_HIDDEN: Final = ("/home", "/root", "/run/user", "/tmp", "/var/tmp", "/dev")  # noqa: S108 - none is used
_OTHERS_READ: Final = stat.S_IROTH | stat.S_IXOTH


class Program(NamedTuple):
    """The esimmon that runs.

    Attributes:
        path: what the service is to start.
        parts: what that loads: interpreter and package.
    """

    path: Path
    parts: tuple[Path, ...]


def this_program(argv0: str) -> Program:
    """The esimmon that runs this very command.

    Args:
        argv0: how it was called; by `python -m` it is the one beside that Python.

    Raises:
        ServiceError: there is no program to be called.
    """
    called = Path(argv0).absolute()
    if called.name != _NAME:
        called = Path(sys.executable).parent / _NAME
    path = Path(os.path.realpath(called))
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ServiceError(
            f"{called} is no program that a service could start. {remedy()}"
        )
    # A virtual environment's interpreter is a link to one elsewhere: both are needed.
    interpreters = (Path(sys.prefix), Path(os.path.realpath(sys.executable)))
    return Program(path, (*interpreters, PACKAGE))


def refusal(program: Program) -> str:
    """Why the system's service must not start a program; empty when it may.

    Args:
        program: and what it loads.

    Returns:
        One sentence about the first reason, and the command that puts it elsewhere.
    """
    for part in (program.path, *program.parts):
        for place in _HIDDEN:
            if part.is_relative_to(place):
                return (
                    f"{part}: the service cannot see what is below {place} (the unit "
                    f"hides it). {remedy()}"
                )
        for each in (part, *part.parents):
            reason = _reason(each)
            if reason:
                return f"{each}: {reason}"
    return ""


def remedy() -> str:
    """The command that makes a program for the service."""
    source = _source()
    where = " (in a clone of esimmon)" if source == "." else ""
    # Python itself by name: one below /root or /home would be hidden as well.
    return (
        f"Put esimmon elsewhere{where}: sudo /usr/bin/python3 -m venv --clear "
        f"/opt/esimmon && sudo /opt/esimmon/bin/pip install -q {source} && sudo "
        "/opt/esimmon/bin/esimmon service install"
    )


def newest_change_s(parts: Iterable[Path] = (PACKAGE,)) -> float:
    """When the newest file of the program came, in UTC seconds.

    By the inode's change: an installer may set a file's time to that of its archive.

    Args:
        parts: folders with Python files.
    """
    files = (file for part in parts for file in part.rglob("*.py"))
    return max((file.stat().st_ctime for file in files), default=0.0)


def _reason(path: Path) -> str:
    """Why one file or folder will not do; empty when it does."""
    try:
        found = path.stat()
    except OSError as error:
        return f"cannot be looked at: {error.strerror}."
    is_safe_folder = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if found.st_uid != 0:
        owner = user_name(found.st_uid)
        return f"belongs to {owner}, who could change what runs. {remedy()}"
    by_group = found.st_mode & stat.S_IWGRP and found.st_gid != 0
    if (by_group or found.st_mode & stat.S_IWOTH) and not is_safe_folder:
        return (
            "others than root may write there, and so change what runs. "
            f"If that is not meant: sudo chmod go-w {shlex.quote(str(path))}"
        )
    wanted = _OTHERS_READ if path.is_file() else stat.S_IXOTH
    if found.st_mode & wanted != wanted:
        return (
            "is closed to the service's user. "
            f"Open it: sudo chmod -R go+rX {shlex.quote(str(path))}"
        )
    return ""


def _source() -> str:
    """What pip installed this esimmon from, where that is a file; else `.`."""
    try:
        text = metadata.distribution(_NAME).read_text("direct_url.json")
        url = urlsplit(str(json.loads(text or "{}").get("url", "")))
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return "."
    path = Path(unquote(url.path))
    return shlex.quote(str(path)) if url.scheme == "file" and path.exists() else "."
