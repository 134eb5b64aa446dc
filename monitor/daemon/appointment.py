"""The next second at which a plan turns or a reminder falls due, in the calendar.

The calendar goes by the wall clock, the plans by boot time and the offset that is
believed, so the instant is planned anew whenever either of them moves.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.daemon.scheduler import Calendar

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_READING_NS: Final = 5_000_000
"""Two clocks are never read at one instant: less is no step."""


class _Planned(NamedTuple):
    """What the calendar has."""

    due_s: int
    offset_ns: int
    wall_ns: int


class Appointment:
    """Has the calendar call at the second at which something is due."""

    def __init__(self, calendar: Calendar, call: Callable[[], None]) -> None:
        """Begin without one.

        Args:
            calendar: holds it.
            call: wakes the loop; from another thread.
        """
        self._calendar = calendar
        self._call = call
        self._planned: _Planned | None = None

    def plan(self, due_s: int | None, offset_ns: int | None) -> None:
        """See that the calendar calls when it is wanted.

        Args:
            due_s: UTC second as the plans count; None for no call.
            offset_ns: from boot time to that count; None while it is not known.
        """
        if due_s is None or offset_ns is None:
            if self._planned is not None:
                self._calendar.cancel()
                self._planned = None
            return
        reading = clock.read()
        wall_ns = reading.realtime_ns - reading.boottime_ns
        if self._is_planned(_Planned(due_s, offset_ns, wall_ns)):
            return
        at_ns = due_s * clock.SECOND_NS + wall_ns - offset_ns
        # Never before it: a tick that comes early would find nothing to tell.
        at = _EPOCH + timedelta(microseconds=at_ns // 1000 + 1)
        self._calendar.appoint(at, self._call)
        self._planned = _Planned(due_s, offset_ns, wall_ns)

    def kept(self) -> None:
        """The calendar has called: what is due next is planned in any case."""
        self._planned = None

    def _is_planned(self, wanted: _Planned) -> bool:
        planned = self._planned
        return (
            planned is not None
            and planned[:2] == wanted[:2]
            and abs(planned.wall_ns - wanted.wall_ns) < _READING_NS
        )
