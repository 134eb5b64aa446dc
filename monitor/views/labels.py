"""What the rows of a report are called, for people: escaped, each told from the others.

Rows with the same texts are shown as one line.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from monitor.networks.attaching import is_local, whole
from monitor.usage import Traffic
from monitor.users import user_name
from monitor.views.names import visible
from monitor.views.parts import MINUTES
from monitor.views.phrases import date_text
from monitor.views.rows import (
    ELSEWHERE,
    NO_MEMBER,
    OTHER_PROCESSES,
    OTHERS,
    THIS_COMPUTER,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.usage import Interval
    from monitor.views.report import Report
    from monitor.views.rows import Row

_COLUMNS = {
    "process": ("process", "user", "program", "active"),
    "member": ("member", "plan"),
}


_DAY_S = 90_000  # the longest


class Shown(NamedTuple):
    """What is one line for people.

    Attributes:
        label: a text for each of `columns_of`, escaped.
        traffic: of all its rows.
        before: the same of the period before; None where rows are not compared.
        interval: which part of the period it is, if it is one.
        is_rest: whether it stands for all that is not shown.
    """

    label: tuple[str, ...]
    traffic: Traffic
    before: Traffic | None
    interval: Interval | None = None
    is_rest: bool = False

    @property
    def is_owned(self) -> bool:
        """Whether it is about a subject, and not about the measurement."""
        return not self.label[0].startswith("(")


def columns_of(report: Report) -> tuple[str, ...]:
    """What the texts of a line say.

    Args:
        report: whose rows.
    """
    return _COLUMNS.get(report.question.by, (report.question.by,))


def lines_of(report: Report) -> list[Shown]:
    """The lines of a report.

    Args:
        report: its rows.

    Returns:
        The largest first, the rest last, or in order of time; no empty ones but
        parts of the period.
    """
    sums: defaultdict[tuple[str, ...], Traffic] = defaultdict(Traffic)
    olds: defaultdict[tuple[str, ...], Traffic] = defaultdict(Traffic)
    last: dict[tuple[str, ...], Row] = {}
    for row in report.rows:
        label = _label(row, report)
        sums[label] += row.traffic
        last[label] = row
        if row.before is not None:
            olds[label] += row.before
    lines = [
        Shown(label, sums[label], olds.get(label), row.interval, row.reason == OTHERS)
        for label, row in last.items()
    ]
    if report.question.is_in_time and report.question.top is None:
        return lines
    moved = [line for line in lines if _bytes(line.traffic) or _bytes(line.before)]
    return sorted(
        moved, key=lambda line: (line.is_rest, -line.traffic.bytes, line.label)
    )


def largest_of(lines: Iterable[Shown]) -> int:
    """How many bytes the longest bar stands for; at least 1.

    Args:
        lines: of a report; the rest has no bar, since it would dwarf all others.
    """
    return max([1, *(line.traffic.bytes for line in lines if not line.is_rest)])


def _bytes(traffic: Traffic | None) -> bool:
    return traffic is not None and bool(traffic.rx_bytes or traffic.tx_bytes)


def _label(row: Row, report: Report) -> tuple[str, ...]:
    name = row_label(row, report)
    by = report.question.by
    if by == "member":
        return name, visible(row.plan or "")
    if by != "process":
        return (name,)
    if row.process is None:
        return name, "", "", ""
    program = visible(row.process.exe) or visible(row.application or "")
    active = _active(report.active_of[row.process], report)
    return name, visible(user_name(row.process.uid)), program, active


def _active(when: Interval, report: Report) -> str:
    """From when to when something moved, such as "01:12 - 04:55"."""
    zone, period = report.question.zone, report.question.period
    is_short = period.to_s - period.from_s <= _DAY_S
    begin, end = (
        f"{local:%H:%M}" if is_short else f"{local.day} {local:%b}"
        for local in (datetime.fromtimestamp(at_s, zone) for at_s in when)
    )
    return begin if begin == end else f"{begin} - {end}"


def row_label(row: Row, report: Report) -> str:
    """What a row is about, for people; its first column.

    Args:
        row: one of the report's.
        report: what it is part of.

    Returns:
        Such as "Firefox", "(forwarded: docker0)" or "Mon 2 Jun 2025"; harmless.
    """
    application = row.application or ""
    called = visible(report.titles.get(application, application))
    if row.reason == OTHERS:
        return f"({row.folded} other{'' if row.folded == 1 else 's'})"
    if row.reason == OTHER_PROCESSES:
        return f"(other processes of {called or '?'})"
    if row.reason == NO_MEMBER:
        return "(nobody who shares it)"
    if row.is_owned:
        return _subject(row, report, called)
    reason = visible(row.reason or "").replace("_", " ")
    if row.via:
        return f"({reason}: {visible(row.via)})"
    return f"({reason}) {called}".rstrip()


def _subject(row: Row, report: Report, called: str) -> str:
    if row.interval is not None:
        return part_text(row.interval, report)
    if row.process is not None:
        return f"{visible(row.process.comm)} [{row.process.pid}]"
    if report.question.by == "network":
        return _network(row.place.network, report)
    if row.device == THIS_COMPUTER:
        return "this computer"
    if row.device is not None:
        return f"{visible(row.device.removeprefix(ELSEWHERE))} (imported)"
    user = None if row.uid is None else user_name(row.uid)
    named = user or row.member or row.plan or row.app_class
    return called or visible(named or row.place.interface)


def _network(key: str, report: Report) -> str:
    name = report.network_names.get(whole(key), visible(whole(key)))
    return f"{name}, among neighbours" if is_local(key) else name


def part_text(interval: Interval, report: Report) -> str:
    """Write a part of the period.

    Args:
        interval: one of its rows.
        report: says in which zone, and what its rows are.

    Returns:
        Such as "Wed 11 Jun 2025", "11 Jun 2025 02:00 CEST" or "Jun 2025".
    """
    by, zone = report.question.by, report.question.zone
    local = datetime.fromtimestamp(interval.from_s, zone)
    if by in MINUTES:
        name = f" {local:%Z}" if local.fold else ""
        return f"{date_text(local)} {local:%H:%M}{name}"
    if by == "week":
        last = datetime.fromtimestamp(interval.to_s - 1, zone)
        return " - ".join(dict.fromkeys([date_text(local), date_text(last)]))
    if by == "month":
        return f"{local:%b} {local.year:04}"
    return f"{local.year:04}" if by == "year" else f"{local:%a} {date_text(local)}"
