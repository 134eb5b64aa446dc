"""What samples took from main lots or as overage, as long as a forecast needs it.

`recent` asks for the last days up to any second, and a sample may straddle the other
end of that time. So the bytes of samples are kept as numbers, not as samples, in groups
of one stored slot; today's sum is kept as it grows.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.copying import twin
from monitor.plans.localtime import NEVER
from monitor.usage import SLOT_S

if TYPE_CHECKING:
    from monitor.plans.grids import DayGrid
    from monitor.plans.straddling import Flow
    from monitor.plans.terms import Count


class Metered(NamedTuple):
    """A piece of a sample that was not charged to main lots whole.

    Attributes:
        start_s: UTC second at which the piece begins.
        end_s: UTC second at which it ends.
        flow: of the whole sample.
        before_bytes: of the sample, before this piece.
        taken: bytes, and 0 for a lot that is not main, 1 for overage, 2 for main lots;
            in the order in which they were taken.
        counted: the directions that cost.
    """

    start_s: int
    end_s: int
    flow: Flow
    before_bytes: int
    taken: tuple[tuple[int, int], ...]
    counted: Count

    def before(self, at_s: int) -> tuple[int, int]:
        """Bytes before an instant: metered, and of them from main lots.

        Args:
            at_s: UTC seconds.
        """
        if at_s <= self.start_s:
            return 0, 0
        left = sum(part for part, _ in self.taken)
        if at_s < self.end_s:
            upto_bytes = self.flow.counted(at_s, self.counted)
            left = min(left, max(0, upto_bytes - self.before_bytes))
        metered = main = 0
        for part_bytes, kind in self.taken:
            part = min(left, part_bytes)
            left -= part
            metered += part if kind else 0
            main += part if kind == _MAIN else 0
        return metered, main


_MAIN = 2


class _Group:
    """What began within one slot.

    Attributes:
        from_s: UTC second at which the first of it began.
        to_s: UTC second at which the last of it ended.
        total_bytes: metered in it.
        whole: by interval, the amounts of samples that main lots took whole.
        pieces: all others.
    """

    __slots__ = ("from_s", "pieces", "to_s", "total_bytes", "whole")

    def __init__(self, from_s: int) -> None:
        self.from_s = self.to_s = from_s
        self.total_bytes = 0
        self.whole: dict[tuple[int, int], array[int]] = {}
        self.pieces: list[Metered] = []

    def copy(self) -> _Group:
        whole = {span: amounts[:] for span, amounts in self.whole.items()}
        return twin(self, whole=whole, pieces=self.pieces[:])

    def before(self, at_s: int) -> int:
        """Bytes before an instant; what is an instant itself is split from none."""
        total = sum(piece.before(at_s)[0] for piece in self.pieces)
        for (from_s, to_s), amounts in self.whole.items():
            if at_s >= to_s and at_s > from_s:
                total += sum(amounts)
            elif at_s > from_s:
                active_s, whole_s = at_s - from_s, to_s - from_s
                total += sum(amount * active_s // whole_s for amount in amounts)
        return total


class Meter:
    """Recent and today's metered bytes of one plan.

    Attributes:
        today_bytes: metered since the later of local midnight and cycle start.
        today_main_bytes: of them, taken from main lots.
        day_end_s: UTC second of the next local midnight.
    """

    __slots__ = (
        *("_days", "_groups", "_kept_bytes", "_later", "_window_s", "day_end_s"),
        *("today_bytes", "today_main_bytes"),
    )

    def __init__(self, days: DayGrid, window_s: int) -> None:
        """Begin with nothing.

        Args:
            days: the plan's local days.
            window_s: how far `recent` reaches back, seconds.
        """
        self._days = days
        self._window_s = window_s
        self._groups: list[_Group] = []
        self._kept_bytes = 0
        self._later: list[Metered] = []
        self.today_bytes = self.today_main_bytes = 0
        self.day_end_s = -NEVER

    def copy(self) -> Meter:
        """A meter that changes apart from this one; closed groups are shared."""
        groups = self._groups[:]
        if groups:
            groups[-1] = groups[-1].copy()
        return twin(self, _groups=groups, _later=self._later[:])

    def add_whole(
        self, span: tuple[int, int], rx_bytes: int, tx_bytes: int, *, is_main: bool
    ) -> None:
        """A sample within today that was metered whole.

        Args:
            span: UTC seconds at which it begins and ends.
            rx_bytes: received; 0 where that does not cost.
            tx_bytes: sent; the same.
            is_main: whether from a main lot; else it is overage.
        """
        group = self._groups[-1] if self._groups else None
        if group is None or span[0] - group.from_s >= SLOT_S:
            group = self._next_group(span[0])
        amounts = group.whole.get(span)
        if amounts is None:
            amounts = group.whole[span] = array("q")
        amounts.append(rx_bytes)
        amounts.append(tx_bytes)
        total_bytes = rx_bytes + tx_bytes
        group.total_bytes += total_bytes
        group.to_s = max(group.to_s, span[1])
        self._kept_bytes += total_bytes
        self.today_bytes += total_bytes
        if is_main:
            self.today_main_bytes += total_bytes

    def add_piece(self, piece: Metered) -> None:
        """Any other piece that is not before today.

        Args:
            piece: how it was taken.
        """
        group = self._groups[-1] if self._groups else None
        if group is None or piece.start_s - group.from_s >= SLOT_S:
            group = self._next_group(piece.start_s)
        group.pieces.append(piece)
        metered_bytes = sum(part for part, kind in piece.taken if kind)
        group.total_bytes += metered_bytes
        group.to_s = max(group.to_s, piece.end_s)
        self._kept_bytes += metered_bytes
        if piece.end_s > self.day_end_s:
            self._later.append(piece)
        today_bytes, main_bytes = piece.before(self.day_end_s)
        self.today_bytes += today_bytes
        self.today_main_bytes += main_bytes

    def turn_day(self, at_s: int) -> None:
        """Local midnight has come, perhaps more than one.

        Args:
            at_s: UTC seconds, not before `day_end_s`.
        """
        index = self._days.index(at_s)
        day_start_s, self.day_end_s = self._days.at(index), self._days.at(index + 1)
        self.today_bytes = self.today_main_bytes = 0
        for piece in self._later:
            upto, before = piece.before(self.day_end_s), piece.before(day_start_s)
            self.today_bytes += upto[0] - before[0]
            self.today_main_bytes += upto[1] - before[1]
        self._later = [each for each in self._later if each.end_s > self.day_end_s]
        self._forget(at_s)

    def new_cycle(self) -> None:
        """Today begins again with a cycle."""
        self.today_bytes = self.today_main_bytes = 0
        self._later.clear()

    def recent(self, at_s: int) -> int:
        """Bytes metered in the window before an instant.

        Args:
            at_s: UTC seconds, not before what was added last.
        """
        since_s = at_s - self._window_s
        recent_bytes = self._kept_bytes
        for group in self._groups:
            if group.from_s >= since_s:
                break
            recent_bytes -= group.before(since_s)
        return recent_bytes

    def _next_group(self, from_s: int) -> _Group:
        self._forget(from_s)
        group = _Group(from_s)
        self._groups.append(group)
        return group

    def _forget(self, at_s: int) -> None:
        """Drop groups that no window from now on reaches."""
        since_s, gone = at_s - self._window_s, 0
        for group in self._groups:
            if group.to_s >= since_s:
                break
            self._kept_bytes -= group.total_bytes
            gone += 1
        if gone:
            del self._groups[:gone]
