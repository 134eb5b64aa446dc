"""The socket source of the sockdiag tier: a look at each tick, and a thread for ends.

The kernel tells of each TCP socket that is destroyed, with its final counters. It does
not wait for a reader: what finds no room in the buffer is lost (ENOBUFS). So a thread
does nothing but read; it holds the lock only to book what it read.
"""

from __future__ import annotations

import errno
import os
import secrets
import select
import socket
import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor import clock
from monitor.closing import Closing
from monitor.collectors.netlink import DATAGRAM_BYTES, dump, messages
from monitor.collectors.sockdiag.holders import Holders
from monitor.collectors.sockdiag.ledger import Ledger
from monitor.collectors.sockdiag.messages import (
    SOCK_DIAG_BY_FAMILY,
    SOURCE,
    Socket,
    parse,
    request,
)
from monitor.collectors.sockdiag.owners import Owners
from monitor.collectors.sockdiag.places import Places
from monitor.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.usage import Owner, Process, SocketCounters, SocketKey, Traffic

_NETLINK_SOCK_DIAG: Final = 4
_SOL_NETLINK: Final = 270
_NETLINK_ADD_MEMBERSHIP: Final = 1
_SO_RCVBUFFORCE: Final = 33
# linux/sock_diag.h: SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY
_DESTROY_GROUPS: Final = (1, 3)
_BUFFER_BYTES: Final = 8 << 20
_PREFIX: Final = "sockdiag-"
_LOST: Final = (
    "the kernel had no room for the ends of some TCP connections: what they moved last "
    "has no program"
)


class Health(NamedTuple):
    """What was lost.

    Attributes:
        failed_rows: how often ends of connections found no room: at least one each
            time, and the kernel does not say how many bytes. The rest cannot fail.
    """

    failed_rows: int
    failed_bytes: int = 0
    failed_owners: int = 0
    failed_storage: int = 0
    failed_hops: int = 0
    failed_remotes: int = 0


def is_instance(instance_id: str) -> bool:
    """Whether counters are of this tier: they ended with their process."""
    return instance_id.startswith(_PREFIX)


