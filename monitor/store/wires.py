"""Where counting on the wire stood, and what is known of how drivers count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from monitor.store.columns import FLAG, FLAGS, FRAMING, PASSED, WAY
from monitor.store.schema import CALIBRATIONS, HOP_CHECKPOINTS, WIRE_CHECKPOINTS
from monitor.wire import Calibration, Framing, Hop, Passed, Reading, Way, Wire

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping, Table

    from monitor.store.batch import Batch

_LEARN = sqlite_insert(CALIBRATIONS)
_LEARN = _LEARN.on_conflict_do_update(
    index_elements=list(CALIBRATIONS.primary_key),
    set_={name: _LEARN.excluded[name] for name in FRAMING},
)


def read(connection: Connection) -> Reading:
    """The last committed counters."""
    ways = {
        (row["ifindex"], row["tx"]): Way(*(row[name] for name in WAY))
        for row in _rows(connection, WIRE_CHECKPOINTS)
    }
    return Reading(
        wires={
            ifindex: Wire(ways.get((ifindex, 0), Way()), ways.get((ifindex, 1), Way()))
            for ifindex, _ in ways
        },
        hops={
            Hop(row["from_ifindex"], row["to_ifindex"]): Passed(
                *(row[name] for name in PASSED)
            )
            for row in _rows(connection, HOP_CHECKPOINTS)
        },
    )


def calibrations(connection: Connection) -> dict[str, Calibration]:
    """How the drivers of devices count, by name of the device."""
    framings = {
        (row["device"], row["tx"]): Framing(
            row["header_bytes"], FLAG[row["counts_whole"]], bool(row["is_measured"])
        )
        for row in _rows(connection, CALIBRATIONS)
    }
    return {
        device: Calibration(framings[device, 0], framings[device, 1])
        for device, tx in framings
        if tx and (device, 0) in framings
    }


def _rows(connection: Connection, table: Table) -> list[RowMapping]:
    return list(connection.execute(select(table)).mappings())


def write(connection: Connection, batch: Batch) -> None:
    """Replace the counters, and add to what is known of drivers."""
    if batch.wire is not None:
        ways = [
            {"ifindex": ifindex, "tx": tx} | way._asdict()
            for ifindex, wire in batch.wire.wires.items()
            for tx, way in enumerate(wire)
        ]
        hops = [
            hop._asdict() | passed._asdict() for hop, passed in batch.wire.hops.items()
        ]
        for table, rows in ((WIRE_CHECKPOINTS, ways), (HOP_CHECKPOINTS, hops)):
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), rows)
    learned = [
        {"device": device, "tx": tx}
        | framing._asdict()
        | {"counts_whole": FLAGS[framing.counts_whole]}
        for device, calibration in batch.calibrations.items()
        for tx, framing in enumerate(calibration)
    ]
    if learned:
        connection.execute(_LEARN, learned)
