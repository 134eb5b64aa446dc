"""What the program counted since a moment, beside what the wire counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.usage import Traffic, total
from tests.lab import Both
from tests.wire import Way

if TYPE_CHECKING:
    from monitor.collectors.bpf import Program
    from monitor.usage import Owner, SocketKey
    from tests.lab import Lab
    from tests.namespaces import Namespace


def both(traffic: Traffic) -> Both:
    """The same numbers in the wire's form."""
    return Both(
        Way(traffic.rx_bytes, traffic.rx_packets),
        Way(traffic.tx_bytes, traffic.tx_packets),
    )


class Account:
    """Differences of the program and of the wire, from when it was made to `wire`."""

    def __init__(self, program: Program, lab: Lab) -> None:
        self._program = program
        self._lab = lab
        self._wire = lab.wire()
        self._rows = program.read()
        self._end: Both | None = None

    def wire(self) -> Both:
        """What crossed the wire, as near sees it; the first call waits for silence."""
        if not self._end:
            self._end = self._lab.wire().since(self._wire)
        return self._end

    def rows(self, side: Namespace) -> dict[SocketKey, Traffic]:
        """What the program counted in a namespace, by row."""
        self.wire()
        changed = {}
        for key, counters in self._program.read().items():
            old = self._rows.get(key)
            delta = counters.traffic - old.traffic if old else counters.traffic
            if delta and key.netns == side.inode:
                changed[key] = delta
        return changed

    def side(self, side: Namespace) -> Both:
        """What all owners in a namespace have together."""
        return both(total(self.rows(side).values()))

    def process(self, side: Namespace, pid: int) -> Both:
        """What one process has, in all of its images."""
        rows = self.rows(side)
        return both(total(rows[key] for key in rows if key.owner.pid == pid))

    def owners(self, side: Namespace) -> set[Owner]:
        """Who has moved anything in a namespace."""
        return {key.owner for key in self.rows(side)}


def turned(seen_by_near: Both) -> Both:
    """The same traffic as far sees it."""
    return Both(seen_by_near.tx, seen_by_near.rx)
