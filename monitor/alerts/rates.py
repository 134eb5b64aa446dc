"""How much each program moved in the background within a sliding window."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECOND_NS: Final = 1_000_000_000
_PIECES: Final = 60  # of the window: bounds what is kept, and how sharp its edge is


class Mover(NamedTuple):
    """Which program, where, and who pays for it.

    Attributes:
        application: name of the program.
        network: key of the network.
        plan: empty when no plan pays.
    """

    application: str
    network: str
    plan: str


class Rate(NamedTuple):
    """What a program moved within the window."""

    mover: Mover
    bytes: int


class _Piece(NamedTuple):
    from_ns: int
    moved: Counter[Mover]


class Rates:
    """A sliding window of bytes by program.

    Attributes:
        within_s: length of the window.
    """

    def __init__(self, within_s: int, now_ns: int) -> None:
        """Begin to watch.

        Args:
            within_s: length of the window in seconds.
            now_ns: CLOCK_BOOTTIME.
        """
        self.within_s = within_s
        self._begun_ns = now_ns
        self._pieces: deque[_Piece] = deque()
        self._sums: Counter[Mover] = Counter()

    def add(
        self, rows: Iterable[tuple[Mover, int]], at_ns: int, interval_s: float
    ) -> None:
        """Add what was moved up to now, and forget what has left the window.

        Args:
            rows: bytes by program; negative ones correct earlier ones.
            at_ns: CLOCK_BOOTTIME now.
            interval_s: how long it took. Of what took longer than the window (a
                suspend, a time without the daemon) only the window's part counts.
        """
        within_ns = self.within_s * _SECOND_NS
        took_ns = max(int(interval_s * _SECOND_NS), 1)
        moved: Counter[Mover] = Counter()
        for mover, amount in rows:
            moved[mover] += amount * within_ns // max(took_ns, within_ns)
        newest = self._pieces[-1] if self._pieces else None
        if newest is None or at_ns - newest.from_ns >= within_ns // _PIECES:
            newest = _Piece(at_ns, Counter())
            self._pieces.append(newest)
        if moved:
            newest.moved.update(moved)
            self._sums.update(moved)
        if self._forget(at_ns - within_ns) or moved:
            self._sums = Counter(
                {mover: sum_ for mover, sum_ in self._sums.items() if sum_}
            )

    def _forget(self, before_ns: int) -> bool:
        """Take out what is too old; whether there was something."""
        is_less = False
        while self._pieces and self._pieces[0].from_ns <= before_ns:
            self._sums.subtract(self._pieces.popleft().moved)
            is_less = True
        return is_less

    def is_complete(self, now_ns: int) -> bool:
        """Whether a whole window was watched: only then is little known to be little.

        Args:
            now_ns: CLOCK_BOOTTIME.
        """
        return now_ns - self._begun_ns >= self.within_s * _SECOND_NS

    def largest(self) -> list[Rate]:
        """Every program that moved something, most first."""
        return [Rate(*each) for each in self._sums.most_common()]
