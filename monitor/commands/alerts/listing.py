"""`esimmon alerts list`: what was told, by which way, and how it stands."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from monitor import clock
from monitor.commands.alerts.silent import find_silences
from monitor.commands.alerts.watching import AS_LISTENER, follow_alerts
from monitor.commands.options import with_format, with_setup
from monitor.daemon.control import request
from monitor.errors import UsageError
from monitor.notifiers.pending import PENDING
from monitor.store import alerts as stored
from monitor.store.engine import open_store
from monitor.views.alert_states import Wanted
from monitor.views.alerts import (
    MOST_SHOWN,
    Shown,
    alerts_as_csv,
    alerts_as_json,
    alerts_as_text,
)
from monitor.views.periods import find_zone, parse_either
from monitor.views.table import terminal_layout

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.commands.options import Setup


@click.command("list")
@click.option(
    "--period",
    metavar="PERIOD",
    help="Only those raised in it: today, yesterday, week, month, last-night, YYYY, "
    "YYYY-MM, YYYY-MM-DD or A..B.",
)
@click.option(
    "--since",
    metavar="X",
    help='Only those raised from X on: a time such as "2h", or a date.',
)
@click.option("--plan", "plan_id", metavar="NAME", help="Only those of this plan.")
@click.option(
    "--kind",
    "kinds",
    metavar="PATTERN",
    multiple=True,
    help='Only kinds such as data.limit or "data.*" (repeatable).',
)
@click.option("--holding", is_flag=True, help="Only what holds now.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Only the N newest. Text has {MOST_SHOWN}, json and csv all.",
)
@click.option("--all", "is_all", is_flag=True, help="All of them, also as text.")
@click.option(
    "--follow",
    is_flag=True,
    help="Then show each new alert, and each one that changes, until Ctrl-C.",
)
@with_format("text", "json", "csv")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    period: str | None,
    since: str | None,
    plan_id: str | None,
    kinds: tuple[str, ...],
    holding: bool,
    last: int | None,
    is_all: bool,
    follow: bool,
    output_format: str,
) -> None:
    """List alerts, the newest last: by what each was told, and how it stands.

    It holds or is over; is snoozed; waits for the end of quiet hours; or failed: it
    holds, and nobody could be shown it. "log only" is what is in the log and was shown
    to nobody, "phone" what the relay sent. With --follow, json is one object a line.

    \b
    esimmon alerts list
    esimmon alerts list --holding --kind "data.*"
    esimmon alerts list --since "2 days" --json
    esimmon alerts list --follow
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if is_all and last is not None:
        raise UsageError("--all and --last exclude each other: give one of them.")
    zone = find_zone(None)
    chosen = parse_either(period, since, clock.now_s(), zone)
    wanted = Wanted(chosen, plan_id, kinds, holding)
    last = None if is_all else last or (MOST_SHOWN if output_format == "text" else None)
    if follow:
        if output_format == "csv" or period is not None:
            raise UsageError("--follow goes with text and json, and not with --period.")
        follow_alerts(setup, wanted, last, is_json=output_format == "json")
        return
    path, socket = setup.flushed()
    with open_store(path, writable=False) as store:
        rows = stored.listed(store)
        found = wanted.of(rows)
        pending = None if socket is None else request(socket, PENDING, AS_LISTENER)
        silences = find_silences(setup, store, found, pending)
    kept = found[-last:] if last else found
    shown = Shown(kept, silences, len(found) - len(kept), is_all=not rows)
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(_written(shown, path, output_format, zone), file=sys.stdout)


def _written(shown: Shown, path: Path, output_format: str, zone: ZoneInfo) -> str:
    if output_format == "json":
        return alerts_as_json(shown.rows, path, shown.silences)
    if output_format == "csv":
        return alerts_as_csv(shown.rows, shown.silences)
    layout = terminal_layout(sys.stdout, os.environ)
    return alerts_as_text(shown, path, zone, layout)
