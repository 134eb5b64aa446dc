"""A report as csv: one header, the same columns for every report by one subject.

By parts of the period each byte is in one row, with the machine and the plan: tables of
several machines can be put below each other and summed.

Quoted by RFC 4180. Lines end in a plain newline, because the reader is more often awk
than a spreadsheet, and both take it. All text is quoted, and numbers are not: a name
that begins with =, +, - or @ is kept as it is (a script must find it again, and
`-bash` or `@reboot` are names), but no reader that goes by the quotes takes it for a
number. Characters that a terminal would obey are escaped; JSON has them exactly.
"""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING

from monitor.views.facts import interface_facts, row_facts, utc
from monitor.views.names import visible
from monitor.views.parts import LENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.views.report import Report
    from monitor.views.rows import Row

_ALWAYS = ("interface", "via", "network")
_TRAFFIC = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
_OWNER = ("application", "reason", "class")
_ACTIVE = ("first_at", "last_at")
_SUBJECT = {
    "application": _OWNER,
    "process": (*_OWNER, "pid", "started_at", "comm", "exe", "uid", *_ACTIVE),
    "user": ("user", "uid", "reason"),
    "class": ("class", "reason"),
    "plan": ("plan", "reason"),
    "interface": ("rx_counter_bytes", "tx_counter_bytes", "coverage_pct"),
    "network": ("network_name", "rx_counter_bytes", "tx_counter_bytes"),
    "member": ("member", "plan", "reason"),
    "device": ("device", "reason"),
    **{length: (length, "from", "to") for length in LENGTHS},
}
_ACCOUNT = (
    *("host", "plan", "start_utc"),
    *("zero_rated_bytes", "uncovered_bytes", "coverage_pct"),
)
_COMPARED = ("before_rx_bytes", "before_tx_bytes")


def as_csv(report: Report) -> str:
    """Write a report for spreadsheets and shell scripts.

    Args:
        report: what to write.

    Returns:
        A header and one line a row; empty for what a row does not have.
    """
    question = report.question
    compared = _COMPARED if question.compare else ()
    account = _ACCOUNT if question.is_in_time else ()
    header = (*_SUBJECT[question.by], *_ALWAYS, *_TRAFFIC, *compared, *account)
    # What programs moved is a part of no counter.
    whole = () if question.is_narrow else report.interfaces
    interfaces = {each.name: interface_facts(each) for each in whole}
    every: list[dict[str, object]] = [
        {
            **interfaces.get(row.place.interface, {}),
            **row_facts(row, report),
            **(_account(row) if question.is_in_time else {}),
        }
        for row in report.rows
    ]
    return csv_text(header, [[facts.get(name) for name in header] for facts in every])


def _account(row: Row) -> dict[str, object]:
    """Of which machine and plan, and what of it was not counted; of programs nothing.

    Args:
        row: of a part of the period.
    """
    account, interval = row.account, row.interval
    permille = account.coverage_permille if account else None
    return {
        "host": os.uname().nodename,
        "plan": row.plan,
        "start_utc": utc(interval.from_s) if interval else None,
        "zero_rated_bytes": account.zero_rated_bytes if account else None,
        "uncovered_bytes": account.uncovered_bytes if account else None,
        "coverage_pct": None if permille is None else permille / 10,
    }


def csv_text(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Write rows as csv, as the module says.

    Args:
        header: names of columns.
        rows: a text, number or flag for each; None is an empty cell.

    Returns:
        Lines, without a newline at the end.
    """
    return "".join(csv_lines(header, rows)).removesuffix("\n")


def csv_lines(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The same line by line, each with its newline, for what has no end.

    Args:
        header: names of columns.
        rows: a text, number or flag for each; None is an empty cell.
    """
    line = _Line()
    csv.writer(line, lineterminator="\n").writerow(header)
    yield line.text
    lines = csv.writer(line, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in rows:
        lines.writerow(map(_cell, row))
        yield line.text


class _Line:
    """Where csv writes to: the last line."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _cell(fact: object) -> object:
    if fact is None:
        return ""
    if isinstance(fact, bool):
        return "true" if fact else "false"
    return visible(fact) if isinstance(fact, str) else fact
