"""What connections moved, booked to whom they belong; each byte once.

Pure. A connection is known by its cookie from the first dump that shows it to the event
of its end. Whoever holds it at a look owns what it moved since the look before; what
it moved before anybody could be found waits for its owner. A connection that ends
without having been seen has none, and stays part of what is unattributed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from monitor.collectors.sockdiag.messages import LISTEN
from monitor.collectors.sockdiag.places import NOWHERE
from monitor.usage import SocketCounters, SocketKey, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.collectors.sockdiag.messages import Socket
    from monitor.usage import Owner

_NOTHING: Final = Traffic()
_PATIENCE: Final = 6
"""Looks for which a connection is remembered that is neither there nor ended: one that
the other side reset ends only when its process closes it."""


@dataclass(slots=True)
class _Connection:
    """What is known of one connection.

    Attributes:
        ifindex: of its device; `NOWHERE` when its bytes are not wanted.
        accepted: the other side began it.
        counted: what it had moved at the last look.
        waiting: the part of it that has no owner yet.
        owner: whose it is.
        last: as it was at the last look.
        absent: looks since then.
    """

    ifindex: int
    accepted: bool
    counted: Traffic
    last: Socket
    waiting: Traffic = _NOTHING
    owner: Owner | None = None
    absent: int = 0


@dataclass(slots=True)
class Ledger:
    """Rows of usage, and the connections they come from.

    Attributes:
        netns: inode number of the network namespace.
        now_ns: CLOCK_BOOTTIME, for the birth of rows.
        rows: absolute counters; they never fall.
        unseen: what connections moved that ended before anybody saw them open.
    """

    netns: int
    now_ns: Callable[[], int]
    rows: dict[SocketKey, SocketCounters] = field(default_factory=dict)
    unseen: Traffic = _NOTHING
    _connections: dict[int, _Connection] = field(default_factory=dict)

    def begin(self, sockets: Iterable[Socket], place: Callable[[Socket], int]) -> None:
        """Take note of connections whose past belongs to the time before.

        Args:
            sockets: all there are.
            place: finds the ifindex of a connection's device.
        """
        for connection in self._look(sockets, place):
            moved = connection.last.on_wire(accepted=connection.accepted)
            connection.counted = moved

    def knows(self, sockets: Iterable[Socket]) -> bool:
        """Whether none of these is new."""
        return all(
            each.cookie in self._connections for each in sockets if each.state != LISTEN
        )

    def poll(
        self,
        sockets: Iterable[Socket],
        place: Callable[[Socket], int],
        find: Callable[[Socket], Owner | None],
    ) -> None:
        """Book what moved since the last look.

        Args:
            sockets: all there are.
            place: finds the ifindex of a connection's device.
            find: finds who holds a connection, None when nobody can be told.
        """
        for connection in self._look(sockets, place):
            if connection.ifindex != NOWHERE:
                # What a closed one still sends belongs to who held it last.
                connection.owner = find(connection.last) or connection.owner
                self._count(connection, connection.last)

    def _look(
        self, sockets: Iterable[Socket], place: Callable[[Socket], int]
    ) -> list[_Connection]:
        """Remember the connections that are there, and forget those long gone."""
        sockets = list(sockets)
        listening = {each.port for each in sockets if each.state == LISTEN}
        there = []
        for connection in self._connections.values():
            connection.absent += 1
        for each in sockets:
            if each.state == LISTEN:
                continue
            known = self._connections.get(each.cookie)
            if known is None:
                is_accepted = each.port in listening
                known = _Connection(place(each), is_accepted, _NOTHING, each)
                self._connections[each.cookie] = known
            known.last, known.absent = each, 0
            there.append(known)
        for cookie, connection in list(self._connections.items()):
            if connection.absent > _PATIENCE:
                del self._connections[cookie]
        return there

    def ended(
        self,
        last: Socket,
        place: Callable[[Socket], int],
        find_late: Callable[[Socket], Owner | None],
    ) -> None:
        """Book the rest of a connection that is no more.

        Args:
            last: its final counters; they come without uid, inode and cgroup.
            place: finds the ifindex of a connection's device.
            find_late: finds an owner for one that was seen, but never held by anybody.
        """
        connection = self._connections.pop(last.cookie, None)
        if connection is None:
            if last.segments_in and place(last) != NOWHERE:
                self.unseen += last.on_wire(accepted=False)
        elif connection.ifindex != NOWHERE:
            if connection.owner is None:
                connection.owner = find_late(connection.last)
            self._count(connection, last)

    def _count(self, connection: _Connection, now: Socket) -> None:
        moved = now.on_wire(accepted=connection.accepted)
        more = (moved - connection.counted).clamped()
        connection.counted += more
        connection.waiting += more
        if connection.owner is None or not connection.waiting:
            return
        key = SocketKey(connection.owner, self.netns, connection.ifindex)
        before = self.rows.get(key) or SocketCounters(_NOTHING, self.now_ns())
        moved = before.traffic + connection.waiting
        self.rows[key] = SocketCounters(moved, before.born_boottime_ns)
        connection.waiting = _NOTHING

    def owners(self) -> set[Owner]:
        """Who has connections."""
        known = self._connections.values()
        return {each.owner for each in known if each.owner is not None}

    def remove(self, keys: Iterable[SocketKey]) -> dict[SocketKey, SocketCounters]:
        """Take rows out.

        Args:
            keys: which.

        Returns:
            Their last values.
        """
        return {key: self.rows.pop(key) for key in keys if key in self.rows}
