"""What a flush writes beside the usage itself, a function for each kind of row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from monitor.store.columns import TRAFFIC, signed, traffic_values
from monitor.store.late import HOUR_S
from monitor.store.schema import (
    ATTACHMENTS,
    DEVICE_CHECKPOINTS,
    EVENTS,
    GAPS,
    PROCESS_HOURS,
    SOCKET_CHECKPOINTS,
    SPANS,
    STALE_HOURS,
)
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from sqlalchemy import Connection, RowMapping

    from monitor.store.batch import Batch
    from monitor.store.ids import Ids
    from monitor.store.pieces import Assignment
    from monitor.usage import SocketKey

_MARK_STALE = sqlite_insert(STALE_HOURS).on_conflict_do_nothing()

_EXTEND_SPAN = (
    update(SPANS)
    .where(SPANS.c.span_id == bindparam("of_span"))
    .values(to_s=bindparam("until_s"))
)

_SEE_ATTACHMENT = (
    update(ATTACHMENTS)
    .where(ATTACHMENTS.c.attachment_id == bindparam("seen"))
    .values(
        from_s=func.min(
            func.ifnull(ATTACHMENTS.c.from_s, bindparam("since_s")),
            bindparam("since_s"),
        ),
        to_s=func.max(
            func.ifnull(ATTACHMENTS.c.to_s, bindparam("until_s")),
            bindparam("until_s"),
        ),
    )
)

ADD_PROCESS_HOUR = sqlite_insert(PROCESS_HOURS)
ADD_PROCESS_HOUR = ADD_PROCESS_HOUR.on_conflict_do_update(
    index_elements=list(PROCESS_HOURS.primary_key),
    set_={
        "from_s": func.min(PROCESS_HOURS.c.from_s, ADD_PROCESS_HOUR.excluded.from_s),
        "to_s": func.max(PROCESS_HOURS.c.to_s, ADD_PROCESS_HOUR.excluded.to_s),
        **{
            name: PROCESS_HOURS.c[name] + ADD_PROCESS_HOUR.excluded[name]
            for name in TRAFFIC
        },
    },
)

_PUT_SOCKET = sqlite_insert(SOCKET_CHECKPOINTS)
_PUT_SOCKET = _PUT_SOCKET.on_conflict_do_update(
    index_elements=list(SOCKET_CHECKPOINTS.primary_key),
    set_={name: _PUT_SOCKET.excluded[name] for name in ("born_boottime_ns", *TRAFFIC)},
)

_DROP_SOCKET = delete(SOCKET_CHECKPOINTS).where(
    *(
        column == bindparam(f"of_{column.name}")
        for column in SOCKET_CHECKPOINTS.primary_key
    )
)


def write_gap(
    connection: Connection,
    before: RowMapping,
    run: Mapping[str, Any],
    counted_s: int | None,
) -> None:
    """Note the time since the run before, if there is any.

    Args:
        connection: to write with.
        before: the row of that run.
        run: the row of the run that begins.
        counted_s: UTC second of the last flush by the clock of now, where this boot
            knows it; what the run before called it may lie a clock step away.
    """
    from_s = before["to_s"] if counted_s is None else counted_s
    if from_s < run["from_s"]:
        gap = {
            "from_s": from_s,
            "to_s": run["from_s"],
            "run_id": run["run_id"],
            "clean": before["ended"],
            "same_boot": int(before["boot_id"] == run["boot_id"]),
        }
        connection.execute(insert(GAPS).values(gap))


def write_spans(connection: Connection, assignment: Assignment, run_id: int) -> None:
    """Make the new spans, lengthen those that go on."""
    made = [
        {
            "span_id": span.span_id,
            "from_s": span.interval.from_s,
            "to_s": span.interval.to_s,
            "attachment_id": span.attachment_id,
            "run_id": run_id,
        }
        for span in assignment.made.values()
    ]
    if made:
        connection.execute(insert(SPANS), made)
    extended = [
        {"of_span": span.span_id, "until_s": span.interval.to_s}
        for span in assignment.extended.values()
    ]
    if extended:
        connection.execute(_EXTEND_SPAN, extended)


def mark_stale(connection: Connection, pieces: Iterable[tuple[Interval, int]]) -> None:
    """Say of which hours the sums are no longer right."""
    hours = {when.from_s - when.from_s % HOUR_S for when, _ in pieces}
    if hours:
        connection.execute(_MARK_STALE, [{"hour_s": hour_s} for hour_s in hours])


def see_attachments(
    connection: Connection, pieces: Iterable[tuple[Interval, int]]
) -> None:
    """Say since when and until when each attachment was used."""
    seen: dict[int, Interval] = {}
    for when, attachment in pieces:
        known = seen.get(attachment, when)
        seen[attachment] = Interval(
            min(known.from_s, when.from_s), max(known.to_s, when.to_s)
        )
    rows = [
        {"seen": attachment, "since_s": when.from_s, "until_s": when.to_s}
        for attachment, when in seen.items()
    ]
    if rows:
        connection.execute(_SEE_ATTACHMENT, rows)


def write_processes(connection: Connection, batch: Batch, ids: Ids) -> None:
    """Add the rows of processes to their hours."""
    ids.meet(connection, {key.process: key.application for key in batch.processes})
    rows = [
        {
            "hour_s": key.hour_s,
            "attachment_id": ids.attachment(connection, key.attachment),
            "process_id": ids.process(
                connection, key.process, key.application, row.comm
            ),
            "from_s": row.interval.from_s,
            "to_s": row.interval.to_s,
            **traffic_values(row.traffic),
        }
        for key, row in batch.processes.items()
    ]
    if rows:
        connection.execute(ADD_PROCESS_HOUR, rows)


def write_devices(connection: Connection, batch: Batch) -> None:
    """Replace the devices' checkpoint."""
    connection.execute(delete(DEVICE_CHECKPOINTS))
    rows = [
        {"ifindex": device.ifindex, "name": device.name}
        | traffic_values(signed(device.counter))
        for device in batch.devices
    ]
    if rows:
        connection.execute(insert(DEVICE_CHECKPOINTS), rows)


