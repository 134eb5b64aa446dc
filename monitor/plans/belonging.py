"""Which samples are a plan's: bound interfaces for a time, and the line's ICCIDs.

A sample of a network that is the plan's by itself (`matched`) is asked nothing more.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from monitor.plans.iccid import is_same
from monitor.plans.localtime import NEVER
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.plans.samples import Sample
    from monitor.plans.terms import Binding


class Belonging:
    """Answers whether a sample at an instant is the plan's."""

    __slots__ = ("_bound", "_edges", "_iccids", "_known")

    def __init__(
        self, bindings: Iterable[Binding] | None, iccids: Sequence[str] | None
    ) -> None:
        """Take what binds the plan.

        Args:
            bindings: those of the plan; None binds every interface.
            iccids: of the line, first and replacements; None where the first is not
                known, then none is refused.
        """
        self._bound: dict[str, list[Interval]] | None = None
        self._edges: list[int] = []
        self._iccids = iccids
        self._known: dict[str, bool] = {}
        if bindings is not None:
            self._bound = {}
            for each in bindings:
                from_s = -NEVER if each.from_s is None else each.from_s
                to_s = NEVER if each.to_s is None else each.to_s
                self._bound.setdefault(each.iface, []).append(Interval(from_s, to_s))
                self._edges += [from_s, to_s]
            self._edges.sort()

    def has(self, sample: Sample, at_s: int) -> bool:
        """Whether bytes at an instant are the plan's.

        Args:
            sample: of which they are a part.
            at_s: UTC seconds.
        """
        if sample.matched:
            return True
        if self._bound is not None:
            spans = self._bound.get(sample.iface, ())
            if not any(span.from_s <= at_s < span.to_s for span in spans):
                return False
        return sample.iccid is None or self._is_ours(sample.iccid)

    def next_edge(self, at_s: int) -> int:
        """The next instant at which a binding begins or ends; `NEVER` without one.

        Args:
            at_s: UTC seconds.
        """
        ahead = bisect_right(self._edges, at_s)
        return self._edges[ahead] if ahead < len(self._edges) else NEVER

    def edges(self, within: Interval) -> list[int]:
        """The instants inside an interval at which a binding begins or ends.

        Args:
            within: the interval.
        """
        return [edge for edge in self._edges if within.from_s < edge < within.to_s]

    def spans(self, sample: Sample) -> list[Interval]:
        """The parts of a sample that are the plan's.

        Args:
            sample: what was measured.

        Returns:
            Intervals that do not meet, in order; an instant is in `[to_s, to_s + 1)`.
        """
        start_s = min(sample.from_s, sample.to_s)
        end_s = max(sample.to_s, start_s + 1)
        found: list[Interval] = []
        while start_s < end_s:
            next_s = min(self.next_edge(start_s), end_s)
            if self.has(sample, start_s):
                found.append(Interval(start_s, next_s))
            start_s = next_s
        return found

    def _is_ours(self, iccid: str) -> bool:
        if self._iccids is None:
            return True
        if iccid not in self._known:
            self._known[iccid] = any(is_same(iccid, each) for each in self._iccids)
        return self._known[iccid]
