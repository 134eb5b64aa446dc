"""Who is in front of the machine: the class of programs, anew when a person leaves.

What moved until a screen is locked was moved in front of a person, so the daemon takes
a tick at that moment, before the classes change.
"""

from __future__ import annotations

import selectors
from typing import TYPE_CHECKING, Final

from monitor.applications import Classes
from monitor.closing import Closing
from monitor.collectors import desktop_entries, procstat
from monitor.collectors.logind import Logind, find_bus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A service cannot read its users' folders, and would not believe what is there.
_SYSTEM: Final = desktop_entries.find_places({})


class Presence(Closing):
    """The classes of programs, and what changes them.

    Attributes:
        classes: of each process.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Follow logind where there is a system bus.

        Args:
            environ: says where that is.
        """
        self.classes = Classes(procstat.collect, is_unasked)
        address = find_bus(environ)
        self._logind = Logind(address) if address else None

    def watch(self, selector: selectors.BaseSelector, tick: Callable[[], None]) -> None:
        """Let a person who comes or leaves begin a new tick.

        Args:
            selector: the loop; the data of a key is to be called when it is ready.
            tick: books what moved until now.
        """
        if self._logind is not None:
            changed = self._logind.changed
            selector.register(
                changed, selectors.EVENT_READ, lambda: self._changed(tick)
            )

    def _changed(self, tick: Callable[[], None]) -> None:
        if self._logind is not None:
            sessions = self._logind.take()
            tick()
            self.classes.is_away = sessions.is_away

    def close(self) -> None:
        """Do not follow logind any more."""
        if self._logind is not None:
            self._logind.close()


def is_unasked(application: str) -> bool:
    """Whether an application runs without a person who started it.

    Args:
        application: its desktop id.

    Returns:
        True for what sessions of this machine start by themselves, and for what has no
        place in menus.
    """
    entry = desktop_entries.collect(application, _SYSTEM)
    return entry is not None and (entry.autostart or entry.no_display)
