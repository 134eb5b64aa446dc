"""The list of alerts as text, JSON (version 1) and csv."""

from __future__ import annotations

import json
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.views.as_csv import csv_text
from monitor.views.facts import utc
from monitor.views.names import visible
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.store.alerts import AlertRow
    from monitor.views.table import Layout

_HEADER = ("raised", "alert", "shown", "state")
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
)


def alert_facts(row: AlertRow) -> dict[str, object]:
    """An alert by name of column.

    Args:
        row: of the store.

    Returns:
        `told_at` is when a person first saw it: null while only the log has it.
    """
    alert = row.raised.alert
    return {
        "id": row.alert_id,
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
    }


def alerts_as_json(rows: Sequence[AlertRow], store: Path) -> str:
    """Write alerts for programs.

    Args:
        rows: oldest first.
        store: where they are from.

    Returns:
        ASCII, safe on a terminal.
    """
    facts = [alert_facts(row) for row in rows]
    return json.dumps({"version": 1, "store": str(store), "alerts": facts}, indent=2)


def alerts_as_csv(rows: Sequence[AlertRow]) -> str:
    """Write alerts for spreadsheets and shell scripts.

    Args:
        rows: oldest first.

    Returns:
        A header, and one line an alert.
    """
    every = map(alert_facts, rows)
    return csv_text(_IN_CSV, [[facts[name] for name in _IN_CSV] for facts in every])


def alerts_as_text(
    rows: Sequence[AlertRow], store: Path, zone: ZoneInfo, layout: Layout
) -> str:
    """Write alerts for people.

    Args:
        rows: oldest first.
        store: where they are from.
        zone: of the reader.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names from outside are escaped.
    """
    place = f"store {visible(str(store))}"
    if not rows:
        return f"No alert was ever raised.\n{place}"
    lines = [
        Line(
            (
                _local(row.raised.at_s, zone),
                visible(row.raised.alert.title),
                _shown(row, zone),
                "holds" if row.cleared_s is None else "over",
            ),
            is_dim=row.cleared_s is not None,
        )
        for row in rows
    ]
    shown = table(_HEADER, lines, layout, len(_HEADER))
    reasons = [why for row in rows if _failed(row) for why in row.failures.values()]
    for reason in dict.fromkeys(reasons):
        sentence = f"failed: {visible(reason)}"
        shown += textwrap.wrap(sentence, layout.width)
    return "\n".join([*shown, "", place])


def _failed(row: AlertRow) -> bool:
    return row.told_s is None and bool(row.failures)


def _shown(row: AlertRow, zone: ZoneInfo) -> str:
    if row.told_s is not None:
        return _local(row.told_s, zone)
    return "failed" if _failed(row) else "log only"


def _local(at_s: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at_s, zone)
    return f"{local.day} {local:%b %H:%M}"
