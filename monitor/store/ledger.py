"""The plans' ledger: entries are added, and then stay for ever.

The same id twice is one entry. What was edited by hand, or written by a later version,
is an error that names the entry: a plan is never judged on a part of its ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import LargeBinary, cast, insert, or_, select

from monitor.errors import StoreError
from monitor.escapes import visible
from monitor.plans.entries import Entry
from monitor.plans.values import decode
from monitor.plans.writing import canonical
from monitor.store.plan_tables import LEDGER

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from monitor.store.engine import Store

EACH: Final = ""
"""In place of a plan's id: the entry goes to each."""

_DECODER: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(
    Entry, dec_hook=decode
)
# As bytes: what somebody wrote need not be UTF-8.
_BODY = cast(LEDGER.c.body, LargeBinary).label("bytes")
_ROWS = select(
    LEDGER.c.id, LEDGER.c.kind, LEDGER.c.plan, _BODY, LEDGER.c.noted_s, LEDGER.c.by
).order_by(LEDGER.c.entry_no)


class Noted(NamedTuple):
    """An entry as it stands in the ledger.

    Attributes:
        entry: what happened.
        noted_s: UTC second at which it was written down.
        by: who did.
    """

    entry: Entry
    noted_s: int
    by: str


def append(store: Store, entry: Entry, noted_s: int, by: str) -> bool:
    """Add an entry, unless it is there already.

    Args:
        store: open for writing.
        entry: what happened.
        noted_s: UTC second now.
        by: who says so.

    Returns:
        False when it was there: the same but for `ts`, which is when it was said.

    Raises:
        StoreError: it has the id of another entry, or it cannot be written; nothing
            was.
    """
    row = {
        "id": entry.id,
        "ts_s": int(entry.ts),
        "kind": kind_of(entry),
        "plan": EACH if entry.plan is None else entry.plan,
        "body": canonical(entry),
        "noted_s": noted_s,
        "by": by,
    }
    with store.begin() as connection:
        known = _known(connection, store.path, entry.id)
        if known is None:
            connection.execute(insert(LEDGER), row)
    if known is not None and not is_same(known.entry, entry):
        raise StoreError(
            f'the ledger has an entry "{visible(entry.id)}" that says something else '
            f"({kind_of(known.entry)}); nothing was noted.",
            reason="refused",
        )
    return known is None


def is_same(one: Entry, other: Entry) -> bool:
    """Whether two entries say the same, whenever they were said."""
    return one == replace(other, ts=one.ts)


def kind_of(entry: Entry) -> str:
    """The kind of an entry, as in the ledger of `plan-model`."""
    return str(entry.__struct_config__.tag)


def entries(store: Store, plan: str | None = None) -> list[Noted]:
    """What the ledger has.

    Args:
        store: open.
        plan: entries of this plan and those of each plan; None for all.

    Returns:
        In the order in which they were written down.

    Raises:
        StoreError: one of them cannot be understood.
    """
    with store.read() as connection:
        return read_entries(connection, store.path, plan)


def read_entries(
    connection: Connection, path: Path, plan: str | None = None
) -> list[Noted]:
    """The same in a transaction.

    Raises:
        StoreError: one of them cannot be understood.
    """
    wanted = _ROWS
    if plan is not None:
        wanted = wanted.where(or_(LEDGER.c.plan == plan, LEDGER.c.plan == EACH))
    return [_noted(row, path) for row in connection.execute(wanted)]


def _known(connection: Connection, path: Path, entry_id: str) -> Noted | None:
    row = connection.execute(_ROWS.where(LEDGER.c.id == entry_id)).one_or_none()
    return None if row is None else _noted(row, path)


def _noted(row: Row[*tuple[Any, ...]], path: Path) -> Noted:
    """A row as a value.

    Raises:
        StoreError: it is not what this program writes.
    """
    entry_id, kind, plan, body, noted_s, by = row
    try:
        entry = _DECODER.decode(body)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, entry_id, str(error)) from error
    said = (entry.id, kind_of(entry), EACH if entry.plan is None else entry.plan)
    if said != (entry_id, kind, plan):
        raise _unreadable(path, entry_id, "its columns and its body disagree")
    return Noted(entry, noted_s, by)


def _unreadable(path: Path, entry_id: str, why: str) -> StoreError:
    return StoreError(
        f'{path}: the entry "{visible(entry_id)}" of the ledger cannot be read: '
        f"{visible(why)}. Somebody edited it, or a later version of esimmon wrote it.",
        reason="refused",
    )
