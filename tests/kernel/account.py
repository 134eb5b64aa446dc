"""What the program counted since a moment, beside what the wire counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from monitor.usage import Traffic, total
from tests.lab import Both
from tests.wire import Tap, Way, settle

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


HANDSHAKE = {
    "4": Both(Way(112, 2), Way(60, 1)),
    "6": Both(Way(152, 2), Way(80, 1)),
}
"""SYN and ACK, SYN-ACK: what the kernel books to the owner of the listener."""

NOTHING = Both(Way(0, 0), Way(0, 0))


def plus(*parts: Both) -> Both:
    """The sum."""
    rx, tx = zip(*parts, strict=True)
    return Both(
        Way(sum(way.bytes for way in rx), sum(way.packets for way in rx)),
        Way(sum(way.bytes for way in tx), sum(way.packets for way in tx)),
    )


class Wire(Protocol):
    """Something with a truth."""

    def wire(self) -> Both:
        """Wait until nothing moves, and read what moved, as near sees it."""


class Link:
    """The link between near and its router, for packets that no router hands on.

    Use it with `with`. Only where nothing is segmented behind the taps.
    """

    def __init__(self, lab: Lab) -> None:
        self._taps = (
            Tap(lab.left, "to_near", "egress"),
            Tap(lab.left, "to_near", "ingress"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for tap in self._taps:
            tap.close()

    def wire(self) -> Both:
        """See `Wire`."""
        return Both(*settle(self._taps))


class Account:
    """Differences of the program and of the wire, from when it was made to `wire`."""

    def __init__(self, program: Program, lab: Wire) -> None:
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
