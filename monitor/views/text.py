"""A report for people: aligned, largest first, with totals that add up."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.units import format_duration, format_rate, format_share, format_size
from monitor.views.labels import Shown, columns_of, largest_of, lines_of
from monitor.views.names import visible
from monitor.views.periods import find_zone
from monitor.views.phrases import date_text, wrapped
from monitor.views.question import Question
from monitor.views.report import read_report
from monitor.views.sentences import change_text, sentences, title
from monitor.views.table import Layout, Line, sparkline, table, terminal_layout

if TYPE_CHECKING:
    from monitor.store.engine import Store
    from monitor.usage import Interval
    from monitor.views.report import Report

SLICES = 16
"""Columns of the sparkline of a whole period, or one or two more: as wide as a bar."""
_FEWEST_SLICES = 3  # less is no course of anything
_ROOM_FOR_PROGRAMS = 64
_ROOM_FOR_TIMES = 96
_ROOM_FOR_RATES = 72
_ROOM_FOR_SHARES = 52  # else one does not see which hour it was


def report_text(store: Store, period: Interval, by: str = "application") -> str:
    """Write the report of a period for the terminal that this process writes to.

    Args:
        store: open for reading.
        period: half-open, UTC seconds.
        by: what the rows are about.

    Returns:
        Lines for standard output, in local time.

    Raises:
        StoreError: the database cannot be read.
    """
    question = Question(period=period, zone=find_zone(None), by=by)
    layout = terminal_layout(sys.stdout, os.environ)
    return as_text(read_report(store, question), layout)


def as_text(report: Report, layout: Layout) -> str:
    """Write a report for people.

    Args:
        report: what to write.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names from outside are escaped.
    """
    lines = [layout.bold(visible(title(report))), ""]
    if any(row.traffic for row in report.rows):
        lines += [*_body(report, layout), ""]
    for sentence in sentences(report):
        lines += wrapped(sentence, layout)
    return "\n".join(lines)


def _body(report: Report, layout: Layout) -> list[str]:
    whole = report.total.l3
    found = lines_of(report)
    header = columns_of(report)
    if layout.width < _ROOM_FOR_PROGRAMS:
        header = header[:1]
    elif layout.width < _ROOM_FOR_TIMES:
        header = header[:3]
    largest = largest_of(found)
    lines = [
        Line(
            (*line.label[: len(header)], *_numbers(report, line, layout)),
            share=None if line.is_rest else 1000 * line.traffic.bytes // largest,
            is_dim=not line.is_owned,
        )
        for line in found
    ]
    blanks = ("",) * (len(header) - 1)
    shown = report.shown if report.question.is_narrow else whole
    before = report.before.traffic if report.before else None
    everything = Shown(("total", *blanks), shown, before, report.question.period)
    lines.append(
        Line(
            (*everything.label, *_numbers(report, everything, layout)),
            tail=_in_time(report, layout),
        )
    )
    return [
        *table((*header, *_columns(report, layout)), lines, layout, texts=len(header)),
        *_scale(report, layout),
    ]


def _columns(report: Report, layout: Layout) -> tuple[str, ...]:
    if report.question.is_in_time and layout.width >= _ROOM_FOR_RATES:
        return ("down", "up", "total", "rate", "share")
    change = ("change",) if report.question.compare else ()
    share = ("share",) if layout.width >= _ROOM_FOR_SHARES else ()
    return ("down", "up", *share, *change)


def _numbers(report: Report, line: Shown, layout: Layout) -> tuple[str, ...]:
    whole, traffic = report.total.l3, line.traffic
    share = format_share(traffic.bytes, whole.bytes) if whole.bytes > 0 else "-"
    found = {
        "down": format_size(traffic.rx_bytes),
        "up": format_size(traffic.tx_bytes),
        "total": format_size(traffic.bytes),
        "rate": _rate(report, line),
        "share": f"{share} %",
        "change": _change(report, line),
    }
    return tuple(found[name] for name in _columns(report, layout))


def _rate(report: Report, line: Shown) -> str:
    """The average while there was something to count."""
    if line.interval is None or report.recorded is None:
        return ""
    begin_s = max(line.interval.from_s, report.recorded.from_s)
    length_s = min(line.interval.to_s, report.recorded.to_s) - begin_s
    return format_rate(line.traffic.bytes // length_s) if length_s > 0 else ""


def _change(report: Report, line: Shown) -> str:
    if report.before is None:
        return "-"
    was = line.before.bytes if line.before is not None else 0
    return change_text(line.traffic.bytes, was)


def _in_time(report: Report, layout: Layout) -> str:
    """The sum in the course of the period, unless the rows are just that."""
    if report.question.is_in_time or len(report.slices) < _FEWEST_SLICES:
        return ""
    return sparkline([each.traffic.bytes for each in report.slices], layout)


def _scale(report: Report, layout: Layout) -> list[str]:
    if not _in_time(report, layout):
        return []
    zone = report.question.zone
    most = max(report.slices, key=lambda each: each.traffic.bytes)
    begin = datetime.fromtimestamp(report.slices[0].interval.from_s, zone)
    top = datetime.fromtimestamp(most.interval.from_s, zone)
    length = format_duration(report.slice_s)
    sentence = (
        f"in time: {length} a column from {date_text(begin)} {begin:%H:%M}, at most "
        f"{format_size(most.traffic.bytes)} ({top.day} {top:%b %H:%M})"
    )
    return wrapped(sentence, layout)
