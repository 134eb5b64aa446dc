"""Usage whose calendar time is not known yet: kept by boot and boottime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from monitor.store.amounts import Usage
from monitor.store.columns import (
    COUNTER,
    TRAFFIC,
    bill_of,
    bill_values,
    traffic_of,
    traffic_values,
)
from monitor.store.schema import UNPLACED
from monitor.usage import Bill, Interval, Traffic, cut, slot_marks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.store.batch import Batch, Unplaced
    from monitor.store.ids import Ids

_NS_PER_S = 1_000_000_000


def write(connection: Connection, batch: Batch, ids: Ids, boot_id: str) -> None:
    """Keep the batch's rows that wait.

    Args:
        connection: in a transaction.
        batch: what happened.
        ids: to refer to.
        boot_id: of the clock that the rows were counted by.
    """
    rows = [
        {
            "boot_id": boot_id,
            "from_boottime_ns": row.from_boottime_ns,
            "to_boottime_ns": row.to_boottime_ns,
            "attachment_id": ids.attachment(connection, row.attachment),
            "share_id": ids.share(connection, row.share) if row.share else None,
            **_amounts(row),
        }
        for row in batch.unplaced
    ]
    if rows:
        connection.execute(insert(UNPLACED), rows)


def _amounts(row: Unplaced) -> dict[str, int]:
    if row.bill is not None:
        return bill_values(row.bill)
    return dict.fromkeys(COUNTER, 0) | traffic_values(row.traffic)


def waiting(connection: Connection) -> dict[int, Traffic]:
    """What was billed of all boots that wait, by the id of the attachment."""
    sums = [func.sum(UNPLACED.c[name]) for name in TRAFFIC]
    wanted = select(UNPLACED.c.attachment_id, *sums).where(
        UNPLACED.c.share_id.is_(None)
    )
    rows = connection.execute(wanted.group_by(UNPLACED.c.attachment_id))
    return {row[0]: Traffic(*row[1:]) for row in rows}


def take(connection: Connection, boot_id: str, offset_s: int) -> tuple[int, Usage]:
    """Remove the rows of a boot and give them calendar times.

    Args:
        connection: in a transaction.
        boot_id: whose rows.
        offset_s: UTC second of boottime 0.

    Returns:
        How many rows there were, and their usage, cut at the 5-minute marks.
    """
    mine = UNPLACED.c.boot_id == boot_id
    waiting = select(UNPLACED).where(mine).order_by(UNPLACED.c.unplaced_id)
    usage = Usage()
    count = 0
    for row in connection.execute(waiting).mappings():
        count += 1
        when = Interval(
            offset_s + row["from_boottime_ns"] // _NS_PER_S,
            offset_s + row["to_boottime_ns"] // _NS_PER_S,
        )
        share_id = row["share_id"]
        if share_id is None:
            for piece, bill in _cut_bill(bill_of(row), when):
                usage.bill[piece, row["attachment_id"]] += bill
        else:
            for piece, traffic in cut(traffic_of(row), when, slot_marks(when)):
                usage.explanation[piece, row["attachment_id"], share_id] += traffic
    connection.execute(delete(UNPLACED).where(mine))
    return count, usage


def _cut_bill(bill: Bill, when: Interval) -> list[tuple[Interval, Bill]]:
    marks = slot_marks(when)
    counters = cut(bill.counter, when, marks)
    ip = cut(bill.l3, when, marks)
    return [
        (piece, Bill(counter, l3))
        for (piece, counter), (_, l3) in zip(counters, ip, strict=True)
    ]
