"""`esimmon report`: which program, process, user or hour moved which bytes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from monitor import clock
from monitor.commands.options import with_format, with_setup
from monitor.control import request
from monitor.errors import UsageError
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval
from monitor.views.as_csv import as_csv
from monitor.views.as_json import as_json
from monitor.views.periods import RUN, find_zone, parse_period, parse_since
from monitor.views.report import SUBJECTS, Question, read_report
from monitor.views.table import terminal_layout
from monitor.views.text import as_text

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup
    from monitor.store.engine import Store
    from monitor.views.report import Report

_PERIOD = "today"


@click.command("report")
@click.option(
    "--by",
    type=click.Choice(SUBJECTS),
    default=SUBJECTS[0],
    show_default=True,
    help="What the rows are about.",
)
@click.option(
    "--period",
    metavar="PERIOD",
    help="today (default), yesterday, week, month, last-night (22:00-06:00), run (the "
    "daemon's last), YYYY, YYYY-MM, YYYY-MM-DD or A..B.",
)
@click.option(
    "--since", metavar="X", help='From X up to now: a time such as "2h", or a date.'
)
@click.option(
    "--interface",
    "interfaces",
    metavar="PATTERN",
    multiple=True,
    help='Only these, such as "wwan*" (repeatable). Default: all that are billed.',
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="N",
    help="Keep the N largest, fold the others into one row.",
)
@click.option("--tz", metavar="ZONE", help="Days and times of this zone.")
@with_format("text", "json", "csv")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    by: str,
    period: str | None,
    since: str | None,
    interfaces: tuple[str, ...],
    top: int | None,
    tz: str | None,
    output_format: str,
) -> None:
    """Show who moved which bytes; the rows add up to the interface's counter.

    \b
    esimmon report                                   today, by application
    esimmon report --period last-night --by process
    esimmon report --since 2h --top 5
    esimmon report --period 2025-05 --by day --tz Asia/Kathmandu --csv
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    zone = find_zone(tz)
    if period is not None and since is not None:
        raise UsageError("--period and --since exclude each other: give one of them.")
    # Before anything is opened, so that a misspelt period is said first.
    chosen = _chosen(period or _PERIOD, since, zone)
    with open_store(_flushed_store(setup), writable=False) as store:
        question = Question(
            period=chosen or _last_run(store),
            zone=zone,
            by=by,
            interfaces=interfaces,
            top=top,
        )
        report = read_report(store, question)
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(_written(report, output_format), file=sys.stdout)


def _chosen(period: str, since: str | None, zone: ZoneInfo) -> Interval | None:
    """The period; None for the daemon's last run, which only the store knows."""
    now_s = clock.now_s()
    if since is not None:
        return parse_since(since, now_s, zone)
    return None if period == RUN else parse_period(period, now_s, zone)


def _last_run(store: Store) -> Interval:
    """The last run of the daemon, up to the last second it counted.

    Raises:
        UsageError: there was none.
    """
    run = queries.last_run(store)
    if run is None:
        raise UsageError("no run is recorded yet. Start counting with: esimmon run")
    # An instant in the last second belongs to what starts there.
    return Interval(run.from_s, run.to_s + 1)


def _flushed_store(setup: Setup) -> Path:
    """The database to read: that of a running daemon, which writes down what it has."""
    stores = setup.readable_stores()
    for store in stores:
        if any(request(each, "flush", {}) for each in setup.sockets(store)):
            return store
    return stores[0]


def _written(report: Report, output_format: str) -> str:
    if output_format == "json":
        return as_json(report)
    if output_format == "csv":
        return as_csv(report)
    return as_text(report, terminal_layout(sys.stdout, os.environ))
