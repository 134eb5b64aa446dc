"""Who looks on live: they hear of each tick, and ticks come every second for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from monitor.daemon.tickfacts import TICKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.clock import BoottimeTimer
    from monitor.daemon.control import Control

_LIVE_S: Final = 1


class Onlookers:
    """Those who follow `usage.ticks`."""

    def __init__(
        self,
        control: Control,
        timer: BoottimeTimer,
        facts: Callable[[], dict[str, Any]],
    ) -> None:
        """Nobody looks yet.

        Args:
            control: knows who follows.
            timer: the daemon's beat.
            facts: of the last tick.
        """
        self._control, self._timer, self._facts = control, timer, facts
        self._beat_s = 0

    def show(self) -> None:
        """Tell of the last tick; costs nothing while nobody looks."""
        if self._control.is_followed(TICKS):
            self._control.announce(TICKS, self._facts())

    def pace(self, tick_s: int) -> None:
        """Beat every second while somebody looks.

        Args:
            tick_s: how often the person wants it otherwise.
        """
        beat_s = _LIVE_S if self._control.is_followed(TICKS) else tick_s
        if beat_s != self._beat_s:
            self._timer.set_interval(beat_s)
        self._beat_s = beat_s
