"""Whether a person is in front of a program: interactive, background, or unknown.

One rule, for reports and for alerts:

- containers, services, what the session started unasked and what has no window of its
  own (`NoDisplay`) are background;
- desktop applications, snaps and flatpaks are interactive;
- of anything else the controlling terminal tells: with one it is interactive; without,
  it is unknown inside a session that has windows, and background outside of all. When
  nobody can say any more (it and its parent have ended), that counts as without: what a
  person types has a shell that lives on;
- what would be interactive, or unknown inside a session, is background as long as all
  of its user's screens are locked or idle.

The session is read from the cgroup and not from DISPLAY in the environment: the
hardened service may not read the environment of other users' processes, and a program
can change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.applications.cgroups import find_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.applications.cgroups import Place
    from monitor.usage import Owner, Process

    ReadTty = Callable[[Process], int | None]
    IsUnasked = Callable[[str], bool]
    IsAway = Callable[[int, str], bool | None]

INTERACTIVE: Final = "interactive"
BACKGROUND: Final = "background"
UNKNOWN: Final = "unknown"
_MOST_OWNERS: Final = 1024


def unclassified(_: Process) -> str:
    """The class where nobody was asked."""
    return UNKNOWN


def nobody_knows(_: int, __: str) -> bool | None:
    """Whether a user is away, where no session manager tells."""
    return None


class Classes:
    """Remembers the class of each process: asked once, at first.

    Attributes:
        is_away: whether all screens of a user (by uid; within one login session, by its
            id) are locked or idle; None when nobody knows.
    """

    def __init__(self, read_tty: ReadTty, is_unasked: IsUnasked) -> None:
        """Prepare.

        Args:
            read_tty: device number of a process's controlling terminal, 0 without one,
                None when that cannot be known any more.
            is_unasked: whether an application by this desktop id is started without
                being asked for, or has no window.
        """
        self._read_tty = read_tty
        self._is_unasked = is_unasked
        self._settled: dict[Owner, str] = {}
        self.is_away: IsAway = nobody_knows

    def of(self, process: Process) -> str:
        """The class of a process now.

        Args:
            process: its facts; nothing is asked a second time.

        Returns:
            `interactive`, `background` or `unknown`.
        """
        place = find_place(process.cgroup)
        settled = self._settled.get(process.owner)
        if settled is None:
            settled = self._settle(process, place)
            if len(self._settled) >= _MOST_OWNERS:
                self._settled.pop(next(iter(self._settled)))
            self._settled[process.owner] = settled
        if settled == INTERACTIVE or (settled == UNKNOWN and place.attended):
            uid = process.uid if place.uid is None else place.uid
            return BACKGROUND if self.is_away(uid, place.session) else settled
        return settled

    def _settle(self, process: Process, place: Place) -> str:
        if not process.exe and not process.comm:
            return UNKNOWN
        # Without systemd everybody's programs are in the root cgroup.
        is_in_root = place.kind == "kernel" and bool(process.exe)
        if place.background and not is_in_root:
            return BACKGROUND
        if place.background is False:
            unasked = self._is_unasked(place.app_id)
            return BACKGROUND if unasked else INTERACTIVE
        if self._read_tty(process):
            return INTERACTIVE
        return UNKNOWN if place.attended else BACKGROUND
