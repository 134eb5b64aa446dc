"""Where the counting stood when the last flush was committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from monitor.devices import DeviceCounters
from monitor.store import meta, wires
from monitor.store.batch import Resume
from monitor.store.columns import traffic_of, unsigned
from monitor.store.schema import DEVICE_CHECKPOINTS, SOCKET_CHECKPOINTS
from monitor.usage import Owner, SocketCounters, SocketKey

if TYPE_CHECKING:
    from sqlalchemy import Connection


def take_up(
    connection: Connection, run_id: int, last_s: int | None, facts: dict[str, str]
) -> Resume:
    """What a run that begins has to know.

    Args:
        connection: to read from.
        run_id: of the run that begins.
        last_s: UTC second up to which the run before had counted.
        facts: of the store.
    """
    devices = connection.execute(select(DEVICE_CHECKPOINTS)).mappings()
    sockets = connection.execute(select(SOCKET_CHECKPOINTS)).mappings()
    return Resume(
        run_id=run_id,
        # A run killed before its first flush has recorded nothing.
        first=meta.CHECKPOINT_BOOT_ID not in facts,
        boot_id=facts.get(meta.CHECKPOINT_BOOT_ID, ""),
        devices={
            row["ifindex"]: DeviceCounters(
                row["name"], row["ifindex"], unsigned(traffic_of(row))
            )
            for row in devices
        },
        sockets_instance=facts.get(meta.SOCKETS_INSTANCE, ""),
        sockets={
            SocketKey(
                Owner(row["start_boottime_ns"], row["pid"], row["exec_id"]),
                row["netns"],
                row["ifindex"],
                bool(row["is_local"]),
            ): SocketCounters(traffic_of(row), row["born_boottime_ns"])
            for row in sockets
        },
        wire=wires.read(connection),
        calibrations=wires.calibrations(connection),
        last_s=last_s,
        last_trusted_s=meta.number(facts, meta.LAST_TRUSTED_S),
        boottime_ns=meta.number(facts, meta.CHECKPOINT_BOOTTIME_NS),
        trusted_offset_ns=meta.optional(facts, meta.TRUSTED_OFFSET_NS),
    )
