"""What was recorded, row by row, for programs: JSON and csv with the same columns.

Both are written as they are read: three years take no more memory than a day.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from monitor.views.as_csv import csv_lines
from monitor.views.facts import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.store.exporting import Exported
    from monitor.usage import Interval

KIND: Final = "esimmon export"
VERSION: Final = 1
COLUMNS: Final = (
    *("from", "to", "network", "interface", "application", "reason", "class", "uid"),
    *("via", "rx_bytes", "tx_bytes", "rx_packets", "tx_packets"),
)
"""Of every row: they stay as they are, and others may come after them."""

_NO_UID: Final = -1


def facts(row: Exported) -> dict[str, str | int | None]:
    """A row by name of column.

    Args:
        row: what was recorded.
    """
    share = row.share
    name = share["name"] if share else ""
    return {
        "from": utc(row.when.from_s),
        "to": utc(row.when.to_s),
        "network": row.where.network,
        "interface": row.where.device,
        "application": name or None,
        "reason": row.reason or None,
        "class": share["app_class"] if share and name else None,
        "uid": share["uid"] if share and share["uid"] != _NO_UID else None,
        "via": (share["via"] if share else "") or None,
        "rx_bytes": row.traffic.rx_bytes,
        "tx_bytes": row.traffic.tx_bytes,
        "rx_packets": row.traffic.rx_packets,
        "tx_packets": row.traffic.tx_packets,
    }


def as_json(period: Interval, machine: str, rows: Iterable[Exported]) -> Iterator[str]:
    """JSON in pieces, a row a line.

    Args:
        period: of the rows.
        machine: which one it was, as backups call it.
        rows: in any order.

    Yields:
        Pieces of one document; control characters are escaped.
    """
    head = {
        "version": VERSION,
        "kind": KIND,
        "machine": machine,
        "from": utc(period.from_s),
        "to": utc(period.to_s),
    }
    yield json.dumps(head)[:-1] + ', "rows": ['
    before = "\n"
    for row in rows:
        yield before + json.dumps(facts(row))
        before = ",\n"
    yield "\n]}\n"


def as_csv(rows: Iterable[Exported]) -> Iterator[str]:
    """Lines of csv, see `as_csv`.

    Args:
        rows: in any order.
    """
    return csv_lines(COLUMNS, (facts(row).values() for row in rows))
