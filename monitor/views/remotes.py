"""`report --by remote`: the networks that programs talked to, in whatever form.

A memory of some hours, for "what was that?". It is by whole clock hours, over all
interfaces and network namespaces, and no part of any sum: two containers that talk to
each other are in it as well. It has no names: asking for them would leave this
machine, and the caches that could know are not open to us (systemd-resolved shows its
own to administrators only, and browsers ask past it).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.store import queries, remotes
from monitor.store.batch import OTHER
from monitor.store.remotes import Met
from monitor.units import exact_duration, format_size
from monitor.usage import Interval
from monitor.views.as_csv import csv_text
from monitor.views.facts import utc
from monitor.views.names import visible
from monitor.views.phrases import period_text, store_sentence, wrapped
from monitor.views.report import EXACT
from monitor.views.table import Line, table
from monitor.views.titles import find_entries, shown_titles, titles_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from monitor.store.engine import Store
    from monitor.views.question import Question
    from monitor.views.table import Layout

REMOTE = "remote"
"""What `--by` takes for it."""
LONGEST = "7 days"
"""A `--since` that reaches over all that may be kept."""

_HOUR_S = 3600
_COLUMNS = ("application", "remote", "rx_bytes", "tx_bytes")
_OFF = "The networks that programs talk to are not kept: that is off."
_HOW = (
    "To turn it on, set enabled = true under [remotes] in the daemon's configuration, "
    "and reload it: sudo systemctl reload esimmon"
)
_WHAT = (
    "A memory of the last {kept} by whole hours, in no sum: what sockets of programs "
    "exchanged, in containers too, with each /24 of IPv4 and /48 of IPv6."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteReport:
    """What was found.

    Attributes:
        question: what was asked.
        period: the whole hours of it that are kept.
        rows: the largest first; one without an application stands for many.
        kept_s: how long rows are kept; 0 where that is off.
        store: the database that was read.
        recorded: first and last second with records; None without any.
        titles: what to call applications in a text, where that is not their name.
    """

    question: Question
    period: Interval
    rows: tuple[Met, ...]
    kept_s: int
    store: Path
    recorded: Interval | None
    titles: Mapping[str, str]

    def written(self, output_format: str, layout: Layout) -> str:
        """Write it.

        Args:
            output_format: `text`, `json` or `csv`.
            layout: what the terminal can show, for a text.
        """
        if output_format == "json":
            return _as_json(self)
        return _as_csv(self) if output_format == "csv" else _as_text(self, layout)


def read_remotes(store: Store, question: Question, now_s: int) -> RemoteReport:
    """Ask the store.

    Args:
        store: open for reading.
        question: what is wanted; interfaces and plans are not known of networks.
        now_s: UTC second now: what is older than may be kept is not shown, although
            it may not have been dropped yet.

    Returns:
        The report; without rows when nothing was kept.

    Raises:
        StoreError: the database cannot be read.
    """
    kept_s = remotes.kept_s(store)
    oldest_s = max(question.period.from_s, now_s - kept_s)
    from_s = oldest_s - oldest_s % _HOUR_S
    last_s = min(question.period.to_s, now_s + 1) - 1
    period = Interval(from_s, max(from_s, last_s - last_s % _HOUR_S + _HOUR_S))
    found = remotes.met(store, period) if kept_s else []
    entries = find_entries(found, os.environ)
    question = replace(question, titles=titles_of(entries))
    rows = [row for row in found if question.names(row.application)]
    if question.top is not None:
        rows = _fold(rows, question.top)
    return RemoteReport(
        question=question,
        period=period,
        rows=tuple(rows),
        kept_s=kept_s,
        store=store.path,
        recorded=queries.recorded(store),
        titles=shown_titles(entries, (row.application for row in rows)),
    )


def _fold(rows: list[Met], top: int) -> list[Met]:
    """Keep the largest, and make one row of the others."""
    small = rows[top:]
    rx_bytes = sum(row.rx_bytes for row in small)
    tx_bytes = sum(row.tx_bytes for row in small)
    return rows[:top] + ([Met("", OTHER, rx_bytes, tx_bytes)] if small else [])


def _facts(row: Met) -> dict[str, str | int | None]:
    return {
        "application": row.application or None,
        "remote": row.remote,
        "rx_bytes": row.rx_bytes,
        "tx_bytes": row.tx_bytes,
    }


def _as_json(report: RemoteReport) -> str:
    recorded = report.recorded
    return json.dumps(
        {
            "version": 1,
            "from": utc(report.period.from_s),
            "to": utc(report.period.to_s),
            "timezone": str(report.question.zone),
            "by": REMOTE,
            "app": list(report.question.applications),
            "kept_s": report.kept_s,
            "l3": EXACT,
            "store": str(report.store),
            "counted_from": utc(recorded.from_s) if recorded else None,
            "counted_until": utc(recorded.to_s) if recorded else None,
            "interfaces": [],
            "rows": [_facts(row) for row in report.rows],
        },
        indent=2,
    )


def _as_csv(report: RemoteReport) -> str:
    every = map(_facts, report.rows)
    return csv_text(_COLUMNS, [[facts[name] for name in _COLUMNS] for facts in every])


def _as_text(report: RemoteReport, layout: Layout) -> str:
    lines = [layout.bold(period_text(report.period, report.question.zone)), ""]
    if report.rows:
        lines += [*_body(report, layout), ""]
    for sentence in _footer(report):
        lines += wrapped(sentence, layout)
    return "\n".join(lines)


def _body(report: RemoteReport, layout: Layout) -> list[str]:
    largest = max(1, *(row.bytes for row in report.rows))
    lines = [
        Line(
            (
                *_label(row, report),
                format_size(row.rx_bytes),
                format_size(row.tx_bytes),
            ),
            share=1000 * row.bytes // largest,
            is_dim=row.remote == OTHER,
        )
        for row in report.rows
    ]
    return table(("application", "network", "down", "up"), lines, layout, texts=2)


def _label(row: Met, report: RemoteReport) -> tuple[str, str]:
    network = "(others)" if row.remote == OTHER else visible(row.remote)
    return visible(report.titles.get(row.application, row.application)), network


def _footer(report: RemoteReport) -> Iterator[str]:
    if not report.kept_s:
        yield _OFF
        yield _HOW
    else:
        if not report.rows:
            which = "that fits --app " if report.question.applications else ""
            yield f"Nothing {which}is remembered of these hours."
        hours, rest = divmod(report.kept_s, _HOUR_S)
        yield _WHAT.format(kept=exact_duration(report.kept_s) if rest else f"{hours} h")
    yield store_sentence(report.store, report.recorded, report.question.zone)
