"""The machine's time zone, as the C library finds it: TZ, else /etc/localtime.

Own code because tzlocal costs 24 ms of a report (it is here through APScheduler), and
refuses to answer where /etc/timezone, which the C library never reads, disagrees.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCALTIME = Path("/etc/localtime")  # localtime(5)
_DATABASE = "/zoneinfo/"
_UTC = "UTC"


def local_zone(environ: Mapping[str, str], localtime: Path = _LOCALTIME) -> ZoneInfo:
    """Find the time zone in which people here live.

    Args:
        environ: the environment (`TZ`).
        localtime: the machine's zone file, usually a link into the database.

    Returns:
        The zone; UTC when there is none, or TZ names none.
    """
    given = environ.get("TZ")
    try:
        if given is None:
            return _of_file(localtime)
        name = given.removeprefix(":")
        return _of_file(Path(name)) if name.startswith("/") else ZoneInfo(name or _UTC)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(_UTC)


def _of_file(path: Path) -> ZoneInfo:
    """By the name that a link leads to; else the content, without a name."""
    _, found, name = os.path.realpath(path).partition(_DATABASE)
    if found:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError):
            pass  # a database beside that of Python: its files are as good
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key="localtime")
