"""Socket rows to shares of the explanation, and what is left over.

Pure. A row belongs to the process that owns the socket; rows on a bridge, bond or VLAN
belong to the billed devices beneath it. The rest (what no row explains) is not stored:
it is the bill minus the explanation, signed, whenever somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from monitor.applications import recognise, unclassified
from monitor.attribution.dividing import split_traffic
from monitor.networks.attaching import elsewhere, local_part
from monitor.usage import (
    INTERNET,
    LOCAL,
    Attachment,
    Owner,
    Process,
    Share,
    SocketKey,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from monitor.devices import Link

NO_UID = -1


class Attributed(NamedTuple):
    """One row with its owner found."""

    attachment: Attachment
    share: Share
    process: Process | None
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What attribution needs to know of the machine at this tick.

    Attributes:
        netns: inode number of the daemon's own network namespace.
        devices: attachments of this namespace by ifindex.
        lowers: billed devices beneath others, by ifindex.
        weights: bytes that each device moved in this tick, to share rows on a bond.
        class_of: whether a person is in front of a process.
        links: what the devices are, by ifindex.
    """

    netns: int
    devices: Mapping[int, Attachment]
    lowers: Mapping[int, tuple[int, ...]]
    weights: Mapping[int, int]
    class_of: Callable[[Process], str] = unclassified
    links: Mapping[int, Link] = field(default_factory=dict)


def nobody(owner: Owner) -> Process:
    """Facts of an owner that the kernel's table had no room for."""
    return Process(owner, comm="", exe="", argv=(), uid=NO_UID, ppid=0, cgroup="")


def _places(
    key: SocketKey, traffic: Traffic, around: Surroundings
) -> Iterator[tuple[Attachment, Traffic]]:
    """Where a row's bytes are booked."""
    if key.netns not in (around.netns, 0):
        yield elsewhere(key.netns, key.ifindex), traffic
    elif beneath := around.lowers.get(key.ifindex):
        parts = split_traffic(traffic, [around.weights.get(i, 0) for i in beneath])
        yield from zip((around.devices[i] for i in beneath), parts, strict=True)
    elif key.ifindex in around.devices:
        yield around.devices[key.ifindex], traffic


def _seen_by(attachment: Attachment, scope: str) -> Attachment:
    """What no carrier sees has a bill of its own."""
    return local_part(attachment) if scope == LOCAL else attachment


def attribute(
    usage: Mapping[SocketKey, Traffic],
    around: Surroundings,
    find: Callable[[Owner], Process],
) -> list[Attributed]:
    """Give each row of socket usage its application and attachment.

    Rows without a process are the kernel's own (ICMP, TIME_WAIT) when they are known
    to be of this namespace; else nobody can say whose device they crossed, and they
    stay part of what is unattributed.

    Args:
        usage: signed differences by row.
        around: the machine at this tick.
        find: facts of an owner; `nobody` when there are none.

    Returns:
        The rows, in the order of `usage`.
    """
    rows = []
    for key, traffic in usage.items():
        process: Process | None = None
        scope = LOCAL if key.is_local else INTERNET
        if key.owner.pid:
            process = find(key.owner)
            app_class, uid = around.class_of(process), process.uid
            share = Share(recognise(process), app_class=app_class, uid=uid, scope=scope)
        elif key.netns == around.netns:
            share = Share(None, kind="kernel", uid=NO_UID, scope=scope)
        else:
            continue
        rows += [
            Attributed(_seen_by(attachment, scope), share, process, part)
            for attachment, part in _places(key, traffic, around)
            if part
        ]
    return rows