def write_sockets(connection: Connection, batch: Batch, instance: str) -> None:
    """Bring the checkpoint of socket rows up to the batch.

    A batch without a kernel map says nothing about sockets: the rows stay, since the
    map may still be there, and a later run goes on from them.

    Args:
        connection: in a transaction.
        batch: what changed.
        instance: id of the map whose rows are stored.
    """
    if not batch.sockets_instance:
        return
    if batch.sockets_instance != instance:
        connection.execute(delete(SOCKET_CHECKPOINTS))
    if batch.sockets_removed:
        keys = [_key(key, "of_") for key in batch.sockets_removed]
        connection.execute(_DROP_SOCKET, keys)
    rows = [
        _key(key)
        | {"born_boottime_ns": counters.born_boottime_ns}
        | traffic_values(signed(counters.traffic))
        for key, counters in batch.sockets_changed.items()
    ]
    if rows:
        connection.execute(_PUT_SOCKET, rows)


def _key(key: SocketKey, prefix: str = "") -> dict[str, int]:
    return {
        f"{prefix}start_boottime_ns": key.owner.start_boottime_ns,
        f"{prefix}pid": key.owner.pid,
        f"{prefix}exec_id": key.owner.exec_id,
        f"{prefix}netns": key.netns,
        f"{prefix}ifindex": key.ifindex,
        f"{prefix}is_local": int(key.is_local),
    }


def write_events(connection: Connection, batch: Batch) -> None:
    """Keep what happened."""
    rows = [
        {"at_s": event.at_s, "kind": event.kind, "detail": event.detail}
        for event in batch.events
    ]
    if rows:
        connection.execute(insert(EVENTS), rows)
