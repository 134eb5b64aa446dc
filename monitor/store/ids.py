"""Row ids of the things that usage refers to: found once, then remembered.

The memory must be dropped whenever another connection may have deleted such rows, and
when the transaction in which an id was made did not end well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from monitor.store.columns import FLAGS
from monitor.store.schema import APPLICATIONS, ATTACHMENTS, PROCESSES, SHARES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, CursorResult, Row

    from monitor.usage import Application, Attachment, Owner, Process, Share

NOBODY = 0
"""The application id of shares that no application owns."""

_REMEMBERED = 4000  # entries; far more than a desktop has in a day

# Built once: thousands of processes may be new in one flush, and building a statement
# costs six times as much as executing it.
_FIND_PROCESS = select(
    PROCESSES.c.process_id, PROCESSES.c.application_id, PROCESSES.c.comm_last
).where(
    *(
        PROCESSES.c[name] == bindparam(name)
        for name in ("boot_id", "pid", "start_boottime_ns", "exec_id")
    )
)
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
        seen = self._processes.get(process.owner)
        if seen is None:
            seen = self._look_up(connection, process, application_id)
        now = _Seen(seen.process_id, application_id, comm)
        if now != seen:
            changed = {"application_id": application_id, "comm_last": comm}
            connection.execute(_RENAME_PROCESS, {"of": seen.process_id, **changed})
        self._processes[process.owner] = now
        return seen.process_id

    def _look_up(
        self, connection: Connection, process: Process, application_id: int
    ) -> _Seen:
        identity = {
            "boot_id": self._boot_id,
            "pid": process.owner.pid,
            "start_boottime_ns": process.owner.start_boottime_ns,
            "exec_id": process.owner.exec_id,
        }
        row = connection.execute(_FIND_PROCESS, identity).one_or_none()
        if row is not None:
            return _Seen(*row)
        values = identity | {
            "comm_first": process.comm,
            "comm_last": process.comm,
            "exe": process.exe,
            "argv": process.argv,
            "uid": process.uid,
            "ppid": process.ppid,
            "cgroup": process.cgroup,
            "application_id": application_id,
        }
        made = connection.execute(_MAKE_PROCESS, values)
        return _Seen(key_of(made), application_id, process.comm)


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
