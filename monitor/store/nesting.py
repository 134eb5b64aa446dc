"""Usage told several times, finely and coarsely, as parts that count it once. Pure.

Of each time the finest table that knows it is taken. What a coarser one has beyond
that belongs to the time before the finer began, so that the parts inside each of its
rows add up to the row.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import Interval, Traffic, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Part(NamedTuple):
    """Usage of a time.

    Attributes:
        when: half-open.
        traffic: what was moved in it.
    """

    when: Interval
    traffic: Traffic


class Finest(NamedTuple):
    """What was told, counted once.

    Attributes:
        parts: in order of time; disjoint, but for what no time was left for.
        excess: for each table, what finer ones have beyond it: a contradiction.
    """

    parts: tuple[Part, ...]
    excess: tuple[Traffic, ...]


def finest(tiers: Sequence[Mapping[Interval, Traffic]], known: Interval) -> Finest:
    """Count once what several tables tell.

    Args:
        tiers: from the finest to the coarsest; intervals of one are disjoint.
        known: outside of it nothing was counted.
    """
    parts: list[Part] = []
    excess = []
    for tier in tiers:
        parts = list(_cut(parts, sorted({edge_s for row in tier for edge_s in row})))
        added, beyond = _beyond(parts, tier, known)
        excess.append(beyond)
        parts = sorted([*parts, *added], key=lambda part: part.when)
    return Finest(tuple(_within(part, known) for part in parts), tuple(excess))


def _cut(parts: Iterable[Part], edges: Sequence[int]) -> Iterator[Part]:
    """The same parts, none of them over an edge of a coarser table."""
    for part in parts:
        low = bisect_right(edges, part.when.from_s)
        marks = edges[low : bisect_left(edges, part.when.to_s)]
        if marks:
            yield from (Part(*piece) for piece in cut(part.traffic, part.when, marks))
        else:
            yield part


def _beyond(
    parts: list[Part], tier: Mapping[Interval, Traffic], known: Interval
) -> tuple[list[Part], Traffic]:
    """What a table has beyond the finer parts, and what these have beyond it."""
    starts = [part.when.from_s for part in parts]
    sums = list(accumulate((part.traffic for part in parts), initial=Traffic()))
    first_s = starts[0] if starts else known.to_s
    added, excess = [], Traffic()
    for row, traffic in tier.items():
        low, high = (bisect_left(starts, edge_s) for edge_s in row)
        left = traffic - (sums[high] - sums[low])
        excess += (left.clamped() - left).clamped()
        if left := left.clamped():
            before = Interval(row.from_s, min(row.to_s, first_s))
            before = _within(Part(before, left), known).when
            is_free = before.from_s < before.to_s
            added.append(Part(before if is_free else row, left))
    return added, excess


def _within(part: Part, known: Interval) -> Part:
    """The same without the time in which nothing was counted, where some is left."""
    when = part.when
    inside = Interval(max(when.from_s, known.from_s), min(when.to_s, known.to_s))
    return part if inside.from_s >= inside.to_s else part._replace(when=inside)


def without(when: Interval, others: Iterable[Interval]) -> list[Interval]:
    """What is left of a time.

    Args:
        when: half-open.
        others: what is taken away; in any order, they may overlap.

    Returns:
        In order of time; empty where nothing is left.
    """
    left = []
    cursor_s = when.from_s
    for other in sorted(others):
        if other.to_s <= cursor_s or other.from_s >= when.to_s:
            continue
        if other.from_s > cursor_s:
            left.append(Interval(cursor_s, other.from_s))
        cursor_s = other.to_s
    if cursor_s < when.to_s:
        left.append(Interval(cursor_s, when.to_s))
    return left


def spread(traffic: Traffic, over: Sequence[Interval]) -> list[Part]:
    """Divide usage among times by their length, to the byte.

    Args:
        traffic: all of it.
        over: not empty, none of them an instant.
    """
    lengths = list(accumulate((to_s - from_s for from_s, to_s in over), initial=0))
    upto = [traffic.part(length, lengths[-1]) for length in lengths]
    return [
        Part(when, upto[index + 1] - upto[index]) for index, when in enumerate(over)
    ]
