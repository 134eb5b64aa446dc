"""Loading the object: from a file to programs and maps in the kernel.

Cost: 0.12 s and 12 MB for a moment, most of it the kernel's own BTF; 1 MB stays, for
    only a handful of descriptors is kept.
Privilege: CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, or root.
Since: Linux 6.1. NO_PREALLOC maps are safe from there on: their memory comes from
    bpf_mem_alloc, which allocates ahead and in any context (layout.h says where that
    is not enough).
"""

from __future__ import annotations

import ctypes
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.collectors.bpf import features, records, wakeups, wire_records
from monitor.collectors.bpf.maps import Map

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.collectors.bpf.libbpf import Library

OBJECT = Path(__file__).with_name("usage.bpf.o")
MAX_ROWS = 65_536

_SO_NETNS_COOKIE = 71  # include/uapi/asm-generic/socket.h; Linux 5.14
_SETTINGS_SECTION = ".rodata.settings"

_KEY_BYTES = {
    "rows": records.KEY.size,
    "owners": records.OWNER.size,
    "ended": records.OWNER.size,
    "mtus": records.MTU_KEY.size,
    "losses": 4,
    "identity": 4,
    "wires": 4,
    "hops": wire_records.HOP.size,
    "peers": 4,
    "local_prefixes": wire_records.PREFIX.size,
    "remotes": wire_records.REMOTE.size,
    "switches": 4,
    "room": 4,
    "quotas": 4,
    "wakeups": 0,
}


def map_sizes(library: Library) -> dict[str, tuple[int, int]]:
    """Maps that user space uses: bytes of a key, and of all values of a key.

    Args:
        library: libbpf.

    Returns:
        Sizes by name.
    """
    cpus = library.possible_cpus
    value_bytes = {
        "rows": records.ROW.size,
        "owners": records.FACTS.size,
        "ended": records.ENDING.size,
        "mtus": records.MTU.size,
        "losses": records.LOSSES.size * cpus,
        "identity": records.IDENTITY.size,
        "wires": wire_records.WIRE.size * cpus,
        "hops": wire_records.PASSED.size * cpus,
        "peers": wire_records.PEER.size,
        "local_prefixes": 4,
        "remotes": wire_records.REMOTE_USAGE.size,
        "switches": wire_records.SWITCHES.size,
        "room": wakeups.ROOM.size,
        "quotas": wire_records.QUOTA.size,
        "wakeups": 0,  # a ring buffer
    }
    return {name: (_KEY_BYTES[name], value_bytes[name]) for name in _KEY_BYTES}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is written into the program before it is loaded.

    Attributes:
        netns_cookie: of the daemon's own network namespace; 0 when the kernel has none.
        netns: inode number of that namespace.
        rows: room for that many socket rows.
    """

    netns_cookie: int
    netns: int
    rows: int

    @classmethod
    def here(cls, rows: int) -> Settings:
        """The settings for this process.

        Args:
            rows: room for that many socket rows.

        Returns:
            The settings.
        """
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                raw = probe.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8)
            cookie = int.from_bytes(raw, "little")
        except OSError:
            cookie = 0
        return cls(cookie, Path("/proc/self/ns/net").stat().st_ino, rows)


class Loaded:
    """An object in the kernel, not attached to anything yet.

    Attributes:
        library: libbpf.
        features: optional groups that are on.
        maps: the maps that user space uses.
    """

    def __init__(
        self,
        library: Library,
        path: Path,
        settings: Settings,
        on: frozenset[str],
    ) -> None:
        """Load the object.

        Args:
            library: libbpf.
            path: the object file.
            settings: written into it before.
            on: optional groups to load.

        Raises:
            OSError: The kernel refused; `Library.take_log` has the reason.
        """
        self.features = on
        self.library = library
        self._address = library.pointer(
            "bpf_object__open_file", os.fsencode(path), None
        )
        try:
            self._programs = library.members(self._address, "program")
            maps = library.members(self._address, "map")
            self._prepare(maps, settings)
            library.number("bpf_object__load", self._address)
            self.maps = {
                name: Map(
                    library, self._duplicate("bpf_map__fd", maps[name]), name, sizes
                )
                for name, sizes in map_sizes(library).items()
            }
        except BaseException:
            self.close()
            raise

    def _prepare(self, maps: dict[str, int], settings: Settings) -> None:
        wanted = features.programs(self.features)
        for name, address in self._programs.items():
            self.library.number("bpf_program__set_autoload", address, name in wanted)
        self.library.number("bpf_map__set_max_entries", maps["rows"], settings.rows)
        section = next(
            at for name, at in maps.items() if name.endswith(_SETTINGS_SECTION)
        )
        size = ctypes.c_size_t()
        start = self.library.pointer(
            "bpf_map__initial_value", section, ctypes.byref(size)
        )
        use_cookie = int("netns_cookie" in self.features and settings.netns_cookie > 0)
        packed = records.SETTINGS.pack(
            settings.netns_cookie,
            settings.netns,
            use_cookie,
            "mptcp" in self.features,
            "kernel_skb" in self.features,
        )
        ctypes.memmove(start, packed, min(size.value, len(packed)))

    def _duplicate(self, function: str, address: int) -> int:
        """A descriptor of our own: libbpf closes its own with the object."""
        return os.dup(self.library.number(function, address))

    def program_fd(self, name: str) -> int:
        """The descriptor of a program, owned by this object.

        Args:
            name: as in usage.bpf.c.

        Returns:
            The descriptor.
        """
        return self.library.number("bpf_program__fd", self._programs[name])

    def attach(self, name: str, cgroup_fd: int | None) -> int:
        """Attach a program.

        Args:
            name: as in usage.bpf.c.
            cgroup_fd: the cgroup to attach to, None for a hook of the whole kernel.

        Returns:
            Descriptor of the link: the program runs until it is closed and unpinned.

        Raises:
            OSError: The kernel refused.
        """
        program = self._programs[name]
        if name in features.ITERATORS:
            link = self.library.pointer("bpf_program__attach_iter", program, None)
        elif cgroup_fd is None:
            link = self.library.pointer("bpf_program__attach", program)
        else:
            link = self.library.pointer(
                "bpf_program__attach_cgroup", program, cgroup_fd
            )
        try:
            return self._duplicate("bpf_link__fd", link)
        finally:
            self.library.number("bpf_link__destroy", link)

    def close(self, *, with_maps: bool = False) -> None:
        """Give back libbpf's memory; links and maps live on by their descriptors.

        Args:
            with_maps: close our descriptors of the maps, too.
        """
        self.library.close_object(self._address)
        if with_maps:
            close_maps(self.maps.values())


def read_iterator(library: Library, link: int) -> bytes:
    """Run an iterator over all that it walks.

    Args:
        library: libbpf.
        link: descriptor of its link.

    Returns:
        What it wrote.

    Raises:
        OSError: The kernel refused.
    """
    with open(library.number("bpf_iter_create", link), "rb") as walk:  # noqa: PTH123 - a descriptor has no path
        return walk.read()


def close_maps(maps: Iterable[Map]) -> None:
    """Close the descriptors of maps.

    Args:
        maps: which.
    """
    for one in maps:
        one.close()
