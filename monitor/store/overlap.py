"""What another program counted and this one did not: pure arithmetic on the store.

What this program counted wins: times of its runs, and times without it whose bytes it
found in the kernel's counters later. Where a figure of the other covers both, it gets
what is left. How far was imported is kept, so that a second time adds only what came
since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from monitor.store import meta
from monitor.store.nesting import Part, spread, without
from monitor.store.schema import ATTACHMENTS, GAPS, NO_RUN, RUNS
from monitor.store.tiers import bills_of
from monitor.usage import Interval, Traffic, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

FOREVER_S: Final = 1 << 50
_IMPORTED: Final = "imported "
_INTO: Final = "imported into "


class Source(NamedTuple):
    """Usage of one interface as another program counted it.

    Attributes:
        name: of what was counted, and by whom: where a second import goes on.
        device: the interface.
        parts: disjoint, in order of time.
        until_s: UTC second up to which it counted.
    """

    name: str
    device: str
    parts: Sequence[Part]
    until_s: int


class Now(NamedTuple):
    """When and where an import is made.

    Attributes:
        at_s: UTC second.
        boot_id: of this boot.
        boot_s: UTC second at which it began.
    """

    at_s: int
    boot_id: str
    boot_s: int


class Chosen(NamedTuple):
    """What of a source is new here.

    Attributes:
        parts: to be added.
        own: bytes left out, as this program counted that time itself.
        before: bytes left out, as they were imported before.
        future: bytes left out, as their time is still to come.
    """

    parts: Sequence[Part]
    own: int
    before: int
    future: int


def own_time(connection: Connection, now: Now) -> list[Interval]:
    """The time that this program counts itself.

    Args:
        connection: to the store.
        now: when it is asked.

    Returns:
        Runs, gaps whose bytes the counters told later, and from the last run on what
        they will tell.
    """
    runs = select(RUNS.c.from_s, RUNS.c.to_s).where(RUNS.c.run_id > NO_RUN)
    found = [Interval(*row) for row in connection.execute(runs)]
    joined = GAPS.join(RUNS)
    gaps = select(GAPS.c.from_s, GAPS.c.to_s, GAPS.c.same_boot, RUNS.c.boot_s)
    for from_s, to_s, same_boot, boot_s in connection.execute(gaps.select_from(joined)):
        since_s = from_s if same_boot else max(from_s, boot_s)
        found += [Interval(since_s, to_s)] if since_s < to_s else []
    facts = meta.read(connection)
    if found and meta.CHECKPOINT_BOOT_ID in facts:
        last_s = max(to_s for _, to_s in found)
        is_same = facts[meta.CHECKPOINT_BOOT_ID] == now.boot_id
        since_s = last_s if is_same else max(last_s, now.boot_s)
        found.append(Interval(since_s, FOREVER_S))
    return found


def choose(
    connection: Connection, source: Source, own: Sequence[Interval], now: Now
) -> Chosen:
    """What of a source is new here.

    Args:
        connection: to the store.
        source: what was counted.
        own: the time that this program counts itself.
        now: when it is asked.
    """
    known_s = meta.number(meta.read(connection), _fact(source))
    chosen: list[Part] = []
    left_out = {"own": 0, "before": 0, "future": 0}
    for part in source.parts:
        when, traffic = part
        free = without(when, own)
        new = without(when, [*own, Interval(0, known_s)])
        if when.from_s >= now.at_s:
            left_out["future"] += traffic.bytes
        elif when.to_s <= known_s:
            left_out["before"] += traffic.bytes
        elif not free:
            left_out["own"] += traffic.bytes
        else:
            if (free, new) != ([when], [when]):
                stored = _stored(connection, source.device, when)
                traffic = (part.traffic - stored).clamped()
                reason = "own" if free != [when] else "before"
                left_out[reason] += (part.traffic - traffic).bytes
            if traffic:
                chosen += spread(traffic, new or free)
    return Chosen(chosen, **left_out)


def _stored(connection: Connection, device: str, when: Interval) -> Traffic:
    """What an interface moved in a time, as it is stored, without packets."""
    of_device = select(ATTACHMENTS.c.attachment_id).where(
        ATTACHMENTS.c.device == device
    )
    wanted = set(connection.scalars(of_device))
    (bills,) = bills_of(connection, [when])
    counted = total(bills[each].counter for each in wanted & bills.keys())
    return Traffic(counted.rx_bytes, counted.tx_bytes)


def _fact(source: Source) -> str:
    return f"{_IMPORTED}{source.name}"


def whose(connection: Connection, device: str) -> str | None:
    """The name of the source that an interface has usage of.

    Args:
        connection: to the store.
        device: the interface.

    Returns:
        Of the last one; None where nothing was imported, or long ago.
    """
    return meta.read(connection).get(f"{_INTO}{device}")


def remember(connection: Connection, source: Source, at_s: int) -> None:
    """Note how far a source was imported.

    Args:
        connection: in a transaction.
        source: what was.
        at_s: UTC second now: nothing later was.
    """
    known_s = meta.number(meta.read(connection), _fact(source))
    until_s = max(known_s, min(source.until_s, at_s))
    into = {f"{_INTO}{source.device}": source.name}
    meta.put(connection, {_fact(source): str(until_s), **into})
