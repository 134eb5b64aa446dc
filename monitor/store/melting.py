"""Too many rows of processes: the smallest melt into one for each application."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from monitor.store.columns import traffic_of, traffic_values
from monitor.store.ids import key_of
from monitor.store.records import ADD_PROCESS_HOUR
from monitor.store.schema import APPLICATIONS, PROCESS_HOURS, PROCESSES
from monitor.usage import Interval, Traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, RowMapping

MELTED = ""
"""The boot id of the rows that stand for many processes: no boot has this name."""

_DROP = delete(PROCESS_HOURS).where(
    *(column == bindparam(f"of_{column.name}") for column in PROCESS_HOURS.primary_key)
)


class _Key(NamedTuple):
    hour_s: int
    attachment_id: int
    process_id: int


def melt(connection: Connection, most: int, rows: int) -> int:
    """Melt the smallest rows while there are too many.

    Args:
        connection: in a transaction.
        most: rows that may stay.
        rows: how many to melt at most.

    Returns:
        How many rows were melted.
    """
    count = connection.scalar(select(func.count()).select_from(PROCESS_HOURS)) or 0
    if count <= most:
        return 0
    size = PROCESS_HOURS.c.rx_bytes + PROCESS_HOURS.c.tx_bytes
    smallest = (
        select(PROCESS_HOURS, PROCESSES.c.application_id)
        .join_from(PROCESS_HOURS, PROCESSES)
        .where(PROCESSES.c.boot_id != MELTED)
        .order_by(size, *PROCESS_HOURS.primary_key)
        .limit(min(rows, count - most))
    )
    doomed = connection.execute(smallest).mappings().all()
    if not doomed:
        return 0
    connection.execute(
        _DROP,
        [{f"of_{name}": row[name] for name in _Key._fields} for row in doomed],
    )
    connection.execute(ADD_PROCESS_HOUR, _sums(connection, doomed))
    return len(doomed)


def _sums(connection: Connection, doomed: Sequence[RowMapping]) -> list[dict[str, int]]:
    """The rows that take the place of many."""
    stand_ins: dict[int, int] = {}
    whens: dict[_Key, Interval] = {}
    traffics: defaultdict[_Key, Traffic] = defaultdict(Traffic)
    for row in doomed:
        application_id = row["application_id"]
        if application_id not in stand_ins:
            stand_ins[application_id] = _stand_in(connection, application_id)
        key = _Key(row["hour_s"], row["attachment_id"], stand_ins[application_id])
        when = whens.get(key, Interval(row["from_s"], row["to_s"]))
        whens[key] = Interval(
            min(when.from_s, row["from_s"]), max(when.to_s, row["to_s"])
        )
        traffics[key] += traffic_of(row)
    return [
        key._asdict() | whens[key]._asdict() | traffic_values(traffic)
        for key, traffic in traffics.items()
    ]


def _stand_in(connection: Connection, application_id: int) -> int:
    """The process that stands for all small ones of an application."""
    identity = {"boot_id": MELTED, "exec_id": application_id}
    known = connection.scalar(select(PROCESSES.c.process_id).filter_by(**identity))
    if known is not None:
        return int(known)
    name = connection.scalar(
        select(APPLICATIONS.c.name).filter_by(application_id=application_id)
    )
    comm = f"other processes of {name}"
    made = connection.execute(
        insert(PROCESSES).values(
            **identity,
            pid=0,
            start_boottime_ns=0,
            comm_first=comm,
            comm_last=comm,
            exe="",
            argv=(),
            uid=-1,
            ppid=0,
            cgroup="",
            application_id=application_id,
        )
    )
    return key_of(made)
