"""Who moved most in the last hour, for who asks at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.alerts.rates import Mover, Rates
from monitor.clock import SECOND_NS
from monitor.errors import StoreError
from monitor.store import queries
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.attribution import Attributed
    from monitor.store.engine import Store

WINDOW_S: Final = 3600
_STEP_S: Final = 300


class Lately:
    """A sliding hour of billed bytes by application."""

    def __init__(self, now_ns: int) -> None:
        """Know nothing yet.

        Args:
            now_ns: CLOCK_BOOTTIME.
        """
        self._rates = Rates(WINDOW_S, now_ns)

    def recall(self, store: Store, now_s: int, now_ns: int) -> None:
        """Take in what runs before this one saw of the hour.

        Args:
            store: where they wrote it down.
            now_s: UTC second.
            now_ns: CLOCK_BOOTTIME.
        """
        for ago_s in range(WINDOW_S, 0, -_STEP_S):
            period = Interval(now_s - ago_s, now_s - ago_s + _STEP_S)
            at_ns = now_ns - (ago_s - _STEP_S) * SECOND_NS
            try:
                self.book(queries.spent(store, period), at_ns, _STEP_S)
            except StoreError:
                return  # what the daemon needs of the store, it complains about itself

    def book(self, rows: Iterable[Attributed], at_ns: int, interval_s: float) -> None:
        """Take in the last tick.

        Args:
            rows: whose bytes it moved.
            at_ns: CLOCK_BOOTTIME of its end.
            interval_s: its length.
        """
        moved = [
            (Mover(row.share.application.name, "", ""), row.traffic.bytes)
            for row in rows
            if row.attachment.billed and row.share.application is not None
        ]
        self._rates.add(moved, at_ns, interval_s)

    def largest(self, count: int) -> list[tuple[str, int]]:
        """Who moved most.

        Args:
            count: how many at most.

        Returns:
            Application and its IP bytes in both directions, most first.
        """
        found = [(each.mover.application, each.bytes) for each in self._rates.largest()]
        return [each for each in found[:count] if each[1] > 0]
