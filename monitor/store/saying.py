"""What this device says in its pool: written down with a revision, told from there.

Only what is another than it was said before gets a new revision, so that a device which
says it all again says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitor.plans.entries import Snooze
from monitor.store import ledger, pool
from monitor.store.pool import Amount, Device, Key, Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from monitor.plans.entries import Entry
    from monitor.store.engine import Store
    from monitor.usage import Interval


class Counted(NamedTuple):
    """What was counted for plans in a time.

    Attributes:
        period: whole clock hours.
        sums: by plan.
    """

    period: Interval
    sums: Mapping[str, Mapping[Key, Amount]]


class Words(NamedTuple):
    """What a device says after a revision, each in the order of its revision.

    Attributes:
        said: sums.
        entries: revisions, and entries of the ledger.
        is_alive: whether a sign of life is the last of all; its revision is the
            device's.
    """

    said: Sequence[Said]
    entries: Sequence[tuple[int, Entry]]
    is_alive: bool


def say(store: Store, own: Device, counted: Counted) -> Device:
    """Bring what this device says of a time up to date, and of the ledger.

    Args:
        store: open for writing.
        own: this device.
        counted: all that it moved for its shared plans in that time.

    Returns:
        The device with its newest revision.

    Raises:
        StoreError: nothing was said.
    """
    with store.begin() as connection:
        said = own
        for plan, found in counted.sums.items():
            said = _say_sums(connection, said, (plan, counted.period), found)
        noted = ledger.read_entries(connection, store.path)
        said = _say_entries(connection, said, noted)
        if said != own:
            pool.put_device(connection, said)
    return said


def say_alive(store: Store, own: Device, at_s: int) -> Device:
    """Give a sign of life, when all up to now is said.

    Args:
        store: open for writing.
        own: this device.
        at_s: UTC second now.

    Returns:
        The device with its newest revision.

    Raises:
        StoreError: it was not given.
    """
    said = own._replace(
        revision=own.revision + 1, said_s=at_s, through_s=at_s, heard_s=at_s
    )
    with store.begin() as connection:
        pool.put_device(connection, said)
    return said


def _say_sums(
    connection: Connection,
    own: Device,
    which: tuple[str, Interval],
    found: Mapping[Key, Amount],
) -> Device:
    """Sums that are not what was said before; those that are none any more are 0."""
    told = pool.sums(connection, own, *which)
    gone = {
        key: each._replace(rx_bytes=0, tx_bytes=0)
        for key, each in told.items()
        if key not in found
    }
    ours = {**found, **gone}
    # That a span ends later is no news while nothing was moved in it.
    news = [item for item in ours.items() if _moved(told.get(item[0])) != item[1][1:]]
    said = [Said(*each, own.revision + place) for place, each in enumerate(news, 1)]
    pool.put_usage(connection, own, said)
    return own._replace(revision=own.revision + len(said))


def _moved(amount: Amount | None) -> tuple[int, ...]:
    return () if amount is None else amount[1:]


def _say_entries(
    connection: Connection, own: Device, noted: Sequence[ledger.Noted]
) -> Device:
    """Entries of shared plans that are nobody else's; a snooze is for this one."""
    known = pool.origins(connection)
    news = [
        each.entry.id
        for each in noted
        if each.entry.plan in own.terms
        and each.entry.id not in known
        and not isinstance(each.entry, Snooze)
    ]
    numbers: dict[str, int] = {}
    for place, name in enumerate(news, 1):
        numbers[name] = own.revision + place
    pool.put_origins(connection, own, numbers)
    return own._replace(revision=own.revision + len(news))


def words_after(store: Store, own: Device, revision: int, most: int) -> Words:
    """What this device says after a revision.

    Args:
        store: open.
        own: this device.
        revision: what was heard of it.
        most: sums at once.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        said = pool.said_after(connection, own, revision, most)
        numbers = {
            name: number
            for name, (*life, number) in pool.origins(connection).items()
            if life == [own.name, own.instance] and number > revision
        }
        noted = ledger.read_entries(connection, store.path) if numbers else []
        newest = pool.newest_revision(connection, own)
    entries = [
        (numbers[each.entry.id], each.entry)
        for each in noted
        if each.entry.id in numbers
    ]
    entries.sort(key=lambda each: each[0])
    return Words(said, entries, own.revision > max(newest, revision))
