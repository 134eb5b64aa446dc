"""What is heard of other devices of a pool, checked and written down."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.errors import EsimmonError, StoreError, UsageError
from monitor.escapes import visible
from monitor.plans.entries import Entry as LedgerEntry
from monitor.plans.entries import Snooze
from monitor.plans.refusals import read
from monitor.pool.records import Entry, Usage, Word, record_of
from monitor.store import ledger, pool
from monitor.store.columns import FLAG
from monitor.store.pool import Amount, Device, Key, Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.pool.records import Record
    from monitor.store.engine import Store

log = logging.getLogger("esimmon")

_LONGEST: Final = 256  # characters of a name


class Heard(NamedTuple):
    """What a device said.

    Attributes:
        name: of the device.
        instance: which of its lives.
        member: whose device it is.
        records: in any order.
    """

    name: str
    instance: str
    member: str
    records: Sequence[Record]

    @property
    def newest(self) -> int:
        """The highest revision; 0 without a record."""
        return max((each.n for each in self.records), default=0)


class Taken(NamedTuple):
    """What became of it.

    Attributes:
        revision: the newest that is known of that device now.
        is_news: whether plans are to be judged anew.
    """

    revision: int
    is_news: bool


def read_heard(given: Mapping[str, Any], most: int) -> Heard:
    """Check a question to `pool.take`.

    Args:
        given: its parameters.
        most: records of one question.

    Raises:
        UsageError: it is none; says why.
    """
    texts = (given.get("device"), given.get("instance"), given.get("member"))
    records = given.get("records")
    if not all(isinstance(each, str) and len(each) <= _LONGEST for each in texts):
        raise UsageError("pool.take wants a device, an instance and a member: texts")
    if not isinstance(records, list) or len(records) > most:
        raise UsageError(f"pool.take wants a list of at most {most} records")
    try:
        found = [record_of(each) for each in records]
    except ValueError as error:
        raise UsageError(f"pool.take: {visible(str(error))}") from error
    name, instance, member = map(str, texts)
    return Heard(name, instance, member, found)


def take(store: Store, own: Device, heard: Heard, now_s: int) -> Taken:
    """Write down what a device said.

    Args:
        store: open for writing.
        own: this device.
        heard: of another one, or of this one in an earlier life.
        now_s: UTC second.

    Returns:
        What became of it.

    Raises:
        StoreError: it cannot be written; it may be said again.
    """
    with store.read() as connection:
        lives = pool.read_devices(connection)
    known = next(
        (each for each in lives if each[:2] == (heard.name, heard.instance)),
        Device(heard.name, heard.instance),
    )
    if heard.newest <= known.revision:
        return Taken(known.revision, is_news=False)
    _note_entries(store, own, heard, now_s)
    told = _with_word(known, heard)._replace(
        member=heard.member, revision=heard.newest, heard_s=now_s, is_own=False
    )
    said = [_said(each) for each in heard.records if isinstance(each, Usage)]
    entries = {
        str(each.entry.get("id")): each.n
        for each in heard.records
        if isinstance(each, Entry)
    }
    with store.begin() as connection:
        pool.put_usage(connection, told, said)
        pool.put_origins(connection, told, entries)
        pool.put_device(connection, told)
        if heard.name == own.name:
            pool.put_device(connection, _next_life(own, told))
    return Taken(told.revision, is_news=bool(said or entries))


def _next_life(own: Device, earlier: Device) -> Device:
    """This device, after more of its past was heard than it knew.

    Its store is a copy from before, or was made anew: what was said then stays said,
    and this device goes on from there.
    """
    again = own.instance == earlier.instance
    return own._replace(
        instance=secrets.token_hex(8) if again else own.instance,
        is_own=True,
        revision=max(own.revision, earlier.revision),
        from_s=max(own.from_s, earlier.through_s),
    )


def _with_word(device: Device, heard: Heard) -> Device:
    """A device after its newest sign of life."""
    words = [each for each in heard.records if isinstance(each, Word)]
    newest = max(words, key=lambda each: each.n, default=None)
    if newest is None:
        return device
    return device._replace(
        said_s=newest.at_s, through_s=newest.through_s, terms=newest.terms
    )


def _said(record: Usage) -> Said:
    key = Key(
        record.plan,
        record.from_s,
        record.mcc,
        FLAG[record.tethered],
        record.app,
        record.member,
    )
    return Said(key, Amount(record.to_s, record.rx_bytes, record.tx_bytes), record.n)


def _note_entries(store: Store, own: Device, heard: Heard, now_s: int) -> None:
    """Add entries to the ledger; each device judges them in the same order.

    One that is none, or says something else than one of its id here, is left out.
    """
    for each in heard.records:
        if not isinstance(each, Entry):
            continue
        try:
            entry: LedgerEntry = read(each.entry, LedgerEntry, "entry")  # type: ignore[arg-type]  # mypy takes a union for no type
            if entry.plan in own.terms and not isinstance(entry, Snooze):
                ledger.append(store, entry, now_s, f"@{heard.name}")
        except StoreError as error:
            if error.reason != "refused":
                raise
            _leave_out(heard, error)
        except EsimmonError as error:
            _leave_out(heard, error)


def _leave_out(heard: Heard, error: EsimmonError) -> None:
    name = visible(heard.name)
    log.warning("an entry of the device %s is left out: %s", name, error)
