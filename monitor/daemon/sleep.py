"""The machine's sleep: what was counted is on disk before it, and time moves on after.

Without logind, or with one that does not wait, nothing is lost either: the kernel's
counters sleep as well, and what a flush has not written yet is in memory. Only if the
battery dies meanwhile it matters that all was written down.
"""

from __future__ import annotations

import logging
import selectors
from typing import TYPE_CHECKING, NamedTuple

from monitor.closing import Closing
from monitor.collectors.logind import find_bus
from monitor.collectors.sleeping import Sleeping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger("esimmon")


class Duties(NamedTuple):
    """What the daemon does about a sleep; none of it waits for D-Bus.

    Attributes:
        write_down: takes a sample and flushes; the machine is about to sleep.
        catch_up: looks at all clocks again; the machine woke up.
    """

    write_down: Callable[[], object]
    catch_up: Callable[[], object]


class Sleep(Closing):
    """Follows the machine's sleep where there is a system bus."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Ask logind to wait for us.

        Args:
            environ: says where the system bus is.
        """
        address = find_bus(environ)
        self._sleeping = Sleeping(address) if address else None
        self._refusal = ""

    def watch(self, selector: selectors.BaseSelector, duties: Duties) -> None:
        """Do what is due when the machine goes to sleep, and when it wakes up.

        Args:
            selector: the loop; the data of a key is to be called when it is ready.
            duties: what that is.
        """
        sleeping = self._sleeping
        if sleeping is not None:
            selector.register(
                sleeping.changed,
                selectors.EVENT_READ,
                lambda: self._changed(sleeping, duties),
            )

    def _changed(self, sleeping: Sleeping, duties: Duties) -> None:
        edges, grace = sleeping.take()
        if grace.refusal not in {"", self._refusal}:
            log.debug("logind does not wait before a sleep: %s", grace.refusal)
            self._refusal = grace.refusal
        for is_near in edges:
            if not is_near:
                duties.catch_up()
                continue
            try:
                duties.write_down()
            finally:
                sleeping.let_go()

    def release(self) -> None:
        """Hold up no sleep any more: the daemon ends."""
        if self._sleeping is not None:
            self._sleeping.release()

    def close(self) -> None:
        """Do not follow logind any more."""
        if self._sleeping is not None:
            self._sleeping.close()
