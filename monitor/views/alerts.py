"""The list of alerts as text, JSON (version 1) and csv."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.views.alert_states import (
    Silences,
    local,
    reasons,
    state_of,
    told_text,
)
from monitor.views.as_csv import csv_text
from monitor.views.facts import utc
from monitor.views.names import fit, visible
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.store.alerts import AlertRow
    from monitor.views.table import Layout

MOST_SHOWN: Final = 50
"""So many alerts are on a screen unless somebody asks for more."""
_HEADER = ("raised", "alert", "told", "state")
_IN_CSV = (
    "id",
    "kind",
    "plan",
    "application",
    "network",
    "detail",
    "raised_at",
    "told_at",
    "cleared_at",
    "title",
    "state",
)
_STATE_WIDTH: Final = len("snoozed")
_MOMENT_WIDTH: Final = len("31 Dec 23:59")


def alert_facts(row: AlertRow, silences: Silences) -> dict[str, object]:
    """An alert by name of column.

    Args:
        row: of the store.
        silences: of this moment.

    Returns:
        `told_at` is when a person first saw it: null while only the log has it.
    """
    alert = row.raised.alert
    return {
        "id": row.alert_id or None,
        "kind": alert.key.kind,
        "plan": alert.plan or None,
        "application": alert.application or None,
        "network": alert.network or None,
        "detail": alert.detail,
        "raised_at": utc(row.raised.at_s),
        "told_at": None if row.told_s is None else utc(row.told_s),
        "cleared_at": None if row.cleared_s is None else utc(row.cleared_s),
        "title": alert.title,
        "body": alert.body,
        "told_by": list(row.told_by),
        "failures": row.failures,
        "state": state_of(row, silences),
        "told": [{"by": way, "at": utc(at_s)} for way, at_s in row.told_at.items()],
        "failed": [{"by": way, "at": utc(at_s)} for way, at_s in row.failed_at.items()],
    }


def alerts_as_json(rows: Sequence[AlertRow], store: Path, silences: Silences) -> str:
    """Write alerts for programs.

    Args:
        rows: oldest first.
        store: where they are from.
        silences: of this moment.

    Returns:
        ASCII, safe on a terminal.
    """
    facts = [alert_facts(row, silences) for row in rows]
    return json.dumps({"version": 1, "store": str(store), "alerts": facts}, indent=2)


def alerts_as_csv(rows: Sequence[AlertRow], silences: Silences) -> str:
    """Write alerts for spreadsheets and shell scripts.

    Args:
        rows: oldest first.
        silences: of this moment.

    Returns:
        A header, and one line an alert.
    """
    every = [alert_facts(row, silences) for row in rows]
    return csv_text(_IN_CSV, [[facts[name] for name in _IN_CSV] for facts in every])


class Shown(NamedTuple):
    """What a list for people is of.

    Attributes:
        rows: oldest first.
        silences: of this moment.
        older: how many more there are before them.
        is_all: whether nothing was left out by what the person asked for.
    """

    rows: Sequence[AlertRow]
    silences: Silences = Silences()
    older: int = 0
    is_all: bool = True


def alerts_as_text(shown: Shown, store: Path, zone: ZoneInfo, layout: Layout) -> str:
    """Write alerts for people.

    Args:
        shown: which.
        store: where they are from.
        zone: of the reader.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names from outside are escaped.
    """
    place = f"store {visible(str(store))}"
    rows = shown.rows
    if not rows:
        none = "No alert was ever raised." if shown.is_all else "No such alert."
        return f"{none}\n{place}"
    lines = [
        Line(
            (
                local(row.raised.at_s, zone),
                visible(row.raised.alert.title),
                told_text(row, zone),
                state_of(row, shown.silences),
            ),
            is_dim=row.cleared_s is not None,
        )
        for row in rows
    ]
    found = table(_HEADER, lines, layout, len(_HEADER))
    if shown.older:
        are = "alert is" if shown.older == 1 else "alerts are"
        found.append(f"{shown.older} older {are} not shown: add --all")
    for reason in reasons(rows):
        found += textwrap.wrap(reason, layout.width)
    return "\n".join([*found, "", place])


def alert_as_line(
    row: AlertRow, silences: Silences, zone: ZoneInfo, layout: Layout
) -> str:
    """Write how one alert stands, and since when, for people who watch.

    Args:
        row: of the store.
        silences: of this moment.
        zone: of the reader.
        layout: what the terminal can show.

    Returns:
        A line, and one with the reason where nobody saw it; both fit the width.
    """
    moments = [row.raised.at_s, *row.told_at.values(), *row.failed_at.values()]
    if row.cleared_s is not None:
        moments.append(row.cleared_s)
    state = state_of(row, silences)
    when = local(max(moments), zone).ljust(_MOMENT_WIDTH)
    head = f"{when}  {state.ljust(_STATE_WIDTH)}  "
    told = told_text(row, zone)
    room = layout.width - len(head) - len(told) - len("  ")
    title = visible(row.raised.alert.title)
    lines = [f"{head}{fit(title, room, layout.ellipsis)}  {told}".rstrip()]
    if state == "failed":
        blank = " " * len(head)
        for reason in reasons([row]):
            lines += textwrap.wrap(
                reason, layout.width, initial_indent=blank, subsequent_indent=blank
            )
    return "\n".join(layout.dim(each) if state == "over" else each for each in lines)
