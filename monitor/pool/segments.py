"""The lines of one segment as values, however much of it has arrived; pure.

A folder that is synced shows files late, out of order, by halves, or with what somebody
else put there. So a segment says what it continues, its numbers rise, and only whole
lines count; whatever is not like that ends the reading of this segment, and no other.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from monitor.pool.records import LONGEST_LINE, Header, Record, read_header, read_record

SEGMENT_BYTES: Final = 262_144
"""Beyond it the next one is begun."""
MOST_BYTES: Final = 4_194_304
"""A larger one is not read: nobody writes such."""
_NAME: Final = re.compile(r"([0-9a-f]{8,64})-([0-9]{6})\.jsonl", re.ASCII)


class Whose(NamedTuple):
    """Whose a segment has to be."""

    pool: str
    device: str
    instance: str


class Scan(NamedTuple):
    """What a segment says.

    Attributes:
        after: what it continues; None without a first line.
        records: in order of their numbers; None for a kind that is not known.
        finding: what is wrong with it; empty for nothing.
        is_whole: whether more may be appended.
        member: whose device it says it is.
    """

    after: int | None = None
    records: tuple[tuple[int, Record | None], ...] = ()
    finding: str = ""
    is_whole: bool = False
    member: str = ""

    @property
    def last(self) -> int:
        """The highest number in it, or what it continues."""
        return self.records[-1][0] if self.records else self.after or 0


def segment_name(instance: str, number: int) -> str:
    """What a segment is called.

    Args:
        instance: which life of its device.
        number: from 1.
    """
    return f"{instance}-{number:06}.jsonl"


def parse_name(name: str) -> tuple[str, int] | None:
    """Instance and number of a segment; None for any other file.

    Args:
        name: of a file; from outside.
    """
    match = _NAME.fullmatch(name)
    return None if match is None else (match[1], int(match[2]))


def scan(content: bytes, whose: Whose) -> Scan:
    """Read a segment.

    Args:
        content: from its beginning; from outside.
        whose: whose it has to be.

    Returns:
        All up to what cannot be taken.
    """
    first, *lines = content.split(b"\n")
    if not lines:
        return Scan()  # the first line has not arrived
    try:
        header = read_header(first)
        _refuse_other(header, whose)
    except (ValueError, RecursionError) as error:
        return Scan(finding=f"line 1: {error}")
    records: list[tuple[int, Record | None]] = []
    tail = lines.pop()
    finding, highest = "", header.after
    for number, line in enumerate(lines, 2):
        try:
            found = _next(line, highest)
        except ValueError as error:
            finding = f"line {number}: {error}"
            break
        highest = found[0]
        records.append(found)
    is_whole = not tail and not finding
    return Scan(header.after, tuple(records), finding, is_whole, header.member)


def _next(line: bytes, highest: int) -> tuple[int, Record | None]:
    if len(line) >= LONGEST_LINE:
        raise ValueError(f"longer than {LONGEST_LINE} bytes")
    number, record = read_record(line)
    if number <= highest:
        raise ValueError(f"number {number} after {highest}")
    return number, record


def _refuse_other(header: Header, whose: Whose) -> None:
    if header.pool != whose.pool:
        raise ValueError("of another pool")
    if (header.device, header.instance) != (whose.device, whose.instance):
        raise ValueError("of another device")
