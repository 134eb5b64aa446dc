"""Which tier answers for which part of a period. Pure.

Days that lie wholly inside, then clock hours that lie wholly inside, then spans for
the edges and for all whose sums are not up to date. Where the spans, or the hours as
well, are dropped already, the finest tier that is left answers, and its rows are cut
at the period's edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOUR_S = 3600


class Tier(StrEnum):
    """How finely usage is kept."""

    SPANS = "spans"
    HOURS = "hours"
    DAYS = "days"


class Segment(NamedTuple):
    """A part of the period and the tier that answers for it."""

    tier: Tier
    interval: Interval


@dataclass(frozen=True, slots=True)
class Layout:
    """What the store has of a period.

    Attributes:
        days: intervals of days whose sums are up to date; disjoint, in order.
        stale_hours: starts of clock hours whose sums are not.
        spans_from_s: spans begin here; a whole hour.
        hours_from_s: hours begin here; the end of a day, not after `spans_from_s`.
    """

    days: tuple[Interval, ...] = ()
    stale_hours: frozenset[int] = frozenset()
    spans_from_s: int = 0
    hours_from_s: int = 0


def segments(period: Interval, layout: Layout) -> list[Segment]:
    """Cut a period into parts, each for one tier.

    Args:
        period: half-open.
        layout: what there is.

    Returns:
        Parts in order, disjoint, that make up the period; none for an empty one.
    """
    cursor_s = max(period.from_s, min(period.to_s, layout.hours_from_s))
    parts = [Segment(Tier.DAYS, Interval(period.from_s, cursor_s))]
    for day in layout.days:
        if day.from_s >= cursor_s and day.to_s <= period.to_s:
            parts += _without_days(Interval(cursor_s, day.from_s), layout)
            parts.append(Segment(Tier.DAYS, day))
            cursor_s = day.to_s
    parts += _without_days(Interval(cursor_s, period.to_s), layout)
    return list(_joined(parts))


def _without_days(part: Interval, layout: Layout) -> Iterator[Segment]:
    """Hours where they are all that is left or are right, else spans."""
    cursor_s = max(part.from_s, min(part.to_s, layout.spans_from_s))
    yield Segment(Tier.HOURS, Interval(part.from_s, cursor_s))
    first_s = min(part.to_s, -(-cursor_s // HOUR_S) * HOUR_S)
    last_s = max(first_s, part.to_s - part.to_s % HOUR_S)
    yield Segment(Tier.SPANS, Interval(cursor_s, first_s))
    cursor_s = first_s
    for hour_s in sorted(layout.stale_hours):
        if first_s <= hour_s < last_s:
            yield Segment(Tier.HOURS, Interval(cursor_s, hour_s))
            cursor_s = hour_s + HOUR_S
            yield Segment(Tier.SPANS, Interval(hour_s, cursor_s))
    yield Segment(Tier.HOURS, Interval(cursor_s, last_s))
    yield Segment(Tier.SPANS, Interval(last_s, part.to_s))


def _joined(parts: Iterable[Segment]) -> Iterator[Segment]:
    """The same without empty parts, neighbours of one tier in one."""
    pending: Segment | None = None
    for part in parts:
        if part.interval.from_s >= part.interval.to_s:
            continue
        if pending is None:
            pending = part
        elif pending.tier == part.tier:
            whole = Interval(pending.interval.from_s, part.interval.to_s)
            pending = Segment(part.tier, whole)
        else:
            yield pending
            pending = part
    if pending is not None:
        yield pending
