"""What the devices of a pool said: what each moved, and how far its word reaches.

What a device says of an hour replaces what it said of it before, if it said so later:
the higher revision wins. What this device said of itself stands beside the others', and
is told again to whoever did not hear it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.sqlite import insert

from monitor.store.columns import FLAG, FLAGS
from monitor.store.pool_tables import POOL_DEVICES, POOL_ENTRIES, POOL_USAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from monitor.store.engine import Store
    from monitor.usage import Interval


class Device(NamedTuple):
    """A device of the pool, in one of its lives.

    Attributes:
        name: in the pool.
        instance: which of its lives: one set up anew is another.
        member: whose device it is; empty for nobody's.
        is_own: whether that is this device now.
        revision: the newest of its words that is known.
        from_s: of the own device: usage from this UTC second on is told.
        through_s: UTC second up to which its usage is complete.
        said_s: when it said so, by its own clock.
        heard_s: and by ours; 0 for never.
        terms: by plan, the hash of the words by which it judges it.
    """

    name: str
    instance: str
    member: str = ""
    is_own: bool = False
    revision: int = 0
    from_s: int = 0
    through_s: int = 0
    said_s: int = 0
    heard_s: int = 0
    terms: Mapping[str, str] = {}


class Key(NamedTuple):
    """What a sum of usage is of.

    Attributes:
        plan: that paid for it.
        from_s: UTC second; within a clock hour.
        mcc: country; empty when unknown.
        tethered: whether moved for another machine; None when unknown.
        app: the application, where a rule of the plan asks for it; else empty.
        member: whose it was; empty for nobody's.
    """

    plan: str
    from_s: int
    mcc: str = ""
    tethered: bool | None = None
    app: str = ""
    member: str = ""


class Amount(NamedTuple):
    """A sum of usage.

    Attributes:
        to_s: UTC second at which it ends.
        rx_bytes: received.
        tx_bytes: sent.
    """

    to_s: int
    rx_bytes: int
    tx_bytes: int


class Said(NamedTuple):
    """A sum as one device said it."""

    key: Key
    amount: Amount
    revision: int


_PUT_DEVICE = insert(POOL_DEVICES)
_PUT_DEVICE = _PUT_DEVICE.on_conflict_do_update(
    index_elements=list(POOL_DEVICES.primary_key),
    set_={
        each.name: _PUT_DEVICE.excluded[each.name]
        for each in POOL_DEVICES.c
        if not each.primary_key
    },
)
_PUT_USAGE = insert(POOL_USAGE)
_PUT_USAGE = _PUT_USAGE.on_conflict_do_update(
    index_elements=list(POOL_USAGE.primary_key),
    set_={
        name: _PUT_USAGE.excluded[name]
        for name in ("to_s", "rx_bytes", "tx_bytes", "revision")
    },
    where=POOL_USAGE.c.revision < _PUT_USAGE.excluded.revision,
)
_PUT_ENTRY = insert(POOL_ENTRIES).on_conflict_do_nothing()
_SUMS = select(
    *(
        POOL_USAGE.c[name]
        for name in ("plan", "from_s", "mcc", "tethered", "app", "member")
    ),
    *(POOL_USAGE.c[name] for name in ("to_s", "rx_bytes", "tx_bytes", "revision")),
)


def devices(store: Store) -> list[Device]:
    """All devices of the pool in all their lives, by name.

    Args:
        store: open.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        return read_devices(connection)


def read_devices(connection: Connection) -> list[Device]:
    """The same in a transaction."""
    rows = connection.execute(
        select(POOL_DEVICES).order_by(POOL_DEVICES.c.device, POOL_DEVICES.c.instance)
    ).mappings()
    return [
        Device(
            row["device"],
            row["instance"],
            row["member"],
            bool(row["is_own"]),
            row["revision"],
            row["from_s"],
            row["through_s"],
            row["said_s"],
            row["heard_s"],
            json.loads(row["terms"]),
        )
        for row in rows
    ]


def own_of(found: Iterable[Device]) -> Device | None:
    """This device, if it is in a pool."""
    return next((each for each in found if each.is_own), None)


