"""Which bytes move behind a person's back.

Background is a system service or container, or a process that has no controlling
terminal and stands in no graphical session. The session is read from the cgroup, where
systemd's desktops put it, and not from DISPLAY in the environment: the hardened service
may not read the environment of other users' processes, and a program can change it.
When nobody can say any more whether a process had a terminal (it and its parent have
ended), it counts as background: what a person types has a shell that lives on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.attribution import Attributed
    from monitor.usage import Application, Owner, Process

_MOST_OWNERS: Final = 4096
_LOGIN: Final = re.compile(r"session-\w+\.scope")  # logind's, for any kind of login
# XDG applications of a systemd user session; `@autostart` ones nobody asked for today.
_OPENED: Final = re.compile(r"(app-(?!.*[@-]autostart\.service).+|.+\.scope)")


def in_graphical_session(cgroup: str) -> bool:
    """Whether a cgroup is that of something a person opened.

    Args:
        cgroup: path below the root of cgroup v2.

    Returns:
        True inside a login session, and for applications and scopes in the app slice
        of a user's manager; False for services, also a user's, and without systemd.
    """
    segments = cgroup.split("/")
    if any(_LOGIN.fullmatch(segment) for segment in segments):
        return True
    _, found, inside = cgroup.partition("/app.slice/")
    return bool(found) and any(
        _OPENED.fullmatch(segment) for segment in inside.split("/")
    )


def is_background(
    application: Application, tty_nr: int | None, *, has_session: bool
) -> bool:
    """Whether a program works without a person in front of it.

    Args:
        application: what it belongs to.
        tty_nr: device number of its controlling terminal, 0 without one; None when
            that cannot be known any more.
        has_session: whether it stands in a graphical session.
    """
    if application.kind in ("unit", "container"):
        return True
    return not tty_nr and not has_session


class Background:
    """Remembers of each process whether it is background: asked once, at first."""

    def __init__(self, read_tty: Callable[[Process], int | None]) -> None:
        """Ask this for controlling terminals."""
        self._read_tty = read_tty
        self._known: dict[Owner, bool] = {}

    def holds(self, row: Attributed) -> bool:
        """Whether the bytes of a row were moved in the background."""
        application, process = row.share.application, row.process
        if application is None or process is None or row.share.scope != "internet":
            return False
        if application.kind in ("unit", "container"):
            return True
        known = self._known.get(process.owner)
        if known is None:
            known = self._ask(application, process)
            if len(self._known) >= _MOST_OWNERS:
                self._known.pop(next(iter(self._known)))
            self._known[process.owner] = known
        return known

    def _ask(self, application: Application, process: Process) -> bool:
        has_session = in_graphical_session(process.cgroup)
        tty_nr = None if has_session else self._read_tty(process)
        return is_background(application, tty_nr, has_session=has_session)
