"""Row ids of the things that usage refers to: found once, then remembered.

The memory must be dropped whenever another connection may have deleted such rows, and
when the transaction in which an id was made did not end well.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from monitor.store.columns import FLAGS
from monitor.store.schema import APPLICATIONS, ATTACHMENTS, PROCESSES, SHARES
from monitor.usage import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, CursorResult, Row

    from monitor.usage import Application, Attachment, Process, Share

NOBODY = 0
"""The application id of shares that no application owns."""

_REMEMBERED = 4000  # entries; far more than a desktop has in a day

# Built once, for building a statement costs six times as much as executing it; and
# executed once for thousands of processes that may be new in one flush.
_FIND_PROCESSES = text(
    # A cross join, so that SQLite goes from the owners to the index, and not from each
    # process of this boot through all owners.
    "SELECT p.start_boottime_ns, p.pid, p.exec_id, "
    "p.process_id, p.application_id, p.comm_last "
    "FROM json_each(:owners) AS o CROSS JOIN processes AS p "
    "ON p.boot_id = :boot_id "
    "AND p.start_boottime_ns = json_extract(o.value, '$[0]') "
    "AND p.pid = json_extract(o.value, '$[1]') "
    "AND p.exec_id = json_extract(o.value, '$[2]')"
).columns(
    *(PROCESSES.c[name] for name in ("start_boottime_ns", "pid", "exec_id")),
    *(PROCESSES.c[name] for name in ("process_id", "application_id", "comm_last")),
)
_LAST_PROCESS = select(func.max(PROCESSES.c.process_id))
_MAKE_PROCESS = insert(PROCESSES)
_RENAME_PROCESS = update(PROCESSES).where(PROCESSES.c.process_id == bindparam("of"))


class _Seen(NamedTuple):
    """What the row of a process says, as far as it can change."""

    process_id: int
    application_id: int
    comm: str


class Ids:
    """Ids of attachments, applications, shares and processes of one boot."""

    def __init__(self, boot_id: str) -> None:
        self._boot_id = boot_id
        self._ids: dict[Attachment | Application | Share, int] = {}
        self._processes: dict[Owner, _Seen] = {}

    def forget(self) -> None:
        """Believe nothing until it was looked up again."""
        self._ids.clear()
        self._processes.clear()

    def trim(self) -> None:
        """Keep the memory bounded, however many programs come and go."""
        if len(self._ids) + len(self._processes) > _REMEMBERED:
            self.forget()

    def attachment(self, connection: Connection, attachment: Attachment) -> int:
        """The id of an attachment."""
        if (known := self._ids.get(attachment)) is not None:
            return known
        values = {
            "network": attachment.network,
            "device": attachment.device,
            "billed": int(attachment.billed),
            "metered": FLAGS[attachment.metered],
            "tethered": int(attachment.tethered),
            "iccid": attachment.iccid,
            "mcc": attachment.mcc,
            "roaming": FLAGS[attachment.roaming],
            "l3_exact": int(attachment.l3_exact),
        }
        self._ids[attachment] = _find_or_make(connection, ATTACHMENTS, values)
        return self._ids[attachment]

    def application(self, connection: Connection, application: Application) -> int:
        """The id of an application."""
        if (known := self._ids.get(application)) is not None:
            return known
        values = {"name": application.name, "kind": application.kind}
        self._ids[application] = _find_or_make(connection, APPLICATIONS, values)
        return self._ids[application]

    def share(self, connection: Connection, share: Share) -> int:
        """The id of whose bytes they are."""
        if (known := self._ids.get(share)) is not None:
            return known
        if share.application is None:
            owner = NOBODY
            nobody = {"application_id": NOBODY, "name": "", "kind": ""}
            connection.execute(
                sqlite_insert(APPLICATIONS).on_conflict_do_nothing(), nobody
            )
        else:
            owner = self.application(connection, share.application)
        values = {
            "application_id": owner,
            "kind": share.kind,
            "app_class": share.app_class,
            "uid": share.uid,
            "scope": share.scope,
            "via": share.via,
        }
        self._ids[share] = _find_or_make(connection, SHARES, values)
        return self._ids[share]

    def process(
        self,
        connection: Connection,
        process: Process,
        application: Application,
        comm: str,
    ) -> int:
        """The id of a process; its row follows its name and its application.

        Args:
            connection: in a transaction that may write.
            process: who; its owner is its identity within this boot.
            application: what it belongs to now.
            comm: its name now.

        Returns:
            The id.
        """
        application_id = self.application(connection, application)
        if process.owner not in self._processes:
            self.meet(connection, {process: application})
        seen = self._processes[process.owner]
        now = _Seen(seen.process_id, application_id, comm)
        if now != seen:
            changed = {"application_id": application_id, "comm_last": comm}
            connection.execute(_RENAME_PROCESS, {"of": seen.process_id, **changed})
        self._processes[process.owner] = now
        return seen.process_id

    def meet(
        self, connection: Connection, processes: Mapping[Process, Application]
    ) -> None:
        """Find or make the rows of processes that are not remembered.

        Args:
            connection: in a transaction that may write.
            processes: what each belongs to.
        """
        new = {
            process.owner: (process, self.application(connection, application))
            for process, application in processes.items()
            if process.owner not in self._processes
        }
        if not new:
            return
        keys = [(owner.start_boottime_ns, owner.pid, owner.exec_id) for owner in new]
        wanted = {"boot_id": self._boot_id, "owners": json.dumps(keys)}
        for start_ns, pid, exec_id, *row in connection.execute(_FIND_PROCESSES, wanted):
            self._processes[Owner(start_ns, pid, exec_id)] = _Seen(*row)
        last = connection.execute(_LAST_PROCESS).scalar_one() or 0
        unknown = [new[owner] for owner in new if owner not in self._processes]
        rows = [
            self._row(process, application_id) | {"process_id": process_id}
            for process_id, (process, application_id) in enumerate(unknown, last + 1)
        ]
        if rows:
            connection.execute(_MAKE_PROCESS, rows)
        for process_id, (process, application_id) in enumerate(unknown, last + 1):
            seen = _Seen(process_id, application_id, process.comm)
            self._processes[process.owner] = seen

    def _row(self, process: Process, application_id: int) -> dict[str, object]:
        return {
            "boot_id": self._boot_id,
            "pid": process.owner.pid,
            "start_boottime_ns": process.owner.start_boottime_ns,
            "exec_id": process.owner.exec_id,
            "comm_first": process.comm,
            "comm_last": process.comm,
            "exe": process.exe,
            "argv": process.argv,
            "uid": process.uid,
            "ppid": process.ppid,
            "cgroup": process.cgroup,
            "application_id": application_id,
        }


def _find_or_make(
    connection: Connection, table: Table, values: Mapping[str, object]
) -> int:
    """The key of the row with exactly these values."""
    (key,) = table.primary_key
    found = connection.execute(select(key).filter_by(**values)).scalar_one_or_none()
    if found is not None:
        return int(found)
    made = connection.execute(insert(table).values(values))
    return key_of(made)


def key_of(made: CursorResult[Any]) -> int:
    """The integer key of the one row that was inserted."""
    return int(cast("Row[int]", made.inserted_primary_key)[0])