def put_device(connection: Connection, device: Device) -> None:
    """Write down what is known of a device; there is one own device at most."""
    if device.is_own:
        connection.execute(update(POOL_DEVICES).values(is_own=0))
    row = device._asdict()
    row |= {
        "device": row.pop("name"),
        "is_own": int(device.is_own),
        "terms": json.dumps(dict(device.terms), sort_keys=True),
    }
    connection.execute(_PUT_DEVICE, row)


def leave(store: Store) -> None:
    """Be in no pool any more; what was said stays said.

    Args:
        store: open for writing.

    Raises:
        StoreError: it cannot be written.
    """
    with store.begin() as connection:
        connection.execute(update(POOL_DEVICES).values(is_own=0))


def put_usage(connection: Connection, device: Device, said: Iterable[Said]) -> None:
    """Take sums of a device; of two of one thing the later stays."""
    rows = [
        {
            "device": device.name,
            "instance": device.instance,
            **each.key._asdict(),
            "tethered": FLAGS[each.key.tethered],
            **each.amount._asdict(),
            "revision": each.revision,
        }
        for each in said
    ]
    if rows:
        connection.execute(_PUT_USAGE, rows)


def sums(
    connection: Connection, device: Device, plan: str, period: Interval
) -> dict[Key, Amount]:
    """What a device said of a plan in a period."""
    table = POOL_USAGE.c
    query = _SUMS.where(
        and_(table.device == device.name, table.instance == device.instance),
        and_(
            table.plan == plan,
            table.from_s >= period.from_s,
            table.from_s < period.to_s,
        ),
    )
    return {each.key: each.amount for each in _said(connection.execute(query))}


def said_after(
    connection: Connection, device: Device, revision: int, most: int
) -> list[Said]:
    """The sums of a device whose revision is above one, the oldest words first."""
    table = POOL_USAGE.c
    query = (
        _SUMS.where(table.device == device.name, table.instance == device.instance)
        .where(table.revision > revision)
        .order_by(table.revision)
        .limit(most)
    )
    return list(_said(connection.execute(query)))


def said_by_others(
    connection: Connection, own: Device, plan: str
) -> list[tuple[str, Said]]:
    """What all but this device in this life said of a plan, with the device's name."""
    table = POOL_USAGE.c
    query = _SUMS.add_columns(table.device).where(
        table.plan == plan,
        (table.device != own.name) | (table.instance != own.instance),
    )
    rows = connection.execute(query).all()
    return [(row[-1], one) for row, one in zip(rows, _said(rows), strict=True)]


def _said(rows: Iterable[Sequence[object]]) -> list[Said]:
    found = []
    for row in rows:
        plan, from_s, mcc, tethered, app, member, *amounts = row[:10]
        key = Key(plan, from_s, mcc, FLAG[tethered], app, member)  # type: ignore[arg-type, index]  # columns of a strict table
        found.append(Said(key, Amount(*amounts[:3]), amounts[3]))  # type: ignore[arg-type]  # as above
    return found


def newest_revision(connection: Connection, device: Device) -> int:
    """The highest revision of a sum or an entry of a device in this life."""
    highest = 0
    for table in (POOL_USAGE, POOL_ENTRIES):
        query = select(func.max(table.c.revision)).where(
            table.c.device == device.name, table.c.instance == device.instance
        )
        highest = max(highest, connection.scalar(query) or 0)
    return highest


def origins(connection: Connection) -> dict[str, tuple[str, str, int]]:
    """Whose each entry of the ledger is: device, instance and revision, by its id."""
    table = POOL_ENTRIES.c
    rows = connection.execute(
        select(table.id, table.device, table.instance, table.revision)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def put_origins(
    connection: Connection, device: Device, found: Mapping[str, int]
) -> None:
    """Say that entries are of a device: revision by id; who said it first stays."""
    rows = [
        {
            "id": name,
            "device": device.name,
            "instance": device.instance,
            "revision": number,
        }
        for name, number in found.items()
    ]
    if rows:
        connection.execute(_PUT_ENTRY, rows)
