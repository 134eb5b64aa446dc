"""What a picture of a report shows: how much when, and by whom; in numbers and words.

Pure; a page and a plot are drawn from it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.units import format_duration, format_share, format_size
from monitor.usage import Traffic
from monitor.views.labels import part_text
from monitor.views.phrases import date_text

if TYPE_CHECKING:
    from monitor.usage import Interval
    from monitor.views.report import Report

_DAY_S: Final = 86_400
_MOST_MARKS: Final = 7
_STEPS: Final = (1, 2, 5)
_FEWEST_TICKS: Final = 3


class Column(NamedTuple):
    """One column of the picture in time.

    Attributes:
        interval: what it stands for.
        name: of it, such as "26 Nov 2026 20:00".
        mark: what stands below it; empty for most.
        traffic: how high it is.
    """

    interval: Interval
    name: str
    mark: str
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Picture:
    """How much was moved when.

    Attributes:
        columns: in order of time.
        length: of a column, in words.
        ticks: bytes at which lines are drawn, with their names; the last is the top.
    """

    columns: tuple[Column, ...]
    length: str
    ticks: tuple[tuple[int, str], ...]

    @property
    def top_bytes(self) -> int:
        """How many bytes are as high as the picture; at least 1."""
        return self.ticks[-1][0] if self.ticks else 1

    @property
    def sentence(self) -> str:
        """What it shows, for who cannot see it."""
        most = max(self.columns, key=lambda each: each.traffic.bytes)
        return (
            f"{len(self.columns)} columns of {self.length} each, from "
            f"{self.columns[0].name}; the most is {format_size(most.traffic.bytes)}, "
            f"{most.name}."
        )


def picture_of(report: Report) -> Picture:
    """Make the picture of a report.

    Args:
        report: with slices, or with rows that are parts of the period.

    Returns:
        Without columns where nothing was moved.
    """
    moved = _moved(report)
    largest = max((traffic.bytes for _, traffic in moved), default=0)
    if largest <= 0:
        return Picture((), "", ())
    every = -(-len(moved) // _MOST_MARKS)
    columns = tuple(
        Column(
            interval,
            _name(interval, report),
            _mark(interval, report) if at % every == 0 else "",
            traffic.clamped(),
        )
        for at, (interval, traffic) in enumerate(moved)
    )
    return Picture(columns, _length(report), tuple(_ticks(largest)))


def _moved(report: Report) -> list[tuple[Interval, Traffic]]:
    if not report.question.is_in_time:
        return list(report.slices)
    sums: defaultdict[Interval, Traffic] = defaultdict(Traffic)
    for row in report.rows:
        if row.interval is not None:  # the others are folded
            sums[row.interval] += row.traffic
    return sorted(sums.items())


def _length(report: Report) -> str:
    by = report.question.by
    if not report.question.is_in_time:
        return format_duration(report.slice_s)
    return "5 min" if by == "5min" else f"1 {by}"


def _name(interval: Interval, report: Report) -> str:
    if report.question.is_in_time:
        return part_text(interval, report)
    local = datetime.fromtimestamp(interval.from_s, report.question.zone)
    at = "" if report.slice_s >= _DAY_S else f" {local:%H:%M}"
    return f"{date_text(local)}{at}"


def _mark(interval: Interval, report: Report) -> str:
    local = datetime.fromtimestamp(interval.from_s, report.question.zone)
    by, is_in_time = report.question.by, report.question.is_in_time
    if by in ("month", "year"):
        return part_text(interval, report)
    is_of_hours = by in ("5min", "hour") if is_in_time else report.slice_s < _DAY_S
    period = report.question.period
    if is_of_hours and period.to_s - period.from_s <= 2 * _DAY_S:
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b}"


def _ticks(largest: int) -> list[tuple[int, str]]:
    """Round numbers up to the first that is not below the largest."""
    step = next(
        digit * 10**power
        for power in range(40)
        for digit in _STEPS
        if digit * 10**power * (_FEWEST_TICKS + 1) >= largest
    )
    count = max(1, -(-largest // step))
    return [(step * at, format_size(step * at)) for at in range(count + 1)]


def permille(part: int, whole: int) -> int:
    """A share in thousandths, for a length.

    Args:
        part: may be negative, which has none.
        whole: of which.

    Returns:
        0 to 1,000.
    """
    return min(1000, max(0, 1000 * part // whole)) if whole > 0 else 0


def share_text(part: Traffic, whole: Traffic) -> str:
    """A share in words.

    Args:
        part: of the whole.
        whole: of which.

    Returns:
        Such as "61.5 %".
    """
    if whole.bytes <= 0:
        return "-"
    return f"{format_share(part.bytes, whole.bytes)} %"
