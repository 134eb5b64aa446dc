"""Where one stay on a network ends and the next one begins.

A person is told once a stay. A radio that is lost for a while, a cable that is pulled
and put back, a daemon that is restarted end none: only an absence does that is longer
than `AWAY_S`. A machine that sleeps on a network does not leave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitor.alerts.model import Key

    Place = tuple[str, str]

AWAY_S: Final = 1800
"""So long a network must be away, for coming back to be news."""
SETTLED_S: Final = 5
"""While a device is being connected, its network goes by several names."""
_SECOND_NS: Final = 1_000_000_000


def place_of(key: Key) -> Place:
    """What a person stays at, of what is told once a stay.

    Args:
        key: of an alert about a network.

    Returns:
        The network, and the country where the alert is about that.
    """
    return key.subject, key.step


class Stays:
    """The places where this machine is, and was.

    A place that this run has not seen is away since the run before ended.
    """

    def __init__(self, since_ns: int) -> None:
        """Begin to watch.

        Args:
            since_ns: CLOCK_BOOTTIME of the last moment that anybody watched.
        """
        self._since_ns = since_ns
        self._came_ns: dict[Place, int] = {}
        self._left_ns: dict[Place, int] = {}
        self._anew: frozenset[Place] = frozenset()
        self._at_ns = since_ns

    def see(self, here: Collection[Place], at_ns: int) -> None:
        """Take in where this machine is now.

        Args:
            here: all places.
            at_ns: CLOCK_BOOTTIME.
        """
        self._at_ns = at_ns
        fresh = [place for place in here if place not in self._came_ns]
        self._anew = frozenset(place for place in fresh if self._is_long_gone(place))
        for place in [each for each in self._came_ns if each not in here]:
            del self._came_ns[place]
            self._left_ns[place] = at_ns
        for place in fresh:
            self._came_ns[place] = at_ns
            self._left_ns.pop(place, None)
        # Away since before this run says the same of them.
        long_gone = [place for place in self._left_ns if self._is_long_gone(place)]
        for place in long_gone:
            del self._left_ns[place]

    def _is_long_gone(self, place: Place) -> bool:
        left_ns = self._left_ns.get(place, self._since_ns)
        return self._at_ns - left_ns >= AWAY_S * _SECOND_NS

    def is_over(self, place: Place) -> bool:
        """Whether the stay before this moment has ended."""
        if place in self._came_ns:
            return place in self._anew
        return self._is_long_gone(place)

    def is_here(self, place: Place) -> bool:
        """Whether this machine is there now."""
        return place in self._came_ns

    def is_settled(self, place: Place) -> bool:
        """Whether it is there for more than a moment."""
        came_ns = self._came_ns.get(place, self._at_ns)
        return self._at_ns - came_ns >= SETTLED_S * _SECOND_NS
