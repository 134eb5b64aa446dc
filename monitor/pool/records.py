"""What a device of a pool says, as values and as lines of JSON.

One writer a key, and the highest `n` wins: in whatever order and however often records
arrive, the sums are the same. What comes from others is checked by type and range here;
what an entry of a ledger says, the daemon judges.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from monitor.plans.localtime import FARTHEST_S

VERSION: Final = 1
LONGEST_LINE: Final = 16_384
"""Bytes of a record; an entry with all its scopes takes a tenth."""
_HOUR_S: Final = 3600

Number = Annotated[int, Meta(ge=1, lt=2**53)]
Reached = Annotated[int, Meta(ge=0, lt=2**53)]
Bytes = Annotated[int, Meta(ge=0, lt=2**62)]
Second = Annotated[int, Meta(ge=0, le=FARTHEST_S)]
Text = Annotated[str, Meta(max_length=256)]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
PoolId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Instance = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8,64}\Z")]


class Usage(Struct, frozen=True, tag="usage", tag_field="kind"):
    """What a device moved for a plan within a clock hour.

    Attributes:
        n: its place among all that this device says.
        plan: the plan that pays.
        from_s: UTC second.
        to_s: the same.
        mcc: country; empty when unknown.
        tethered: 1 or 0; -1 when unknown.
        app: the application, where a rule of the plan asks for it.
        member: whose it is.
        rx_bytes: received.
        tx_bytes: sent.
    """

    n: Number
    plan: Text
    from_s: Second
    to_s: Second
    mcc: Text
    tethered: Annotated[int, Meta(ge=-1, le=1)]
    app: Text
    member: Text
    rx_bytes: Bytes
    tx_bytes: Bytes

    def __post_init__(self) -> None:
        if not self.from_s <= self.to_s <= self.from_s // _HOUR_S * _HOUR_S + _HOUR_S:
            raise ValueError("usage is of one clock hour")


class Entry(Struct, frozen=True, tag="entry", tag_field="kind"):
    """An entry of a plan's ledger, as the daemon takes it."""

    n: Number
    entry: dict[str, Any]


class Word(Struct, frozen=True, tag="word", tag_field="kind"):
    """A sign of life.

    Attributes:
        n: its place among all that this device says.
        at_s: UTC second by the device's own clock.
        through_s: until when its usage is complete.
        terms: hash of the words by which it judges each plan.
    """

    n: Number
    at_s: Second
    through_s: Second
    terms: Annotated[dict[Text, Hash], Meta(max_length=200)]


Record = Usage | Entry | Word


class Header(Struct, frozen=True, tag="device", tag_field="kind"):
    """The first line of a segment.

    Attributes:
        version: of this form.
        pool: the pool's id.
        device: whose segment it is.
        instance: which life of that device.
        member: whose device it is.
        after: the highest `n` of what this segment continues: one that a folder got
            before those in between must wait.
    """

    version: int
    pool: PoolId
    device: Text
    instance: Instance
    member: Text
    after: Reached = 0


class _Kind(Struct, frozen=True):
    """What is looked at first; kinds that are not known yet have a number as well."""

    kind: Text
    n: Number


_KINDS: Final[dict[str, type[Record]]] = {"usage": Usage, "entry": Entry, "word": Word}
_KIND: Final = msgspec.json.Decoder(_Kind)
_RECORDS: Final = {name: msgspec.json.Decoder(kind) for name, kind in _KINDS.items()}
_HEADER: Final = msgspec.json.Decoder(Header)


def read_record(line: bytes) -> tuple[int, Record | None]:
    """Read a line of a segment.

    Args:
        line: without its end; from outside.

    Returns:
        Its number, and the record; None for a kind of a later version.

    Raises:
        ValueError: it is no record; says why.
    """
    try:
        found = _KIND.decode(line)
        decoder = _RECORDS.get(found.kind)
        return found.n, None if decoder is None else decoder.decode(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error


def read_header(line: bytes) -> Header:
    """Read the first line of a segment.

    Args:
        line: without its end; from outside.

    Raises:
        ValueError: it is none; says why.
    """
    header = _HEADER.decode(line)
    if header.version != VERSION:
        raise ValueError(f"version {header.version} is of a later esimmon")
    return header


def record_of(found: object) -> Record:
    """What the daemon gave.

    Args:
        found: values of JSON.

    Raises:
        ValueError: it is no record.
    """
    kind = found.get("kind") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError("no record of a pool")
    return msgspec.convert(found, _KINDS[kind])


def as_line(said: Record | Header) -> bytes:
    """Write a line of a segment.

    Args:
        said: a record, or what a segment begins with.

    Returns:
        UTF-8 with its end.
    """
    return msgspec.json.encode(said) + b"\n"


def as_values(record: Record) -> dict[str, Any]:
    """A record as the daemon takes it.

    Args:
        record: of any device.
    """
    found: dict[str, Any] = msgspec.to_builtins(record)
    return found
