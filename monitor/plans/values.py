"""Single values of a plan, wherever they are written: a case file, TOML, the ledger.

Each has one spelling for programs (whole bytes, an instant with its offset) and takes
what people write (`"10 GB"`, a date of TOML). What is wrong is said as a sentence that
reads after "must be".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from monitor.units import parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_BYTES: Final = 10**18
LONGEST_NAME: Final = 120
_EARLIEST, _LATEST = 1990, 2199
_EPOCH = 1970
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    _DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_WALL_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_MCC = re.compile(r"[0-9]{3}", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)


def plain(value: int | None) -> int | None:
    """A number as an `int` and no more, which is all that msgspec writes.

    Args:
        value: one of the types below, or none.
    """
    return None if value is None else int(value)


class Bytes(int):
    """Whole bytes, not negative."""


class Second(int):
    """An instant in UTC seconds."""


class Wall(int):
    """What a clock showed, in UTC seconds; it may have been wrong by decades."""


class Minute(int):
    """A wall time as minutes after midnight."""


class Money(Decimal):
    """An amount in the plan's currency, not negative; also a percentage of tax."""


class Name(str):
    """An id: of a plan, bucket, lot, entry, member."""

    __slots__ = ()


class Mcc(str):
    """A mobile country code, ITU-T E.212: three digits."""

    __slots__ = ()


class Pattern(str):
    """A shell pattern of names of applications."""

    __slots__ = ()


def decode(kind: type, found: object) -> object:
    """Turn what was written into one of the types above (msgspec's `dec_hook`).

    Args:
        kind: the type wanted.
        found: what JSON or TOML gave.

    Returns:
        The value.

    Raises:
        ValueError: says what is allowed, to be read after "must be".
    """
    return _DECODERS[kind](found)


def _bytes(found: object) -> Bytes:
    size_bytes: object = found
    if isinstance(found, str) and not found.isdigit():
        size_bytes = parse_size(found)
    if isinstance(size_bytes, bool) or not isinstance(size_bytes, int):
        raise ValueError('whole bytes, or a size such as "10 GB"')  # noqa: TRY004 - msgspec wants it
    if not 0 <= size_bytes <= LARGEST_BYTES:
        raise ValueError(f"from 0 to {LARGEST_BYTES} bytes")
    return Bytes(size_bytes)


def _second(found: object) -> Second:
    moment = _moment(found)
    if not _EARLIEST <= moment.year <= _LATEST or moment.microsecond:
        raise ValueError(f"a whole second from {_EARLIEST} to {_LATEST}")
    return Second(int(moment.astimezone(UTC).timestamp()))


def _wall(found: object) -> Wall:
    moment = _moment(found)
    if moment.year < _EPOCH:
        raise ValueError("a whole second from 1970 on")
    return Wall((moment - datetime(_EPOCH, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))


def _moment(found: object) -> datetime:
    moment = found
    if isinstance(found, str) and _INSTANT.fullmatch(found):
        try:
            moment = datetime.fromisoformat(found.upper())
        except ValueError:  # 30 February, or an offset of 25 hours
            moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError('an instant with its offset, such as "2026-11-20T10:00:00Z"')
    return moment


def _minute(found: object) -> Minute:
    text = found.strftime("%H:%M") if isinstance(found, time) else found
    match = _WALL_TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('a time of day from "00:00" to "23:59"')
    return Minute(int(match[1]) * 60 + int(match[2]))


def _money(found: object) -> Money:
    text = str(found) if isinstance(found, int) else found
    if isinstance(text, str) and _MONEY.fullmatch(text):
        try:
            return Money(text)
        except InvalidOperation:  # pragma: no cover - the pattern leaves none
            pass
    raise ValueError('a decimal number in quotes, such as "3.50"')


def _name(found: object) -> Name:
    is_name = isinstance(found, str) and found.isprintable() and found == found.strip()
    if not is_name or not 0 < len(str(found)) <= LONGEST_NAME:
        raise ValueError(f"a name of 1 to {LONGEST_NAME} printable characters")
    return Name(found)


def _mcc(found: object) -> Mcc:
    if not isinstance(found, str) or not _MCC.fullmatch(found):
        raise ValueError('a mobile country code of three digits, such as "410"')
    return Mcc(found)


def _pattern(found: object) -> Pattern:
    if not isinstance(found, str) or not found or len(found) > LONGEST_NAME:
        raise ValueError("the name of an application or a shell pattern")
    return Pattern(found)


def _zone(found: object) -> ZoneInfo:
    try:
        if isinstance(found, str) and found and len(found) <= LONGEST_NAME:
            return ZoneInfo(found)
    except (KeyError, ValueError, OSError):
        pass
    raise ValueError('the name of a time zone, such as "Asia/Karachi"')


_DECODERS: Final[dict[type, Callable[[object], object]]] = {
    Bytes: _bytes,
    Second: _second,
    Wall: _wall,
    Minute: _minute,
    Money: _money,
    Name: _name,
    Mcc: _mcc,
    Pattern: _pattern,
    ZoneInfo: _zone,
}
