"""Links and default routes, read again only when the kernel has told of a change.

Scope: the network namespace in which it was opened.
Privilege: none.
Cost: one receive that finds nothing; two dumps and two files where something changed.
Source: rtnetlink(7), linux/rtnetlink.h (RTNLGRP_*). Every change of a link is told
    before the next one can begin (net/core/rtnetlink.c, rtnetlink_event). IPv4 routes
    go without a word of their own when a link or an address does, hence the groups of
    addresses (net/ipv4/fib_frontend.c). The other end of a veth may move to another
    namespace without a word: where there is one, all is read at each call.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from monitor.closing import Closing
from monitor.collectors import routes, rtnetlink

if TYPE_CHECKING:
    from monitor.devices import Link

_LINK: Final = 1
_V4_ADDRESS: Final = 5
_V4_ROUTE: Final = 7
_V6_ADDRESS: Final = 9
_V6_ROUTE: Final = 11
_NEXTHOP: Final = 32
_GROUPS: Final = (_LINK, _V4_ADDRESS, _V4_ROUTE, _V6_ADDRESS, _V6_ROUTE, _NEXTHOP)
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_ONE_MESSAGE_BYTES: Final = 1  # that there is one is all that matters
_MOST_UNREAD: Final = 4096
_PAIRS: Final = frozenset({"veth", "netkit"})
_AT_LEAST_EACH: Final = 6
"""After so many calls all is read anyway: a change that nobody told is found."""


class Topology(Closing):
    """What `rtnetlink.collect` and `routes.collect` say, with less work."""

    def __init__(self) -> None:
        """Listen from now on; where that is refused, read each time."""
        self._links: dict[int, Link] = {}
        self._routes: frozenset[str] | None = None
        self._calls = 0
        self._told: socket.socket | None = None
        flags = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        try:
            self._told = socket.socket(socket.AF_NETLINK, flags, socket.NETLINK_ROUTE)
            self._told.bind((0, 0))  # without an address of its own it is told nothing
            for group in _GROUPS:
                self._told.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        except OSError:
            self.close()

    def links(self) -> dict[int, Link]:
        """Every device by ifindex, loopback included.

        Raises:
            SourceError: as `rtnetlink.collect`.
        """
        self._calls += 1
        if self._may_have_changed() or self._calls % _AT_LEAST_EACH == 0:
            self._links, self._routes = {}, None
        if not self._links or any(each.kind in _PAIRS for each in self._links.values()):
            self._links = rtnetlink.collect()
        return self._links

    def default_routes(self) -> frozenset[str]:
        """Names of the devices with a default route, as of the last `links`.

        Raises:
            SourceError: as `routes.collect`.
        """
        if self._routes is None:
            self._routes = routes.collect()
        return self._routes

    def _may_have_changed(self) -> bool:
        """Whether anything was told since the last call; takes it all."""
        if self._told is None:
            return True
        has_changed = False
        for _ in range(_MOST_UNREAD):
            try:
                self._told.recv(_ONE_MESSAGE_BYTES)
            except BlockingIOError:
                break
            except OSError:  # ENOBUFS: more was told than there was room for
                pass
            has_changed = True
        return has_changed

    def close(self) -> None:
        """Do not listen any more: all is read at each call."""
        told, self._told = self._told, None
        if told is not None:
            told.close()
