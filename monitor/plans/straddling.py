"""Samples that straddle a boundary, split by cumulative floor.

Of the bytes that moved while a machine was awake, those up to an instant are
`bytes * awake up to it // awake in all`, for each direction apart. A part is the
difference of two such sums, so parts add up to the whole however often it is cut.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.plans.localtime import NEVER, instant_of
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from monitor.plans.samples import Sample
    from monitor.plans.terms import Count


class Flow:
    """The bytes of a sample as a function of time.

    Attributes:
        sample: whose; where it does not begin before its end, it is an instant.
        from_s: UTC second at which it begins.
        to_s: UTC second at which it ends, or from which on it is left out.
    """

    __slots__ = ("_active_s", "_before_s", "_starts_s", "from_s", "sample", "to_s")

    def __init__(self, sample: Sample, until_s: int = NEVER) -> None:
        """Take a sample; its awake spans are merged and cut to it.

        Args:
            sample: the whole, in whose proportions all parts are.
            until_s: UTC second from which on it is left out.
        """
        self.sample = sample
        self.to_s = min(sample.to_s, until_s)
        self.from_s = min(sample.from_s, sample.to_s)
        spans = _merged(sample.awake, self.from_s, sample.to_s)
        self._starts_s = [span.from_s for span in spans]
        self._before_s: list[tuple[int, int]] = []
        self._active_s = 0
        for from_s, to_s in spans:
            self._before_s.append((self._active_s, to_s - from_s))
            self._active_s += to_s - from_s

    def upto(self, at_s: int) -> tuple[int, int]:
        """Bytes received and sent before an instant.

        Args:
            at_s: UTC seconds; from the end of the sample on it is all of them.
        """
        rx_bytes, tx_bytes = self.sample.rx_bytes, self.sample.tx_bytes
        if at_s >= self.sample.to_s:
            return rx_bytes, tx_bytes
        active_s, whole_s = self._active(at_s), self._active_s or 1
        return rx_bytes * active_s // whole_s, tx_bytes * active_s // whole_s

    def counted(self, at_s: int, count: Count) -> int:
        """Bytes before an instant in the directions that cost.

        Args:
            at_s: UTC seconds.
            count: the directions.
        """
        rx_bytes, tx_bytes = self.upto(at_s)
        if count == "both":
            return rx_bytes + tx_bytes
        return rx_bytes if count == "rx" else tx_bytes

    def moved(self, from_s: int, to_s: int) -> int:
        """Bytes in both directions between two instants.

        Args:
            from_s: UTC seconds.
            to_s: the same; an instant sample is within `[from_s, to_s)`.
        """
        if self.from_s == self.sample.to_s:
            return sum(self.upto(to_s)) if from_s <= self.to_s < to_s else 0
        return sum(self.upto(to_s)) - sum(self.upto(from_s))

    def _active(self, at_s: int) -> int:
        """Seconds awake before an instant that is before the end."""
        place = bisect_right(self._starts_s, at_s) - 1
        if place < 0:
            return 0
        before_s, length_s = self._before_s[place]
        return before_s + min(at_s - self._starts_s[place], length_s)


def cut(sample: Sample, marks: Iterable[int]) -> list[Sample]:
    """Split a sample.

    Args:
        sample: the whole.
        marks: UTC seconds, in any order; those not inside the sample cut nothing.

    Returns:
        Its parts in order of time, also those without bytes; they add up to the whole.
    """
    flow = Flow(sample)
    inside = {mark for mark in marks if flow.from_s < mark < flow.to_s}
    edges = [flow.from_s, *sorted(inside), flow.to_s]
    parts = []
    for from_s, to_s in pairwise(edges):
        sums = zip(flow.upto(to_s), flow.upto(from_s), strict=True)
        rx_bytes, tx_bytes = (upto - before for upto, before in sums)
        if flow.from_s == flow.to_s:
            rx_bytes, tx_bytes = sample.rx_bytes, sample.tx_bytes
        awake = tuple((a, b) for a, b in _merged(sample.awake, from_s, to_s))
        parts.append(
            sample._replace(
                from_s=from_s,
                to_s=to_s,
                rx_bytes=rx_bytes,
                tx_bytes=tx_bytes,
                awake=awake if sample.awake else (),
            )
        )
    return parts


def day_usage(
    samples: Iterable[Sample],
    zone: ZoneInfo,
    days: Sequence[date],
    bound: Callable[[Sample], Iterable[Interval]] | None = None,
) -> dict[date, int]:
    """Bytes in both directions in local days.

    Args:
        samples: what was measured.
        zone: whose days.
        days: which.
        bound: the parts of a sample that count (`Belonging.spans`); all without it.

    Returns:
        The bytes of each day.
    """
    limits = {
        day: (
            instant_of(day.toordinal(), 0, zone),
            instant_of(day.toordinal() + 1, 0, zone),
        )
        for day in days
    }
    usage = dict.fromkeys(days, 0)
    for sample in samples:
        flow = Flow(sample)
        spans = (
            [Interval(flow.from_s, flow.to_s + 1)] if bound is None else bound(sample)
        )
        for span in spans:
            for day, (from_s, to_s) in limits.items():
                begin_s, end_s = max(from_s, span.from_s), min(to_s, span.to_s)
                if begin_s < end_s:
                    usage[day] += flow.moved(begin_s, end_s)
    return usage


def _merged(awake: Iterable[tuple[int, int]], from_s: int, to_s: int) -> list[Interval]:
    """Spans within an interval, none of which meet; all of it where none is left."""
    spans: list[Interval] = []
    for start_s, end_s in sorted(awake):
        begin_s, stop_s = max(start_s, from_s), min(end_s, to_s)
        if begin_s >= stop_s:
            continue
        if spans and begin_s <= spans[-1].to_s:
            spans[-1] = Interval(spans[-1].from_s, max(spans[-1].to_s, stop_s))
        else:
            spans.append(Interval(begin_s, stop_s))
    return spans or [Interval(from_s, to_s)]
