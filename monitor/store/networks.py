"""What is known of the networks that devices were attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.sqlite import insert

from monitor.networks.uplink import CONFIG, Network
from monitor.store.columns import FLAG, FLAGS
from monitor.store.network_tables import NETWORKS
from monitor.store.schema import ATTACHMENTS
from monitor.usage import Attachment, Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, RowMapping

    from monitor.store.batch import Batch
    from monitor.store.engine import Store


_FLAGS: Final = ("metered", "roaming")
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


class Met(NamedTuple):
    """A network that was met.

    Attributes:
        network: as it was the last time.
        label: what a person calls it; empty when nobody does.
        where: on which device and how it was billed last; None when it never was.
        seen: first and last second with usage; None when that is not known.
    """

    network: Network
    label: str = ""
    where: Attachment | None = None
    seen: Interval | None = None


def write(connection: Connection, batch: Batch) -> None:
    """Keep what is known now of networks; their labels stay."""
    rows = [values_of(network) for network in batch.networks.values()]
    if rows:
        connection.execute(_MEET, rows)


def values_of(network: Network, label: str = "") -> dict[str, object]:
    """A network as column values."""
    facts = {name: getattr(network, name) for name in Network.__dataclass_fields__}
    flags = {name: FLAGS[getattr(network, name)] for name in _FLAGS}
    return facts | flags | {"label": label}


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


def attachment_of(row: RowMapping, networks: Mapping[str, Network]) -> Attachment:
    """The attachment of a row.

    Args:
        row: of `attachments`.
        networks: all that is known of them, by key.
    """
    network = networks.get(row["network"]) or Network(row["network"])
    return Attachment(
        network=row["network"],
        device=row["device"],
        billed=bool(row["billed"]),
        metered=FLAG[row["metered"]],
        tethered=bool(row["tethered"]),
        iccid=row["iccid"],
        mcc=row["mcc"],
        roaming=FLAG[row["roaming"]],
        l3_exact=bool(row["l3_exact"]),
        uuid=network.uuid,
        ssid=network.ssid,
        tether=network.tether,
    )


def met(store: Store) -> list[Met]:
    """All networks that bytes were billed on, and all others that are known.

    Args:
        store: open.

    Returns:
        By key.

    Raises:
        StoreError: the database cannot be read.
    """
    # What was never seen at a known time comes first, and so does not decide.
    wanted = select(ATTACHMENTS).where(ATTACHMENTS.c.billed == 1)
    in_time = wanted.order_by(ATTACHMENTS.c.to_s, ATTACHMENTS.c.attachment_id)
    with store.read() as connection:
        networks = known(connection)
        labels = dict(_labels(connection))
        used = connection.execute(in_time).mappings().all()
    found = {key: Met(network, labels[key]) for key, network in networks.items()}
    for row in used:
        where = attachment_of(row, networks)
        before = found.get(where.network) or Met(Network(where.network))
        seen = _together(before.seen, row["from_s"], row["to_s"])
        found[where.network] = before._replace(where=where, seen=seen)
    return [found[key] for key in sorted(found)]


def _together(
    seen: Interval | None, from_s: int | None, to_s: int | None
) -> Interval | None:
    if from_s is None or to_s is None:
        return seen
    if seen is None:
        return Interval(from_s, to_s)
    return Interval(min(seen.from_s, from_s), max(seen.to_s, to_s))


def _labels(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(select(NETWORKS.c.key, NETWORKS.c.label))
    return [(row.key, row.label) for row in rows]


def has_cost(store: Store, key: str) -> bool:
    """Whether a network was metered, or another device's hotspot, at any time.

    Args:
        store: open.
        key: of the network.

    Returns:
        What the person said of it the last time it was met, before all else.

    Raises:
        StoreError: it cannot be read.
    """
    met = select(NETWORKS).where(NETWORKS.c.key == key)
    cost = exists().where(
        ATTACHMENTS.c.network == key,
        or_(ATTACHMENTS.c.metered == FLAGS[True], ATTACHMENTS.c.tethered == 1),
    )
    with store.read() as connection:
        row = connection.execute(met).mappings().one_or_none()
        network = None if row is None else network_of(row)
        if network is not None and network.metered_by == CONFIG:
            return network.metered is True
        return bool(connection.scalar(select(cost)))
