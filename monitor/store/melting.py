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


_SIZE = PROCESS_HOURS.c.rx_bytes + PROCESS_HOURS.c.tx_bytes
_PROCESSES_ONLY = (
    select(PROCESS_HOURS, PROCESSES.c.application_id)
    .join_from(PROCESS_HOURS, PROCESSES)
    .where(PROCESSES.c.boot_id != MELTED)
)


class _Key(NamedTuple):
    hour_s: int
    attachment_id: int
    process_id: int


class Melting:
    """One melting, in steps: which rows are small is found out once.

    Sorting all rows for each step made a run over 300,000 of them take minutes.
    """

    def __init__(self, most: int) -> None:
        """Remember how many rows may stay.

        Args:
            most: rows of processes.
        """
        self._most = most
        self._left = self._size = 0

    def step(self, connection: Connection, rows: int) -> int:
        """Melt some of the smallest rows while there are too many.

        Args:
            connection: in a transaction.
            rows: how many to melt at most.

        Returns:
            How many rows were melted.
        """
        if not self._left:  # also at the end: those that took their place count, too
            self._begin(connection)
        doomed = self._some(connection, min(rows, self._left))
        if not doomed:
            return 0
        connection.execute(
            _DROP,
            [{f"of_{name}": row[name] for name in _Key._fields} for row in doomed],
        )
        connection.execute(ADD_PROCESS_HOUR, _sums(connection, doomed))
        self._left -= len(doomed)
        return len(doomed)

    def _begin(self, connection: Connection) -> None:
        """Count the rows that are too many, and find how large they may be."""
        count = connection.scalar(select(func.count()).select_from(PROCESS_HOURS)) or 0
        self._left = max(0, count - self._most)
        if self._left:
            sizes = _PROCESSES_ONLY.with_only_columns(_SIZE).order_by(_SIZE)
            largest = connection.scalar(sizes.offset(self._left - 1).limit(1))
            if largest is None:  # so many stand for others: all that do not may go
                largest = connection.scalar(select(func.max(_SIZE))) or 0
            self._size = largest

    def _some(self, connection: Connection, rows: int) -> Sequence[RowMapping]:
        small = _PROCESSES_ONLY.where(self._size >= _SIZE).limit(rows)
        return connection.execute(small).mappings().all()


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