class SockDiag(Closing):
    """TCP connections of this network namespace, by owner; see the package.

    Attributes:
        instance_id: random id of this run's counters.
        pinned: False: nothing goes on counting without this process.
        outlives_a_stop: False, too.
        unpinned_because: empty: nobody expects it to.
        wires: None: what devices move on the wire is not known.
        wakeups: None: its rows need no room.
    """

    wires = None
    wakeups = None
    pinned = False
    outlives_a_stop = False
    unpinned_because = ""

    def __init__(
        self,
        netns: int,
        cgroup_path: Callable[[int], str],
        tell: Callable[[str], None],
    ) -> None:
        """Begin to listen, and take note of what there is already.

        Args:
            netns: inode number of this process's network namespace.
            cgroup_path: path of a cgroup by its id, empty when it is gone.
            tell: told, as a sentence, of what fails at run time; once, and again
                after it went well.

        Raises:
            SourceError: the kernel does not offer it.
        """
        self.instance_id = _PREFIX + secrets.token_hex(16)
        self._tell = tell
        self._lock = threading.Lock()
        self._ledger = Ledger(netns, _now_ns)
        self._owners = Owners(Holders(), cgroup_path, _now_ns)
        self._places = Places()
        self._lost = self._told_lost = 0
        self._failed = False
        self._ends = _subscribe()
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(
            target=self._listen, name="sockdiag", daemon=True
        )
        try:
            self._places.refresh()
            self._ledger.begin(_dump(), self._places.ifindex)
            self._thread.start()
        except BaseException:
            self._let_go()
            raise

    def read(self) -> dict[SocketKey, SocketCounters]:
        """All rows, absolute; those of the last look when the kernel refuses another.

        The bill must go on: a failure is told, not raised.
        """
        with self._lock:
            try:
                self._look()
            except SourceError as error:
                if not self._failed:
                    self._tell(f"{error}; which program it is stays unknown meanwhile")
                self._failed = True
            else:
                self._failed = False
            if self._lost and not self._told_lost:
                self._tell(_LOST)
            self._told_lost = self._lost
            return dict(self._ledger.rows)

    def _look(self) -> None:
        sockets = _dump()
        if not self._ledger.knows(sockets):
            self._places.refresh()
        self._owners.look(sockets)
        self._ledger.poll(sockets, self._places.ifindex, self._owners.find)

    def process(self, owner: Owner) -> Process | None:
        """Facts of an owner; None when there are none."""
        with self._lock:
            return self._owners.process(owner)

    def comm(self, owner: Owner) -> str | None:
        """The name of an owner's process now; None when it is not known."""
        return self._owners.comm(owner)

    def exited(self) -> set[Owner]:
        """Owners whose process has ended, and that have no connection any more."""
        with self._lock:
            return self._owners.ended(self._ledger.owners())

    def remove(self, keys: Iterable[SocketKey]) -> dict[SocketKey, SocketCounters]:
        """Take rows out.

        Args:
            keys: of rows that are quiet.

        Returns:
            Their very last counters.
        """
        with self._lock:
            return self._ledger.remove(keys)

    def remove_owners(self, owners: Iterable[Owner]) -> None:
        """Forget owners without rows.

        Args:
            owners: from `exited`.
        """
        with self._lock:
            self._owners.forget(owners)

    def set_mtu(self, ifindex: int, mtu: int) -> None:
        """TCP is not fragmented: nothing to do.

        Args:
            ifindex: of a device.
            mtu: its largest packet.
        """

    def health(self) -> Health:
        """How often ends of connections were lost, or could not be understood."""
        return Health(self._lost)

    @property
    def unseen(self) -> Traffic:
        """What connections moved that nobody saw open: it has no owner."""
        with self._lock:
            return self._ledger.unseen

    def drop_previous(self) -> None:
        """There never is a program before."""

    def detach(self) -> None:
        """Stop counting."""
        self.close()

    def close(self) -> None:
        """Stop counting; a second time does nothing."""
        if self._thread.is_alive():
            os.eventfd_write(self._stop, 1)
            self._thread.join()
        self._let_go()

    def _let_go(self) -> None:
        self._ends.close()
        if self._stop >= 0:
            os.close(self._stop)
            self._stop = -1

    def _listen(self) -> None:
        """Read ends as they come; the body of the thread."""
        poll = select.poll()
        poll.register(self._ends, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        while self._stop not in dict(poll.poll()):
            try:
                self._book_ends()
            except SourceError:
                self._lost += 1

    def _book_ends(self) -> None:
        try:
            while True:
                sockets = parse(messages(self._ends.recv(DATAGRAM_BYTES), SOURCE))
                with self._lock:
                    for each in sockets:
                        self._ledger.ended(
                            each, self._places.ifindex, self._owners.find_late
                        )
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise SourceError(f"{SOURCE}: {error}") from error
            self._lost += 1


def _now_ns() -> int:
    return clock.read().boottime_ns


def _dump() -> list[Socket]:
    found = []
    for family in (socket.AF_INET, socket.AF_INET6):
        found += parse(
            dump(_NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, request(family), SOURCE)
        )
    return found


def _subscribe() -> socket.socket:
    """A socket that gets each end of a TCP socket, with as much room as may be had."""
    netlink = None
    try:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
        netlink = socket.socket(socket.AF_NETLINK, kind, _NETLINK_SOCK_DIAG)
        try:
            netlink.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        except PermissionError:  # for a plain user, up to net.core.rmem_max
            netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        netlink.bind((0, 0))
        for group in _DESTROY_GROUPS:
            netlink.setsockopt(_SOL_NETLINK, _NETLINK_ADD_MEMBERSHIP, group)
    except OSError as error:
        if netlink is not None:
            netlink.close()
        raise SourceError(
            f"{SOURCE}: the kernel does not tell of TCP connections: {error}"
        ) from error
    return netlink
