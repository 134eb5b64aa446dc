"""What crossed a cable, and on which network the daemon booked it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from tests.e2e.truth import free_port
from tests.lab import Both
from tests.load import next_line
from tests.offload import set_offload
from tests.wire import Tap, Way, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.networks.stage import Stage

_PROCESSES = """
SELECT pid, network, metered, mcc, roaming,
    sum(rx_bytes), sum(rx_packets), sum(tx_bytes), sum(tx_packets)
FROM process_hours JOIN attachments USING (attachment_id)
    JOIN processes USING (process_id)
GROUP BY pid, network, metered, mcc, roaming
"""


class Where(NamedTuple):
    """On what bytes were booked.

    Attributes:
        network: its key.
        metered: whether its bytes cost.
        mcc: country of the network; empty when unknown.
        roaming: as the modem says.
    """

    network: str
    metered: bool | None = None
    mcc: str = ""
    roaming: bool | None = None


def booked(store: Path, pid: int) -> dict[Where, Both]:
    """What a process moved, by what that was booked on.

    Args:
        store: the database.
        pid: of the process.
    """
    with closing(sqlite3.connect(store)) as connection:
        rows = connection.execute(_PROCESSES).fetchall()
    return {
        Where(network, _flag(metered), mcc, _flag(roaming)): Both(
            Way(*numbers[:2]), Way(*numbers[2:])
        )
        for each, network, metered, mcc, roaming, *numbers in rows
        if each == pid
    }


def _flag(value: int) -> bool | None:
    return None if value < 0 else bool(value)


class Wire:
    """A cable whose packets nftables counts at both ends.

    Attributes:
        device: its name in near.
    """

    def __init__(self, stage: Stage, device: str, host: str) -> None:
        """Begin to count.

        Args:
            stage: where the cable is plugged in.
            device: its name.
            host: address at its other end.
        """
        self.device = device
        self._stage = stage
        self._host = host
        ends = ((stage.near, device), (stage.far, f"to_{device}"))
        for space, name in ends:
            with space.inside():
                set_offload(name, on=False)
        near, far = (Tap(space, name) for space, name in ends)
        self._taps = near, far

    def transfer(self, *, up: int = 0, down: int = 0) -> tuple[int, Both]:
        """One conversation of two processes.

        Args:
            up: bytes from near.
            down: bytes to near.

        Returns:
            The pid in near, and what was on the wire.
        """
        port, stage = free_port(), self._stage
        server = stage.far.traffic("serve", self._host, port)
        next_line(server)
        client = stage.near.traffic("transfer", self._host, port, up, down)
        assert (client.wait(), server.wait()) == (0, 0)
        settle(self._taps)
        return client.pid, self._of_port(port)

    def transfer_twice(
        self, down: int, between: Callable[[], object]
    ) -> tuple[int, Both, Both]:
        """Two conversations of one process.

        Args:
            down: bytes to near, of each.
            between: done after the first.

        Returns:
            The pid in near, and what was on the wire before and after.
        """
        port, stage = free_port(), self._stage
        server = stage.far.traffic("serve", self._host, port, 2)
        next_line(server)
        client = stage.near.traffic("transfer_twice", self._host, port, down)
        next_line(client)
        settle(self._taps)
        before = self._of_port(port)
        between()
        client.communicate("go on\n")
        assert (client.returncode, server.wait()) == (0, 0)
        settle(self._taps)
        return client.pid, before, self._of_port(port).since(before)

    def _of_port(self, port: int) -> Both:
        return Both(*(_of_port(tap, port) for tap in self._taps))


def _of_port(tap: Tap, port: int) -> Way:
    ways = [way for flow, way in tap.flows().items() if port in flow[1:]]
    return Way(*(sum(numbers) for numbers in zip(*ways, strict=True)))
