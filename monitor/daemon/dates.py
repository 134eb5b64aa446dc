"""What time it is for the calendar jobs: as the sampler believes, not as a clock says.

A wall clock that was set wrong must neither drop what is young nor name a copy by a day
that is years away.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor import clock
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from monitor.clock import Placement, Reading

_STANDS_NS: Final = 86_400 * clock.SECOND_NS
"""So long a clock that nothing vouches for must have stood still on the calendar."""


def here() -> ZoneInfo:
    """The zone of this machine now: it travels."""
    return local_zone(os.environ)


@dataclass(frozen=True, slots=True)
class Dates:
    """Asked at each run of a job, in the scheduler's thread.

    Attributes:
        now_s: UTC second.
        surely_s: UTC second that is over for sure: by it things grow old and go.
        zone: whose midnights begin a day.
    """

    now_s: Callable[[], int]
    surely_s: Callable[[], int]
    zone: Callable[[], ZoneInfo] = here


class Believed:
    """The time by what a sampler believes of the clock."""

    def __init__(
        self,
        placement: Callable[[], Placement],
        read: Callable[[], Reading] = clock.read,
    ) -> None:
        """Begin with nothing that has stood for long.

        Args:
            placement: what is believed now.
            read: the clocks.
        """
        self._placement = placement
        self._read = read
        self._offset_ns: int | None = None
        self._since_ns = 0

    def dates(self) -> Dates:
        """The same, for the jobs."""
        return Dates(self.now_s, self.surely_s)

    def now_s(self) -> int:
        """UTC second; the wall clock's own while nothing can be believed."""
        placement, reading = self._placement(), self._read()
        if placement.offset_ns is None:
            return reading.realtime_ns // clock.SECOND_NS
        return placement.second(reading.boottime_ns)

    def surely_s(self) -> int:
        """UTC second that is over for sure.

        An unsynchronised clock may be months ahead at the start of a machine, and what
        is dropped by it does not come back: it has to stand for a day.
        """
        placement, now_ns = self._placement(), self._read().boottime_ns
        if placement.offset_ns != self._offset_ns:
            self._offset_ns, self._since_ns = placement.offset_ns, now_ns
        stands = now_ns - self._since_ns >= _STANDS_NS
        if placement.offset_ns is None or not (placement.trusted or stands):
            return placement.last_trusted_s
        return placement.second(now_ns)
