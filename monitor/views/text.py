"""A report for people: aligned, largest first, with totals that add up."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.units import format_duration, format_share, format_size
from monitor.usage import Traffic, total
from monitor.users import user_name
from monitor.views.labels import row_label
from monitor.views.names import visible
from monitor.views.periods import find_zone
from monitor.views.phrases import date_text, period_text, store_sentence, wrapped
from monitor.views.question import Question
from monitor.views.report import ESTIMATED, EXACT, read_report
from monitor.views.table import Layout, Line, table, terminal_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.engine import Store
    from monitor.usage import Interval
    from monitor.views.report import InterfaceTotal, Report
    from monitor.views.rows import Row

_SHARES = ("down", "up", "share")
_MOST_GAPS = 3
_ROOM_FOR_PROGRAMS = 64


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
    lines = [layout.bold(_title(report)), ""]
    if any(row.traffic for row in report.rows):
        lines += [*_body(report, layout), ""]
    for sentence in _footer(report):
        lines += wrapped(sentence, layout)
    return "\n".join(lines)


def _body(report: Report, layout: Layout) -> list[str]:
    whole = report.total.l3
    sums: defaultdict[tuple[str, ...], Traffic] = defaultdict(Traffic)
    for row in report.rows:
        sums[_label(row, report)] += row.traffic
    is_in_time = report.question.by in ("hour", "day")
    labels = [
        label
        for label, traffic in sums.items()
        if is_in_time or traffic.rx_bytes or traffic.tx_bytes
    ]
    if not is_in_time:
        labels.sort(key=lambda label: (-sums[label].bytes, label))
    header = _header(report, layout)
    largest = max(1, *(traffic.bytes for traffic in sums.values()))
    lines = [
        Line(
            (*label[: len(header)], *_numbers(sums[label], whole)),
            share=1000 * sums[label].bytes // largest,
            is_dim=label[0].startswith("("),
        )
        for label in labels
    ]
    blanks = ("",) * (len(header) - 1)
    shown = total(sums.values()) if report.question.applications else whole
    lines.append(Line(("total", *blanks, *_numbers(shown, whole))))
    return table((*header, *_SHARES), lines, layout, texts=len(header))


def _numbers(traffic: Traffic, whole: Traffic) -> tuple[str, str, str]:
    share = format_share(traffic.bytes, whole.bytes) if whole.bytes > 0 else "-"
    return format_size(traffic.rx_bytes), format_size(traffic.tx_bytes), f"{share} %"


def _header(report: Report, layout: Layout) -> tuple[str, ...]:
    if report.question.by == "process" and layout.width >= _ROOM_FOR_PROGRAMS:
        return "process", "user", "program"
    return (report.question.by,)


def _label(row: Row, report: Report) -> tuple[str, ...]:
    """The texts of a line; rows with the same texts are shown as one."""
    by = report.question.by
    name = row_label(row, report)
    if by != "process":
        return (name,)
    if row.process is None:
        return name, "", ""
    program = visible(row.process.exe) or visible(row.application or "")
    return name, visible(user_name(row.process.uid)), program


def _title(report: Report) -> str:
    when = period_text(report.question.period, report.question.zone)
    names = ", ".join(interface.name for interface in report.interfaces)
    return visible(f"{when}  {names}".rstrip())


def _nothing(report: Report) -> str:
    if report.recorded is None:
        return "Nothing is recorded yet. Start counting with: esimmon run"
    if report.interfaces and report.question.applications:
        return "Nothing that fits --app moved bytes in this period."
    if report.interfaces:
        return "No bytes were moved in this period."
    which = "such" if report.question.interfaces else "billed"
    begin = datetime.fromtimestamp(report.recorded.from_s, report.question.zone)
    return (
        f"Nothing is recorded of {which} interfaces in this period; records begin "
        f"{date_text(begin)} {begin:%H:%M}."
    )


def _footer(report: Report) -> Iterator[str]:
    if not any(row.traffic for row in report.rows):
        yield _nothing(report)
    yield from _whole_sentences(report)
    yield from _gap_sentences(report)
    yield store_sentence(report.store, report.recorded, report.question.zone)


def _whole_sentences(report: Report) -> Iterator[str]:
    """What the rows add up to, or are a part of."""
    if report.question.applications:
        names = ", ".join(report.question.applications)
        yield f"only {names}; everything together is {_both(report.total.l3)}"
        return
    for interface in report.interfaces:
        yield _counter_sentence(interface)
        if interface.local:
            yield (
                f"  beside it {_both(interface.local)} stayed among its neighbours, "
                "and is in no plan"
            )
    yield from _coverage_sentence(report)


def _counter_sentence(interface: InterfaceTotal) -> str:
    counter, packets = interface.bill.counter, interface.bill.l3
    exactness = ESTIMATED if interface.estimated_bytes else EXACT
    equal = (counter.rx_bytes, counter.tx_bytes) == (packets.rx_bytes, packets.tx_bytes)
    if equal:
        return f"= {interface.name} counter: {_both(counter)}, all of it IP packets"
    return (
        f"= {interface.name} counter: {_both(counter)}; as IP packets, which is what "
        f"a carrier bills: {_both(packets)} ({exactness})"
    )


def _both(traffic: Traffic) -> str:
    return f"{format_size(traffic.rx_bytes)} down, {format_size(traffic.tx_bytes)} up"


def _coverage_sentence(report: Report) -> Iterator[str]:
    permille = report.coverage_permille
    if permille is None:
        return
    sentence = f"coverage {permille // 10}.{permille % 10} %"
    left = report.unattributed.bytes
    yield f"{sentence}: {format_size(left)} without a known owner" if left else sentence


def _gap_sentences(report: Report) -> Iterator[str]:
    for gap in report.gaps[:_MOST_GAPS]:
        start, end = (
            datetime.fromtimestamp(at_s, report.question.zone) for at_s in gap.interval
        )
        same_day = start.date() == end.date()
        shown_end = f"{end:%H:%M}" if same_day else f"{date_text(end)} {end:%H:%M}"
        length_s = gap.interval.to_s - gap.interval.from_s
        why = "daemon stopped" if gap.clean else "daemon killed, or no power"
        yield (
            f"gap {date_text(start)} {start:%H:%M} - {shown_end} "
            f"({format_duration(length_s)}): {why}"
        )
    more = len(report.gaps) - _MOST_GAPS
    if more > 0:
        yield f"and {more} more gaps (all of them: --json)"
