"""What people call their networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select
from sqlalchemy.dialects.sqlite import insert

from monitor.errors import RejectedError, UsageError
from monitor.escapes import visible
from monitor.networks.uplink import Network
from monitor.store.network_tables import NETWORKS
from monitor.store.networks import values_of
from monitor.store.schema import ATTACHMENTS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.store.engine import Store

LONGEST: Final = 64

_CALL = insert(NETWORKS)
_CALL = _CALL.on_conflict_do_update(
    index_elements=list(NETWORKS.primary_key), set_={"label": _CALL.excluded.label}
)


class Labels:
    """What networks are called, as the only writer of a store knows it.

    Attributes:
        by_key: the names; a network that is called nothing may be missing.
    """

    def __init__(self, store: Store) -> None:
        """Read what they are called so far.

        Raises:
            StoreError: it cannot be read.
        """
        self._store = store
        self.by_key: dict[str, str] = {}
        self.read()

    def read(self) -> None:
        """Take what they are called in the store.

        Raises:
            StoreError: it cannot be read.
        """
        named = select(NETWORKS.c.key, NETWORKS.c.label).where(NETWORKS.c.label != "")
        with self._store.read() as connection:
            rows = connection.execute(named).all()
        self.by_key = {row.key: row.label for row in rows}

    def put(self, key: str, text: str) -> str:
        """Call a network something; as `put_label`."""
        label = put_label(self._store, key, text)
        self.by_key[key] = label
        return label


def usable_label(text: str) -> str:
    """What a network may be called.

    Args:
        text: what somebody wrote; nothing takes the name away.

    Returns:
        The same without blanks around it.

    Raises:
        UsageError: it is too long, or a terminal would not show it as it is.
    """
    label = text.strip()
    if len(label) > LONGEST:
        raise UsageError(
            f"a network's name has at most {LONGEST} characters; this one has "
            f"{len(label)}."
        )
    if not label.isprintable():
        raise UsageError(
            f'"{visible(label)}" cannot be a network\'s name: it has characters that '
            "are not shown."
        )
    return label


def put_label(store: Store, key: str, text: str) -> str:
    """Call a network something.

    Args:
        store: open for writing.
        key: of the network.
        text: the name, in place of any other; nothing takes it away.

    Returns:
        The name as it is kept.

    Raises:
        UsageError: nothing can be called that.
        RejectedError: there is no such network, or another one is called that.
        StoreError: it cannot be written.
    """
    label = usable_label(text)
    with store.begin() as connection:
        _insist_on_network(connection, key)
        if label:
            _insist_on_free(connection, key, label)
        connection.execute(_CALL, values_of(Network(key), label))
    return label


def _insist_on_network(connection: Connection, key: str) -> None:
    met_before = select(NETWORKS.c.key).where(NETWORKS.c.key == key)
    used = select(ATTACHMENTS.c.network).where(ATTACHMENTS.c.network == key)
    if connection.execute(met_before.union(used)).first() is None:
        raise RejectedError(f'no network "{visible(key)}" is known. Nothing changed.')


def _insist_on_free(connection: Connection, key: str, label: str) -> None:
    """Refuse a name by which another network is found."""
    names = (NETWORKS.c[name] for name in ("label", "key", "uuid", "iccid"))
    taken = select(NETWORKS.c.key).where(
        NETWORKS.c.key != key, or_(*(name == label for name in names))
    )
    other = connection.execute(taken).scalars().first()
    if other is not None:
        raise RejectedError(
            f'another network is called "{label}": {visible(other)}. Nothing changed.'
        )
