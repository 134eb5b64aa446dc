"""What is known of the networks that devices were attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from monitor.store.columns import FLAG, FLAGS
from monitor.store.network_tables import NETWORKS
from monitor.uplink import Network

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from monitor.store.batch import Batch

_FLAGS: Final = ("metered", "roaming")
_NO_LABEL: Final = {"label": ""}
_OWN: Final = ("key", "label")  # the one never changes, the other is the person's
_MEET = insert(NETWORKS)
_MEET = _MEET.on_conflict_do_update(
    index_elements=list(NETWORKS.primary_key),
    set_={
        column.name: _MEET.excluded[column.name]
        for column in NETWORKS.columns
        if column.name not in _OWN
    },
)


def write(connection: Connection, batch: Batch) -> None:
    """Keep what is known now of networks; their labels stay."""
    rows = [
        {name: getattr(network, name) for name in Network.__dataclass_fields__}
        | {name: FLAGS[getattr(network, name)] for name in _FLAGS}
        | _NO_LABEL
        for network in batch.networks.values()
    ]
    if rows:
        connection.execute(_MEET, rows)


def network_of(row: RowMapping) -> Network:
    """The network of a row."""
    facts = {name: row[name] for name in Network.__dataclass_fields__}
    return Network(**(facts | {name: FLAG[row[name]] for name in _FLAGS}))


def known(connection: Connection) -> dict[str, Network]:
    """All networks that were ever met, as they were the last time.

    Args:
        connection: to the store.

    Returns:
        By key.
    """
    rows = connection.execute(select(NETWORKS)).mappings()
    return {row["key"]: network_of(row) for row in rows}
