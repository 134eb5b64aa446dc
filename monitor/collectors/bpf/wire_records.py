"""What the maps of the wire hold, as bytes and as values: pure parsing.

Unit: bytes and packets of IP (layer 3), as they are on the wire.
Source: layout.h beside this file; `records.LAYOUT` names its version.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from monitor.collectors.bpf.records import decode
from monitor.usage import Owner
from monitor.wire import Hop, Passed, Peer, Way, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

WIRE = struct.Struct("=14Q")
HOP = struct.Struct("=II")
PASSED = struct.Struct("=QQ")
PEER = struct.Struct("=III16s")
PREFIX = struct.Struct("=II16s")
REMOTE = struct.Struct("=QII8sII")
REMOTE_USAGE = struct.Struct("=QQ")
QUOTA = struct.Struct("=q")
SWITCHES = struct.Struct("=III")
TUN_HOLDER = struct.Struct("=QIIII")


def parse_wire(raw: bytes) -> Wire:
    """Add up the counters of a device.

    Args:
        raw: one value per possible CPU, one after another.
    """
    sums = [sum(column) for column in zip(*WIRE.iter_unpack(raw), strict=True)]
    middle = len(sums) // 2
    return Wire(Way(*sums[:middle]), Way(*sums[middle:]))


def parse_hop(raw: bytes) -> Hop:
    """The key of such a row."""
    return Hop(*HOP.unpack(raw))


def parse_passed(raw: bytes) -> Passed:
    """Add up what took a hop.

    Args:
        raw: one value per possible CPU, one after another.
    """
    columns = zip(*PASSED.iter_unpack(raw), strict=True)
    return Passed(*(sum(column) for column in columns))


def parse_peer(raw: bytes) -> Peer:
    """Where a virtual pair leads, and what this end of it was."""
    netns, ifindex, master, name = PEER.unpack(raw)
    return Peer(netns, ifindex, master, decode(name))


def parse_remote(raw: bytes) -> tuple[Owner, int, bytes]:
    """Owner, IP version and head of the network of a key of `remotes`."""
    start_boottime_ns, pid, exec_id, head, version, _ = REMOTE.unpack(raw)
    return Owner(start_boottime_ns, pid, exec_id), version, head


def parse_tun_holders(raw: bytes) -> Iterator[tuple[Owner, int, int]]:
    """Process, network namespace and ifindex of each TUN device that is held open.

    Args:
        raw: what the iterator wrote.
    """
    for *owner, netns, ifindex in TUN_HOLDER.iter_unpack(raw):
        yield Owner(*owner), netns, ifindex
