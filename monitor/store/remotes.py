"""Networks at the other end, by hour and application; a day of them is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.store.amounts import adding
from monitor.store.schema import REMOTE_HOURS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.store.batch import Batch
    from monitor.store.ids import Ids

_ADD = adding(REMOTE_HOURS, ("rx_bytes", "tx_bytes"))


def write(connection: Connection, batch: Batch, ids: Ids) -> None:
    """Add what was exchanged to its hours."""
    rows = [
        {
            "hour_s": hour.hour_s,
            "application_id": ids.application(connection, hour.application),
            "remote": hour.remote,
            "rx_bytes": rx_bytes,
            "tx_bytes": tx_bytes,
        }
        for hour, (rx_bytes, tx_bytes) in batch.remotes.items()
    ]
    if rows:
        connection.execute(_ADD, rows)
