"""Which device here leads to which other network namespace, and so to a container.

Where something was forwarded into a virtual pair, the kernel has noted where that leads
(`wire.Peer`), so that a container is known however short it lives. Of others rtnetlink
names the other end by this namespace's number for the one it is in, and a socket's row
by that one's inode: a process that is in there ties the two together; what was found
holds as long as the pair is the same.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from monitor.applications import recognise
from monitor.errors import SourceError
from monitor.networks.attaching import elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from monitor.devices import Link
    from monitor.sources import FindNsid
    from monitor.usage import Attachment, Owner, Process, SocketKey
    from monitor.wire import Peer

_MOST_QUESTIONS: Final = 16
"""Namespaces that are asked for in one tick; the others have their turn later."""


class Containers:
    """What is known of other namespaces."""

    def __init__(self, find_nsid: FindNsid) -> None:
        """Know none yet.

        Args:
            find_nsid: asks the kernel.
        """
        self._find_nsid = find_nsid
        self._nsids: dict[int, int] = {}
        self._pairs: dict[tuple[int, int], int] = {}

    def ports(
        self,
        keys: Iterable[SocketKey],
        links: Mapping[int, Link],
        peers: Mapping[int, Peer],
        find: Callable[[Owner], Process],
    ) -> dict[Attachment, int]:
        """Devices here, by where the rows behind them are booked.

        Args:
            keys: rows of other namespaces.
            links: all devices here.
            peers: where some of them lead, as the kernel noted.
            find: facts of an owner.
        """
        noted = {
            elsewhere(peer.netns, peer.ifindex): ifindex
            for ifindex, peer in peers.items()
        }
        known = {peer.netns for peer in peers.values()}
        others = [key for key in keys if key.netns not in known]
        return self._asked(others, links, find) | noted

    def _asked(
        self,
        keys: Iterable[SocketKey],
        links: Mapping[int, Link],
        find: Callable[[Owner], Process],
    ) -> dict[Attachment, int]:
        """The same of those that the kernel must be asked for."""
        self._renew(links)
        if not self._pairs:
            return {}
        by_netns: dict[int, list[SocketKey]] = {}
        for key in keys:
            by_netns.setdefault(key.netns, []).append(key)
        unknown = [netns for netns in by_netns if netns not in self._nsids]
        for netns in unknown[:_MOST_QUESTIONS]:
            owners = {key.owner for key in by_netns[netns] if key.owner.pid}
            processes = [find(owner) for owner in owners]
            with suppress(SourceError):  # that must not stop a tick
                nsid = self._find_nsid(netns, processes, _cgroup(processes))
                if nsid is not None:
                    self._nsids[netns] = nsid
        return {
            elsewhere(netns, key.ifindex): self._pairs[end]
            for netns, nsid in self._nsids.items()
            for key in by_netns.get(netns, ())
            if (end := (nsid, key.ifindex)) in self._pairs
        }

    def _renew(self, links: Mapping[int, Link]) -> None:
        """Forget the numbers of which a pair has changed: they may be new."""
        pairs = {
            (link.peer_nsid, link.peer_ifindex): link.ifindex
            for link in links.values()
            if link.peer_nsid is not None
        }
        changed = {nsid for (nsid, _), _ in pairs.items() ^ self._pairs.items()}
        self._pairs = pairs
        self._nsids = {
            netns: nsid for netns, nsid in self._nsids.items() if nsid not in changed
        }


def _cgroup(processes: Sequence[Process]) -> str:
    """That of a container, all of whose processes are in its namespace."""
    for process in processes:
        if recognise(process).kind == "container":
            return process.cgroup
    return ""
