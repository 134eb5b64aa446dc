"""Whose a connection is, as far as a plain user sees.

One's own process by its descriptor; else the cgroup and the user, which the kernel
tells of every socket: an owner that stands for all of their processes together, so that
the service or application has a name although no process has.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from monitor.collectors.bpf.processes import read_comm
from monitor.usage import Owner, Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.collectors.sockdiag.holders import Holders
    from monitor.collectors.sockdiag.messages import Socket

_NO_UID: Final = -1


class Owners:
    """Finds owners, and keeps what is known of them."""

    def __init__(
        self,
        holders: Holders,
        cgroup_path: Callable[[int], str],
        now_ns: Callable[[], int],
    ) -> None:
        """Know nobody yet.

        Args:
            holders: finds one's own processes.
            cgroup_path: path of a cgroup by its id, empty when it is gone.
            now_ns: CLOCK_BOOTTIME, so that no two such owners of a boot are the same.
        """
        self._holders = holders
        self._cgroup_path = cgroup_path
        self._now_ns = now_ns
        self._numbers = itertools.count(1)
        self._groups: dict[tuple[int, int], Process] = {}

    def look(self, sockets: Iterable[Socket]) -> None:
        """Find the processes that hold these sockets, where they can be seen.

        Args:
            sockets: all there are.
        """
        self._holders.look(
            each.inode
            for each in sockets
            if each.inode and self._holders.may_see(each.uid)
        )

    def find(self, found: Socket) -> Owner | None:
        """Who holds a socket, as of the last `look`.

        Args:
            found: the socket.

        Returns:
            The owner; None when nobody does (yet), or nothing at all is known.
        """
        if found.inode:
            holder = self._holders.holder(found.inode)
            return holder or self._group(found.uid, found.cgroup_id)
        return self.find_late(found) if found.is_closed else None

    def find_late(self, found: Socket) -> Owner | None:
        """Whose a socket was that no process holds: all that is left is the cgroup.

        Args:
            found: the socket.
        """
        return self._group(_NO_UID, found.cgroup_id) if found.cgroup_id else None

    def _group(self, uid: int, cgroup_id: int) -> Owner:
        known = self._groups.get((uid, cgroup_id))
        if known is None:
            owner = Owner(self._now_ns(), -next(self._numbers), 0)
            path = self._cgroup_path(cgroup_id) if cgroup_id else ""
            known = Process(owner, "", "", (), uid, 0, path)
            self._groups[uid, cgroup_id] = known
        return known.owner

    def process(self, owner: Owner) -> Process | None:
        """Facts of an owner; without names for one that stands for many processes."""
        own = self._holders.processes.get(owner)
        if own is not None:
            return own
        groups = self._groups.values()
        return next((each for each in groups if each.owner == owner), None)

    def comm(self, owner: Owner) -> str | None:
        """The present name of an owner's process; None without one."""
        if owner not in self._holders.processes:
            return None
        try:
            return read_comm(owner)
        except OSError:  # no room for another open file
            return None

    def ended(self, busy: set[Owner]) -> set[Owner]:
        """Owners that will not use a socket any more.

        Args:
            busy: who has connections.
        """
        groups = {each.owner for each in self._groups.values()}
        return (groups | self._holders.ended()) - busy

    def forget(self, owners: Iterable[Owner]) -> None:
        """Drop the facts of owners.

        Args:
            owners: from `ended`.
        """
        for owner in owners:
            self._holders.forget(owner)
        gone = set(owners)
        self._groups = {
            key: each for key, each in self._groups.items() if each.owner not in gone
        }
