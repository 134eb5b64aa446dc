"""What the maps of the eBPF program hold, as bytes and as values: pure parsing.

Unit: bytes and packets of IP (layer 3), as they are on the wire.
Width and restart: 64 bits, signed: a claim moves bytes from one row to another. A row
    that was removed and came back has another birth.
Source: layout.h beside this file; `LAYOUT` names its version.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from monitor.usage import Owner, SocketCounters, SocketKey, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT = 4
"""Changed with layout.h: rows of another layout cannot be read."""

KEY = struct.Struct("=QIIIIII")
OWNER = struct.Struct("=QII")
MTU_KEY = struct.Struct("=II")
MTU = struct.Struct("=I")
SETTINGS = struct.Struct("=QIIII")
IDENTITY = struct.Struct("=16s16s32sQII")
LOSSES = struct.Struct("=QQQQQQ")
FACTS = struct.Struct("=QIIHHHH16s1024s")
ENDING = struct.Struct("=Q16s")
ROW = struct.Struct("=4qQ")

_EXE_LEN = 512
_CGROUP_AT, _CGROUP_LEN = 512, 256
_ARGV_AT = 768


class Health(NamedTuple):
    """What the kernel could not write down; cumulative since the program was loaded.

    Attributes:
        failed_rows: packets for which there was no room for a row.
        failed_bytes: their bytes: they are in no row.
        failed_owners: processes without name, for there was no room for it.
        failed_storage: uses of a socket that could not be marked with its owner.
        failed_hops: forwarded packets without room for where they came from.
        failed_remotes: packets without room for whom they went to.
    """

    failed_rows: int
    failed_bytes: int
    failed_owners: int
    failed_storage: int
    failed_hops: int
    failed_remotes: int


class Identity(NamedTuple):
    """Whose maps these are.

    Attributes:
        instance: random id, hexadecimal, made with the maps.
        predecessor: the instance from which these took over without a gap, or empty.
        fingerprint: hash of the object and its settings: the same can be adopted.
        cgroup_id: what the programs are attached to.
        layout: `LAYOUT` of the program that made them.
        features: bit mask of `features.FEATURES`, by their order.
    """

    instance: str
    predecessor: str
    fingerprint: str
    cgroup_id: int
    layout: int
    features: int

    def pack(self) -> bytes:
        """The value of the map `identity`."""
        return IDENTITY.pack(
            bytes.fromhex(self.instance),
            bytes.fromhex(self.predecessor),
            bytes.fromhex(self.fingerprint),
            self.cgroup_id,
            self.layout,
            self.features,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What the kernel wrote down of an owner.

    Attributes:
        ready: False while it is still writing.
        comm: name of the process at its first use of a socket.
        exe: path of the program; begins with `.../` when it was too long.
        argv: first arguments; empty when they could not be read there.
        uid: real user id.
        ppid: parent.
        cgroup_id: id of the cgroup v2, which is the inode number of its directory.
        cgroup: its path, None when it was too long.
    """

    ready: bool
    comm: str
    exe: str
    argv: tuple[str, ...]
    uid: int
    ppid: int
    cgroup_id: int
    cgroup: str | None


def decode(raw: bytes) -> str:
    """Text of foreign bytes; what is not UTF-8 survives as surrogates.

    Args:
        raw: up to the first NUL, or all.

    Returns:
        The text.
    """
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def parse_identity(raw: bytes) -> Identity:
    """Parse the value of the map `identity`.

    Args:
        raw: the value.

    Returns:
        The identity; an all-zero predecessor is empty.
    """
    instance, predecessor, fingerprint, *numbers = IDENTITY.unpack(raw)
    return Identity(
        instance.hex(),
        predecessor.hex() if any(predecessor) else "",
        fingerprint.hex(),
        *numbers,
    )


def pack_owner(owner: Owner) -> bytes:
    """The key of an owner in the maps `owners` and `ended`."""
    return OWNER.pack(owner.start_boottime_ns, owner.pid, owner.exec_id)


def parse_owner(raw: bytes) -> Owner:
    """The owner of such a key."""
    return Owner(*OWNER.unpack(raw))


def pack_key(key: SocketKey) -> bytes:
    """The key of a row in the map `rows`."""
    owner, place = key.owner, (key.netns, key.ifindex, int(key.is_local), 0)
    return KEY.pack(owner.start_boottime_ns, owner.pid, owner.exec_id, *place)


def parse_key(raw: bytes) -> SocketKey:
    """The row's key of such bytes."""
    *owner, netns, ifindex, scope, _ = KEY.unpack(raw)
    return SocketKey(Owner(*owner), netns, ifindex, bool(scope))


def parse_row(raw: bytes) -> SocketCounters:
    """Parse a value of the map `rows`.

    Args:
        raw: the value.

    Returns:
        The counters of the row.
    """
    *traffic, born_boottime_ns = ROW.unpack(raw)
    return SocketCounters(Traffic(*traffic), born_boottime_ns)


def parse_losses(raw: bytes) -> Health:
    """Add up the losses of all CPUs.

    Args:
        raw: one value per possible CPU, one after another.

    Returns:
        The sums.
    """
    columns = zip(*LOSSES.iter_unpack(raw), strict=True)
    return Health(*(sum(column) for column in columns))


def _path(raw: bytes, length: int, room: int) -> str | None:
    """Join components that stand last first, each with its NUL; None when cut."""
    if length >= room:
        return None
    return "/" + "/".join(
        decode(part) for part in reversed(raw[:length].split(b"\0")[:-1])
    )


def _exe(raw: bytes, length: int) -> str:
    if not length:
        return ""
    whole = _path(raw, length, _EXE_LEN)
    if whole is not None:
        return whole
    parts = raw[:_EXE_LEN].split(b"\0")[:-1]
    return ".../" + "/".join(decode(part) for part in reversed(parts))


def _arguments(raw: bytes) -> Iterator[str]:
    # A process that renamed itself in place leaves NULs behind.
    stripped = raw.rstrip(b"\0")
    words = stripped.split(b"\0") if stripped else ()
    return (sys.intern(decode(word)) for word in words)


def parse_argv(raw: bytes) -> tuple[str, ...]:
    """Split a command line as in /proc/PID/cmdline.

    Args:
        raw: arguments, each with its NUL; the last may be cut.

    Returns:
        The arguments.
    """
    return tuple(_arguments(raw))


def parse_facts(raw: bytes) -> Facts:
    """Parse a value of the map `owners`.

    Args:
        raw: the value.

    Returns:
        The facts.
    """
    cgroup_id, uid, ppid, exe_len, cgroup_len, argv_len, ready, comm, text = (
        FACTS.unpack(raw)
    )
    cgroup = _path(text[_CGROUP_AT:_ARGV_AT], cgroup_len, _CGROUP_LEN)
    return Facts(
        ready=bool(ready),
        # The same words come again with every process of a program: kept once.
        comm=sys.intern(decode(comm)),
        exe=sys.intern(_exe(text, exe_len)),
        argv=parse_argv(text[_ARGV_AT : _ARGV_AT + argv_len]),
        uid=uid,
        ppid=ppid,
        cgroup_id=cgroup_id,
        cgroup=cgroup and sys.intern(cgroup) if cgroup_id else "",
    )
