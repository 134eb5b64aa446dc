"""Column kinds of the schema, and how values cross the boundary to SQLite.

Only Integer and Text reach the file. Text in SQLite is UTF-8 and ends at a NUL for
many of its functions, but names from the kernel are bytes: decoded with
surrogateescape they may hold lone surrogates. `Name` stores such a string escaped
behind a mark, every other one as it is, and gives back exactly what it was given.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, Text
from sqlalchemy.types import TypeDecorator

from monitor.usage import Bill, Traffic
from monitor.wire import Framing, Passed, Way

if TYPE_CHECKING:
    from sqlalchemy import RowMapping
    from sqlalchemy.engine import Dialect

MARK = "\N{REPLACEMENT CHARACTER}:"
"""Begins every stored string whose rest is escaped."""

TRAFFIC = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
COUNTER = (
    "rx_counter_bytes",
    "tx_counter_bytes",
    "rx_counter_packets",
    "tx_counter_packets",
)

WAY, PASSED, FRAMING = Way._fields, Passed._fields, Framing._fields

FLAGS: dict[bool | None, int] = {True: 1, False: 0, None: -1}
FLAG = {number: flag for flag, number in FLAGS.items()}

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPABLE = re.compile("[\0\\\\\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(?:\\|u([0-9a-f]{4}))")
_SIGN_BIT = 1 << 63
_MODULUS = 1 << 64


def to_text(name: str) -> str:
    """The form of a name that SQLite can hold: itself wherever that is possible."""
    if _UNSTORABLE.search(name) is None and not name.startswith(MARK):
        return name
    return MARK + _ESCAPABLE.sub(_escape, name)


def from_text(text: str) -> str:
    """The name that `to_text` was given."""
    if not text.startswith(MARK):
        return text
    return _ESCAPED.sub(_unescape, text[len(MARK) :])


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return "\\\\" if char == "\\" else f"\\u{ord(char):04x}"


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else "\\"


class Name(TypeDecorator[str]):
    """A string from outside, stored reversibly as valid UTF-8."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the file."""
        del dialect  # there is only SQLite
        return None if value is None else to_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """From the file."""
        del dialect  # there is only SQLite
        return None if value is None else from_text(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A command line: its words as a JSON list that people can read."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self, value: tuple[str, ...] | None, dialect: Dialect
    ) -> str | None:
        """To the file."""
        del dialect  # there is only SQLite
        return None if value is None else to_text(json.dumps(value, ensure_ascii=False))

    def process_result_value(
        self, value: str | None, dialect: Dialect
    ) -> tuple[str, ...] | None:
        """From the file; a list that a flipped bit broke is one long word."""
        del dialect  # there is only SQLite
        if value is None:
            return None
        words = from_text(value)
        try:
            return tuple(map(str, json.loads(words)))
        except (ValueError, TypeError):
            return (words,)


def integer(name: str) -> Column[int]:
    """A whole number that is always there."""
    return Column(name, Integer, nullable=False)


def text(name: str) -> Column[str]:
    """A word of our own that is always there."""
    return Column(name, Text, nullable=False)


def name_from_outside(name: str) -> Column[str]:
    """A string from the kernel or from a user that is always there."""
    return Column(name, Name, nullable=False)


def traffic_columns() -> list[Column[int]]:
    """IP bytes and packets, both directions."""
    return [integer(name) for name in TRAFFIC]


def counter_columns() -> list[Column[int]]:
    """Bytes and packets as the device's counters say, both directions."""
    return [integer(name) for name in COUNTER]


def traffic_values(
    traffic: Traffic, names: tuple[str, ...] = TRAFFIC
) -> dict[str, int]:
    """Traffic as column values."""
    return dict(zip(names, traffic.numbers, strict=True))


def bill_values(bill: Bill) -> dict[str, int]:
    """A bill as column values."""
    return traffic_values(bill.counter, COUNTER) | traffic_values(bill.l3)


def traffic_of(row: RowMapping, names: tuple[str, ...] = TRAFFIC) -> Traffic:
    """Traffic from the columns of a row."""
    return Traffic(*(row[name] for name in names))


def bill_of(row: RowMapping) -> Bill:
    """A bill from the columns of a row."""
    return Bill(traffic_of(row, COUNTER), traffic_of(row))


def signed(counter: Traffic) -> Traffic:
    """Unsigned 64-bit counters as the signed 64 bits that SQLite holds."""
    return Traffic(*(_wrap(value) for value in counter.numbers))


def unsigned(counter: Traffic) -> Traffic:
    """The counters that `signed` was given."""
    return Traffic(*(value % _MODULUS for value in counter.numbers))


def _wrap(value: int) -> int:
    return (value + _SIGN_BIT) % _MODULUS - _SIGN_BIT
