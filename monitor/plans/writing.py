"""Plans and entries of their ledger as JSON: one text for one meaning.

What is written is read back as the same value (`monitor.plans.values.decode`), and two
that are equal have the same text, so that a text can be compared and hashed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from monitor.plans.values import Minute, Second

if TYPE_CHECKING:
    from msgspec import Struct

_MINUTES = 60


def plain(value: Struct) -> dict[str, object]:
    """A value in words for JSON: exact integers, instants as RFC 3339 in UTC.

    Args:
        value: a plan, an entry, or a part of one.

    Returns:
        Its fields by name, without those that are not given.
    """
    found: dict[str, object] = msgspec.to_builtins(value, enc_hook=_encode)
    return {name: each for name, each in found.items() if each is not None}


def canonical(value: Struct) -> str:
    """The one text of a value.

    Args:
        value: a plan, an entry, or a part of one.

    Returns:
        JSON in ASCII with sorted keys.
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"))


def utc_text(at_s: int) -> str:
    """An instant for programs.

    Args:
        at_s: UTC seconds.

    Returns:
        Such as "2026-11-20T10:00:00Z".
    """
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _encode(value: object) -> object:
    """The types of `monitor.plans.values`, for msgspec."""
    match value:
        case Second():
            return utc_text(value)
        case Minute():
            return f"{value // _MINUTES:02}:{value % _MINUTES:02}"
        case int():
            return int(value)
        case ZoneInfo():
            return value.key
        case _:  # names and amounts of money
            return str(value)
