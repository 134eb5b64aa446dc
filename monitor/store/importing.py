"""Usage that another program counted, put into the tiers that hold such times.

It was counted by no run and belongs to no program; what is known only by the day is
kept by the day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from monitor.store import amounts, ids, late, meta, pieces, records
from monitor.store.planner import HOUR_S
from monitor.store.rollups import local_day
from monitor.store.schema import DAYS, HOURS, NO_RUN, RUNS, SPANS
from monitor.usage import (
    IMPORTED,
    SLOT_S,
    Attachment,
    Bill,
    Interval,
    Share,
    Traffic,
    cut,
    slot_marks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from monitor.store.nesting import Part


class Manner(NamedTuple):
    """How usage is added.

    Attributes:
        slots_s: how long spans are kept, in seconds.
        hours_s: how long hours are, the same.
        now_s: UTC second.
        zone: whose midnights begin a day.
        show: called now and then with how many parts are done, and of how many.
        member: of a plan, whose it was; empty for this machine's own.
    """

    slots_s: int
    hours_s: int
    now_s: int
    zone: ZoneInfo
    show: Callable[[int, int], None]
    member: str = ""


def add(
    connection: Connection,
    added: Mapping[Attachment, Sequence[Part]],
    manner: Manner,
) -> None:
    """Add usage of the past.

    Args:
        connection: in a transaction.
        added: parts by where they were moved; not inside the time of a run.
        manner: how.
    """
    zone = manner.zone
    parts = [part for several in added.values() for part in several]
    if not parts:
        return
    spans_s, hours_s = _raise_marks(connection, parts, manner)
    known = ids.Ids("")
    share = known.share(connection, Share(None, kind=IMPORTED, via=manner.member))
    usage = amounts.Usage()
    seen = set()
    for attachment, several in added.items():
        where = known.attachment(connection, attachment)
        for part in several:
            seen.add((part.when, where))
            manner.show(len(seen), len(parts))
            for when, traffic in _pieces(part, spans_s, hours_s, zone):
                usage.bill[when, where] += Bill(traffic, traffic)
                usage.explanation[when, where, share] += traffic
    _make_days(connection, usage, zone)
    old, current = usage.split(spans_s)
    late.add(connection, old, hours_s)
    last = connection.scalar(select(func.max(SPANS.c.span_id))) or 0
    assignment = pieces.assign(current.pieces(), {}, last + 1)
    _make_run(connection)
    records.write_spans(connection, assignment, NO_RUN)
    amounts.add_to_spans(connection, current, assignment.span_ids)
    records.mark_stale(connection, current.pieces())
    records.see_attachments(connection, seen)


def _raise_marks(
    connection: Connection, parts: Sequence[Part], manner: Manner
) -> tuple[int, int]:
    """Where spans begin, and hours; later than before, as far as there are none.

    What is known by the day needs no row for each 5 minutes of it.
    """
    now_s, zone = manner.now_s, manner.zone
    facts = meta.read(connection)
    finest_s = _first_s(parts, SLOT_S, now_s), _first_s(parts, 2 * HOUR_S, now_s)
    spans_s = max(finest_s[0], now_s - manner.slots_s)
    hours_s = max(min(finest_s), now_s - manner.hours_s)
    first_span_s = connection.scalar(select(func.min(SPANS.c.from_s)))
    first_hour_s = connection.scalar(select(func.min(HOURS.c.from_s)))
    for first_s in (first_span_s, first_hour_s):
        hours_s = hours_s if first_s is None else min(hours_s, first_s)
    spans_s = spans_s if first_span_s is None else min(spans_s, first_span_s)
    spans_s = max(
        meta.number(facts, meta.SPANS_PURGED_TO_S), spans_s - spans_s % HOUR_S
    )
    day = local_day(max(0, min(hours_s, spans_s)), zone)
    hours_s = max(meta.number(facts, meta.HOURS_PURGED_TO_S), day.from_s)
    meta.put(
        connection,
        {meta.SPANS_PURGED_TO_S: str(spans_s), meta.HOURS_PURGED_TO_S: str(hours_s)},
    )
    return spans_s, hours_s


def _first_s(parts: Sequence[Part], longest_s: int, otherwise_s: int) -> int:
    """Where parts begin that are no longer than this."""
    return min(
        (
            when.from_s
            for when, _ in parts
            if when.to_s - when.from_s <= longest_s and when.from_s < otherwise_s
        ),
        default=otherwise_s,
    )


def _pieces(
    part: Part, spans_s: int, hours_s: int, zone: ZoneInfo
) -> Iterator[tuple[Interval, Traffic]]:
    """A part cut into what the rows of each tier hold."""
    when, traffic = part
    tiers = [
        Interval(when.from_s, min(when.to_s, hours_s)),
        Interval(max(when.from_s, hours_s), min(when.to_s, spans_s)),
        Interval(max(when.from_s, spans_s), when.to_s),
    ]
    marks = {hours_s, spans_s}
    marks.update(_midnights(Interval(when.from_s, min(when.to_s, spans_s)), zone))
    marks.update(range(tiers[1].from_s // HOUR_S * HOUR_S, tiers[1].to_s, HOUR_S))
    marks.update(slot_marks(tiers[2]))
    for piece, moved in cut(traffic, when, marks):
        if moved:
            yield _row_of(piece, spans_s, hours_s, zone), moved


def _row_of(piece: Interval, spans_s: int, hours_s: int, zone: ZoneInfo) -> Interval:
    """The piece, or what all pieces of its row of hours or days have in common."""
    if piece.from_s >= spans_s:
        return piece
    day = local_day(piece.from_s, zone)
    if piece.from_s < hours_s:
        return day
    hour_s = piece.from_s - piece.from_s % HOUR_S
    return Interval(max(hour_s, day.from_s), min(hour_s + HOUR_S, day.to_s))


def _midnights(when: Interval, zone: ZoneInfo) -> Iterator[int]:
    cursor_s = when.from_s
    while cursor_s < when.to_s:
        yield cursor_s
        cursor_s = local_day(cursor_s, zone).to_s


def _make_days(connection: Connection, usage: amounts.Usage, zone: ZoneInfo) -> None:
    """The rows of local days, before anybody makes others for that time."""
    starts = {when.from_s for when, _ in usage.pieces()}
    wanted = {local_day(at_s, zone) for at_s in starts}
    for day in sorted(wanted):
        taken = select(DAYS.c.from_s).where(
            DAYS.c.from_s < day.to_s, DAYS.c.to_s > day.from_s
        )
        if connection.scalar(taken) is None:
            row = {"from_s": day.from_s, "to_s": day.to_s, "zone": str(zone)}
            connection.execute(DAYS.insert(), row)


def _make_run(connection: Connection) -> None:
    """What spans refer to that no run counted."""
    row = {"run_id": NO_RUN, "boot_id": "", "tier": "", "version": "", "ended": 1}
    row |= dict.fromkeys(("boot_s", "from_s", "to_s"), 0)
    connection.execute(insert(RUNS).on_conflict_do_nothing(), row)
