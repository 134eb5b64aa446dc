"""Which span each piece of usage goes to. Pure.

A piece continues the newest span of its attachment when it begins where that one ends
and both lie in one 5-minute slot; a span is therefore as long as things stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.errors import StoreError
from monitor.usage import SLOT_S, Interval

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Span:
    """A row of `spans`."""

    span_id: int
    attachment_id: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where the pieces of one batch go.

    Attributes:
        span_ids: the span of each piece.
        made: spans that are new.
        extended: spans that were there and end later now.
        newest: the span of each attachment that a later batch may continue.
    """

    span_ids: dict[tuple[Interval, int], int]
    made: dict[int, Span]
    extended: dict[int, Span]
    newest: dict[int, Span]


def assign(
    pieces: Iterable[tuple[Interval, int]],
    newest: Mapping[int, Span],
    next_id: int,
    cuts: Collection[int] = (),
) -> Assignment:
    """Give each piece a span.

    Args:
        pieces: intervals with the id of their attachment.
        newest: by attachment, the span that may be continued.
        next_id: the first id that is free.
        cuts: seconds over which no span goes on: boundaries of plans.

    Returns:
        The spans; `newest` itself is not changed.

    Raises:
        StoreError: a piece ends before it begins or straddles a 5-minute mark.
    """
    result = Assignment({}, {}, {}, dict(newest))
    for interval, attachment_id in sorted(set(pieces)):
        check(interval)
        span = result.newest.get(attachment_id)
        if span is None or interval.from_s in cuts or not _continues(span, interval):
            span = Span(next_id + len(result.made), attachment_id, interval)
            result.made[span.span_id] = span
        elif interval.to_s > span.interval.to_s:
            span = replace(span, interval=Interval(span.interval.from_s, interval.to_s))
            stage = result.made if span.span_id in result.made else result.extended
            stage[span.span_id] = span
        result.newest[attachment_id] = span
        result.span_ids[interval, attachment_id] = span.span_id
    return result


def check(interval: Interval) -> None:
    """Refuse what would break the tiers: usage must lie in one 5-minute slot.

    Raises:
        StoreError: it does not.
    """
    if not 0 <= interval.from_s <= interval.to_s <= _slot(interval) + SLOT_S:
        raise StoreError(
            f"usage from {interval.from_s} to {interval.to_s} is not inside one "
            "5-minute slot; this is a fault of esimmon, please report it.",
            reason="refused",
        )


def _continues(span: Span, interval: Interval) -> bool:
    return span.interval.to_s == interval.from_s and _slot(span.interval) == _slot(
        interval
    )


def _slot(interval: Interval) -> int:
    return interval.from_s - interval.from_s % SLOT_S
