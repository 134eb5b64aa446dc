"""How much may be written within an hour on a metered network; pure.

What was written, and when, stands in the own files: a device's word has the time at
which it was said, and what is before it was written with it. So neither a restart of
the relay nor a second one spends the hour twice. It is bytes of the files: what a tool
that syncs them adds is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.pool.records import Word, as_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.pool.records import Record

HOUR_S: Final = 3600
DAY_S: Final = 86_400


class Spoken(NamedTuple):
    """What was written at one time.

    Attributes:
        at_s: UTC second by this device's clock.
        written_bytes: with the word that has this time.
    """

    at_s: int
    written_bytes: int


def spoken(
    records: Iterable[tuple[int, Record | None]], header_bytes: int, changed_s: int
) -> list[Spoken]:
    """What a segment of this device has, by the times of its words.

    Args:
        records: with their numbers.
        header_bytes: what is before them.
        changed_s: UTC second at which the file was written last: what follows the last
            word was not written later.
    """
    found, begun = [], header_bytes
    for _, record in records:
        begun += 0 if record is None else len(as_line(record))
        if isinstance(record, Word):
            found.append(Spoken(record.at_s, begun))
            begun = 0
    return [*found, Spoken(changed_s, begun)] if begun else found


def within(what: Iterable[Spoken], now_s: int, period_s: int) -> int:
    """Bytes that were written in the last hour or day.

    Args:
        what: was written.
        now_s: UTC second.
        period_s: how long that is, in seconds. What a clock that was wrong says is of
            another time is not counted.
    """
    return sum(
        each.written_bytes
        for each in what
        if now_s - period_s < each.at_s <= now_s + period_s
    )


def room(per_hour_bytes: int, spent_bytes: int, *, is_free: bool) -> int | None:
    """How much may be written now.

    Args:
        per_hour_bytes: on a metered network.
        spent_bytes: within the last hour.
        is_free: whether the network costs nothing, or it matters enough.

    Returns:
        Bytes; None for as many as there are.
    """
    return None if is_free else max(per_hour_bytes - spent_bytes, 0)


def fitting(sizes: Sequence[int], room_bytes: int | None) -> int:
    """How many lines may be written, from the first on.

    Args:
        sizes: bytes of each, in the order in which they have to be.
        room_bytes: as `room` says.
    """
    if room_bytes is not None:
        for count, size_bytes in enumerate(sizes):
            room_bytes -= size_bytes
            if room_bytes < 0:
                return count
    return len(sizes)
