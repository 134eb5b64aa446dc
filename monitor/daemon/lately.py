"""Who moved most in the last hour, for who asks at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.alerts.rates import Mover, Rates
from monitor.clock import SECOND_NS
from monitor.store import queries
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.attribution.shares import Attributed
    from monitor.store.engine import Store

WINDOW_S: Final = 3600
PIECE_S: Final = 300


class Piece(NamedTuple):
    """A part of the hour.

    Attributes:
        rows: whose bytes moved in it.
        until_ns: CLOCK_BOOTTIME of its end.
    """

    rows: list[Attributed]
    until_ns: int


def last_hour(store: Store, now_s: int, now_ns: int) -> list[Piece]:
    """What was written down of the last hour, in pieces of `PIECE_S`.

    Args:
        store: where.
        now_s: UTC second.
        now_ns: CLOCK_BOOTTIME.

    Returns:
        The oldest first.

    Raises:
        StoreError: the database cannot be read.
    """
    pieces = []
    for ago_s in range(WINDOW_S - PIECE_S, -1, -PIECE_S):
        until_s = now_s - ago_s
        rows = queries.spent(store, Interval(until_s - PIECE_S, until_s))
        pieces.append(Piece(rows, now_ns - ago_s * SECOND_NS))
    return pieces


class Lately:
    """A sliding hour of billed bytes by application."""

    def __init__(self, now_ns: int) -> None:
        """Know nothing yet.

        Args:
            now_ns: CLOCK_BOOTTIME.
        """
        self._rates = Rates(WINDOW_S, now_ns)

    def recall(self, hour: Iterable[Piece]) -> None:
        """Take in what runs before this one saw.

        Args:
            hour: see `last_hour`.
        """
        for rows, until_ns in hour:
            self.book(rows, until_ns, PIECE_S)

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
