"""Kinds of alerts that are silent whatever they are about, each until an instant.

What is silent for one plan is in its ledger; this is for kinds that no plan has, and
holds in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from monitor.store import meta
from monitor.store.schema import META

if TYPE_CHECKING:
    from monitor.store.engine import Store

_PREFIX: Final = "snoozed/"


def put(store: Store, kind: str, until_s: int) -> None:
    """Be silent about a kind.

    Args:
        store: open for writing.
        kind: of alert.
        until_s: UTC second; 0 to hear of it again.

    Raises:
        StoreError: it cannot be written.
    """
    key = f"{_PREFIX}{kind}"
    with store.begin() as connection:
        if until_s:
            meta.put(connection, {key: str(until_s)})
        else:
            connection.execute(delete(META).where(META.c.key == key))


def ends(store: Store) -> dict[str, int]:
    """Until which UTC second each kind is silent; some may be over.

    Args:
        store: open.

    Raises:
        StoreError: it cannot be read.
    """
    query = select(META.c.key, META.c.value).where(META.c.key.startswith(_PREFIX))
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {row.key.removeprefix(_PREFIX): int(row.value) for row in rows}
