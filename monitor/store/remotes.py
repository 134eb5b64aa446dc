"""Networks at the other end, by clock hour and application: a short memory.

Bounded: while an hour runs, an application has at most `MOST_NETWORKS` of them, and
when it is over the largest few; what is beyond is one row `OTHER`. They are no part of
any sum, go after some hours, and are in no backup. A killed daemon loses what it had
taken from the kernel since its last flush.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, func, select

from monitor.store import meta
from monitor.store.amounts import adding
from monitor.store.batch import OTHER
from monitor.store.pending import HOUR_S, MOST_NETWORKS
from monitor.store.schema import APPLICATIONS, REMOTE_HOURS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from monitor.store.batch import Batch
    from monitor.store.engine import Store
    from monitor.store.ids import Ids
    from monitor.usage import Interval

_ADD = adding(REMOTE_HOURS, ("rx_bytes", "tx_bytes"))
_DROP = delete(REMOTE_HOURS).where(
    *(column == bindparam(f"of_{column.name}") for column in REMOTE_HOURS.primary_key)
)


class Met(NamedTuple):
    """What an application exchanged with a network.

    Attributes:
        application: its name.
        remote: a /24 of IPv4 or a /48 of IPv6; or `OTHER`.
        rx_bytes: received.
        tx_bytes: sent.
        app_kind: kind of the application.
    """

    application: str
    remote: str
    rx_bytes: int
    tx_bytes: int
    app_kind: str = ""

    @property
    def bytes(self) -> int:
        """Both directions."""
        return self.rx_bytes + self.tx_bytes


def write(connection: Connection, batch: Batch, ids: Ids) -> None:
    """Add what was exchanged to its hours; drop all when nothing is to be kept."""
    if batch.remotes_kept_s == 0:
        connection.execute(delete(REMOTE_HOURS))
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
    for hour_s in {hour.hour_s for hour in batch.remotes}:
        while _fold(connection, REMOTE_HOURS.c.hour_s == hour_s, MOST_NETWORKS, -1):
            pass


def fold_hours(connection: Connection, before_s: int, top: int, rows: int) -> int:
    """Fold what is beyond the largest networks of an application and hour.

    Args:
        connection: in a transaction.
        before_s: hours that end by then.
        top: how many networks stay.
        rows: how many go at most.

    Returns:
        How many rows went into one `OTHER`.
    """
    is_over = REMOTE_HOURS.c.hour_s <= before_s - HOUR_S
    return _fold(connection, is_over, top, rows)


def _fold(
    connection: Connection, which: ColumnElement[bool], top: int, rows: int
) -> int:
    """Fold the small networks of one application and hour that has too many."""
    columns = REMOTE_HOURS.c
    crowded = (
        select(columns.hour_s, columns.application_id)
        .where(which, columns.remote != OTHER)
        .group_by(columns.hour_s, columns.application_id)
        .having(func.count() > top)
    )
    group = connection.execute(crowded.limit(1)).one_or_none()
    if group is None:
        return 0
    hour_s, application_id = group
    small = (
        select(REMOTE_HOURS)
        .filter_by(hour_s=hour_s, application_id=application_id)
        .where(columns.remote != OTHER)
        .order_by((columns.rx_bytes + columns.tx_bytes).desc(), columns.remote)
        .offset(top)
        .limit(rows)
    )
    doomed = connection.execute(small).mappings().all()
    keys = [column.name for column in REMOTE_HOURS.primary_key]
    connection.execute(
        _DROP, [{f"of_{name}": row[name] for name in keys} for row in doomed]
    )
    other = {
        "hour_s": hour_s,
        "application_id": application_id,
        "remote": OTHER,
        "rx_bytes": sum(row["rx_bytes"] for row in doomed),
        "tx_bytes": sum(row["tx_bytes"] for row in doomed),
    }
    connection.execute(_ADD, other)
    return len(doomed)


def drop_oldest(connection: Connection, before_s: int) -> int:
    """Drop the rows of the oldest hour, if it ended early enough.

    Args:
        connection: in a transaction.
        before_s: hours that end by then may go.

    Returns:
        How many rows went.
    """
    hour = REMOTE_HOURS.c.hour_s
    oldest_s = connection.scalar(select(func.min(hour)))
    if oldest_s is None or oldest_s + HOUR_S > before_s:
        return 0
    return connection.execute(delete(REMOTE_HOURS).where(hour == oldest_s)).rowcount


def kept_s(store: Store) -> int:
    """How long rows are kept, as the last daemon said; 0 for not at all.

    Raises:
        StoreError: the database cannot be read.
    """
    with store.read() as connection:
        return meta.number(meta.read(connection), meta.REMOTES_KEPT_S)


def met(store: Store, period: Interval) -> list[Met]:
    """What was exchanged in the clock hours that begin in a period.

    Args:
        store: where.
        period: half-open.

    Returns:
        One row for each name of an application and network; the largest first.

    Raises:
        StoreError: the database cannot be read.
    """
    columns = REMOTE_HOURS.c
    wanted = (
        select(
            APPLICATIONS.c.name,
            columns.remote,
            func.sum(columns.rx_bytes),
            func.sum(columns.tx_bytes),
            func.min(APPLICATIONS.c.kind),
        )
        .select_from(REMOTE_HOURS.join(APPLICATIONS))
        .where(columns.hour_s >= period.from_s, columns.hour_s < period.to_s)
        .group_by(APPLICATIONS.c.name, columns.remote)
    )
    with store.read() as connection:
        found = [Met(*row) for row in connection.execute(wanted)]
    return sorted(found, key=lambda row: (-row.bytes, row.application, row.remote))
