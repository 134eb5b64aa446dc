"""The accounting program while it runs: counters, owners, and what went wrong.

Counts: IP bytes and packets in cgroup_skb, per owner, network namespace and device; the
    owner is kept in the socket and set by hooks in the system calls.
Unit: bytes of layer 3, headers included, as they cross the wire: after segmentation,
    before reassembly (fragments: where the MTU is known, see `set_mtu`).
Width and restart: 64 bits, signed; a row counts from zero at its birth. Rows live as
    long as the maps do: pinned ones until detached or the next boot.
Scope: every network namespace of the machine; all devices but loopback (ifindex 1).
Not seen: forwarded packets, ARP, packets of kernel tunnels (wires.py), received
    ICMP errors and neighbour discovery, TIME_WAIT (52 bytes each way per connection).
    The SYN, SYN-ACK and ACK of an accepted connection belong to the listener's owner.
Privilege: CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, or root.
Cost: 0.2 us per packet and 0.1 us per system call that sends or receives (measured on
    2 CPUs with kernel.bpf_stats_enabled, which is part of it); `read` see maps.py.
Since: Linux 6.1 with BTF.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from monitor.collectors.bpf import processes, records
from monitor.collectors.bpf.features import TUN, TUN_PROGRAM, WIRE, hook_names
from monitor.collectors.bpf.loading import MAX_ROWS, close_maps
from monitor.collectors.bpf.wakeups import MOST_BIRTHS, Wakeups
from monitor.collectors.bpf.wires import Wires
from monitor.usage import Process

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitor.collectors.bpf.attaching import Attached
    from monitor.usage import Owner, SocketCounters, SocketKey

_FIRST = (0).to_bytes(4, "little")  # key of the only entry of an array


class Program:
    """An attached accounting program.

    Attributes:
        instance_id: random id of its maps, hexadecimal; other maps, other counters.
        adopted: True when maps and links of an earlier daemon were taken over.
        pinned: True when it goes on counting without this process.
        outlives_a_stop: True when it does so until `detach`; else the service manager
            keeps it, and ends it when the service is stopped.
        unpinned_because: why not, for people; empty when it is pinned or need not be.
        hooks: which hooks are on, for people.
        wires: what devices move; None where the kernel does not offer that.
        wakeups: readable when rows should be read before the next tick.
    """

    def __init__(
        self, attached: Attached, *, adopted: bool, unpinned_because: str = ""
    ) -> None:
        """Wrap a program that is attached; `open_program` makes these.

        Args:
            attached: its parts, owned from now on.
            adopted: it was counting before.
            unpinned_because: why it could not be pinned.
        """
        self._attached = attached
        self._maps = attached.maps
        self._links = dict(attached.links)
        raw = self._maps["identity"].lookup(_FIRST) or b""
        self.instance_id = records.parse_identity(raw).instance
        self.adopted = adopted
        self.pinned = attached.place is not None
        self.outlives_a_stop = bool(attached.place and attached.place.outlives_a_stop)
        self.unpinned_because = unpinned_because
        self.hooks = hook_names(attached.features)
        self.wires = self._find_wires()
        self.wakeups = Wakeups(self._maps["wakeups"], self._maps["room"])
        self._rows: dict[bytes, tuple[bytes, SocketKey, SocketCounters]] = {}
        self._named: set[Owner] = set()
        # Who held a socket before the program was there may end before it is asked for.
        self._argv: dict[Owner, tuple[str, ...]] = {}
        for raw_owner, value in self._maps["owners"].items():
            facts = records.parse_facts(value)
            if not facts.argv:
                self._arguments(records.parse_owner(raw_owner), facts.comm)

    def _find_wires(self) -> Wires | None:
        attached = self._attached
        if WIRE not in attached.features:
            return None
        if TUN in attached.features and attached.place:
            link = attached.place.current.open_link(TUN_PROGRAM)
            if link is not None:
                self._links[TUN_PROGRAM] = link
        tun_link = self._links.get(TUN_PROGRAM)
        return Wires(attached.library, self._maps, attached.netns, tun_link)

    @property
    def pin_folder(self) -> Path | None:
        """The folder on bpffs that holds its maps and links."""
        return self._attached.place.folder if self._attached.place else None

    def read(self) -> dict[SocketKey, SocketCounters]:
        """All rows: absolute, signed counters.

        Returns:
            Counters by key; rows that did not change are the same objects as before.

        Raises:
            SourceError: The kernel refused.
        """
        rows = {}
        self.wakeups.arm(max(1, min(MOST_BIRTHS, (MAX_ROWS - len(self._rows)) // 2)))
        for raw_key, raw in self._maps["rows"].items():
            known = self._rows.get(raw_key)
            if known is None:
                known = (raw, records.parse_key(raw_key), records.parse_row(raw))
            elif known[0] != raw:
                known = (raw, known[1], records.parse_row(raw))
            rows[raw_key] = known
        self._rows = rows
        return {key: counters for _, key, counters in rows.values()}

    def process(self, owner: Owner) -> Process | None:
        """What the kernel knew of an owner when it first used a socket.

        Args:
            owner: from a key; without process (pid 0) there is nothing to know.

        Returns:
            The facts, or None when there are none (yet).

        Raises:
            SourceError: The kernel refused.
        """
        raw = self._maps["owners"].lookup(records.pack_owner(owner))
        facts = records.parse_facts(raw) if raw else None
        if facts is None or not facts.ready:
            return None
        cgroup = facts.cgroup
        if cgroup is None:
            cgroup = self._attached.cgroups(facts.cgroup_id)
        return Process(
            owner=owner,
            comm=facts.comm,
            exe=facts.exe,
            argv=facts.argv or self._arguments(owner, facts.comm),
            uid=facts.uid,
            ppid=facts.ppid,
            cgroup=cgroup,
        )

    def _arguments(self, owner: Owner, comm: str) -> tuple[str, ...]:
        if owner not in self._argv:
            self._argv[owner] = processes.read_argv(owner, comm)
        return self._argv[owner]

    def comm(self, owner: Owner) -> str | None:
        """The name of an owner's process now, or when it ended.

        Cheap enough for every flush (one map lookup, two files of /proc).

        Args:
            owner: from a key.

        Returns:
            The name; None when it is not known: the image was replaced by another, or
            the process is in another pid namespace.

        Raises:
            SourceError: The kernel refused.
        """
        raw = self._maps["ended"].lookup(records.pack_owner(owner))
        if raw:
            return records.decode(records.ENDING.unpack(raw)[1]) or None
        return processes.read_comm(owner)

    def exited(self) -> set[Owner]:
        """Owners that will not use a socket any more: ended, or replaced by an exec.

        Their last packets (FIN, retransmissions) may come a minute later still, so a
        row is to be removed when it was quiet for some reads; an owner's facts after
        all its rows, and at once when it has none.

        Returns:
            Owners that `remove_owners` was not called for, and those of rows (as of
            the last `read`) that came after it was.

        Raises:
            SourceError: The kernel refused.
        """
        ended = {records.parse_owner(key) for key, _ in self._maps["ended"].items()}
        with_rows = {key.owner for _, key, _ in self._rows.values() if key.owner.pid}
        self._named &= with_rows
        for owner in with_rows - ended - self._named:
            packed = records.pack_owner(owner)
            if self._maps["owners"].lookup(packed) or processes.is_running(owner):
                self._named.add(owner)
            else:
                ended.add(owner)
        return ended

    def remove(self, keys: Iterable[SocketKey]) -> dict[SocketKey, SocketCounters]:
        """Remove rows; the kernel makes a new one, from zero, if it needs it again.

        Args:
            keys: of rows that are quiet: a packet counted at this very moment on
                another CPU would be lost.

        Returns:
            Their very last counters; a row that was gone already is not in it.

        Raises:
            SourceError: The kernel refused.
        """
        last = {}
        for key in keys:
            raw = self._maps["rows"].lookup(records.pack_key(key), and_delete=True)
            if raw:
                last[key] = records.parse_row(raw)
        return last

    def remove_owners(self, owners: Iterable[Owner]) -> None:
        """Forget owners that have ended.

        Args:
            owners: from `exited`, without rows.

        Raises:
            SourceError: The kernel refused.
        """
        for owner in owners:
            packed = records.pack_owner(owner)
            self._argv.pop(owner, None)
            self._named.discard(owner)
            # In this order: the exit hook writes `ended` only for what is in `owners`.
            self._maps["owners"].delete(packed)
            self._maps["ended"].delete(packed)

    def set_mtu(self, ifindex: int, mtu: int, netns: int | None = None) -> None:
        """Say how large packets on a device may be, to count fragments exactly.

        Args:
            ifindex: the device.
            mtu: its MTU in bytes.
            netns: its network namespace; None for the daemon's own.

        Raises:
            SourceError: The kernel refused.
        """
        where = self._attached.netns if netns is None else netns
        self._maps["mtus"].update(
            records.MTU_KEY.pack(where, ifindex), records.MTU.pack(mtu)
        )

    def health(self) -> records.Health:
        """What could not be counted or named since the maps were made.

        Returns:
            Cumulative numbers.

        Raises:
            SourceError: The kernel refused.
        """
        return records.parse_losses(self._maps["losses"].lookup(_FIRST) or b"")

    def drop_previous(self) -> None:
        """Free the maps of a replaced program: `Opened.final` is in the store now."""
        if self._attached.place:
            self._attached.place.previous.remove()

    def detach(self) -> None:
        """Stop counting, keep nothing; what was counted can be read until close.

        A second time does nothing.
        """
        self.drop_previous()
        if self._attached.place:
            self._attached.place.current.remove()
            self._attached.place.leave()
        self._close_links()

    def close(self) -> None:
        """Let go: a pinned program goes on counting, another one ends."""
        if self._attached.place:
            self._attached.place.close()
        self._close_links()
        close_maps(self._maps.values())

    def _close_links(self) -> None:
        while self._links:
            os.close(self._links.popitem()[1])
