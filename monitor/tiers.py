"""Which tier of attribution this machine gives, found by trying.

`ebpf` names every byte's process; `sockdiag` those of TCP, as far as a plain user sees;
`interface` is the bill alone. A lesser tier is never silent: it comes with what was
missing and how to get it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.collectors.bpf import open_program
from monitor.collectors.bpf.cgroups import CgroupPaths, find_root
from monitor.collectors.sockdiag import SockDiag, is_instance
from monitor.errors import SourceError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitor.sources import Counting
    from monitor.usage import SocketCounters, SocketKey

EBPF: Final = "ebpf"
SOCKDIAG: Final = "sockdiag"
INTERFACE: Final = "interface"
_NETNS: Final = Path("/proc/self/ns/net")
_PIN_DIGITS: Final = 16
_COUNTS_ON: Final = (
    "A run before was killed: what the kernel still counts for it is read when esimmon "
    "runs with these rights again."
)


@dataclass(frozen=True, slots=True)
class Tier:
    """What counts the bytes of processes.

    Attributes:
        name: `ebpf`, `sockdiag` or `interface`.
        program: what counts; None on the `interface` tier.
        replaced: last counters of a program of an earlier version.
        lacking: why it is not the better tier, and how to get it; empty otherwise.
    """

    name: str
    program: Counting | None = None
    replaced: Mapping[SocketKey, SocketCounters] | None = None
    lacking: str = ""

    def let_go(self, *, is_stored: bool) -> bool:
        """End the counting, or leave it to the next start.

        Args:
            is_stored: whether nothing is lost when it ends.

        Returns:
            Whether the kernel goes on counting although nobody asked for that.
        """
        program = self.program
        if program is None:
            return False
        if program.pinned and not program.outlives_a_stop:
            program.close()  # the manager knows whether this is a stop or a restart
            return False
        if is_stored or not program.pinned:
            program.detach()
            return False
        program.close()
        return True


def choose(
    store: Path, known_instance: str, *, killed: bool, tell: Callable[[str], None]
) -> Tier:
    """Take the best tier that works.

    Args:
        store: the database; its pins in bpffs are named after it.
        known_instance: id of the counters that the store has; only a kernel map of
            that id may be taken over.
        killed: whether the run that made that map was killed in this boot: it
            may still count, and a later run will read it. Then nothing else may
            explain the same bytes.
        tell: told of what fails at run time.
    """
    try:
        opened = open_program(pin_name(store), known_instance)
    except (UnsupportedError, SourceError) as error:
        lacking = str(error)
    else:
        replaced = opened.final[1] if opened.final else None
        return Tier(EBPF, opened.program, replaced)
    if killed and not is_instance(known_instance):
        return Tier(INTERFACE, lacking=f"{lacking} {_COUNTS_ON}")
    try:
        program = SockDiag(own_netns(), _cgroup_paths(), tell)
    except SourceError as error:
        return Tier(INTERFACE, lacking=f"{lacking} Nor is there less: {error}")
    return Tier(SOCKDIAG, program, lacking=lacking)


def _cgroup_paths() -> Callable[[int], str]:
    """How cgroups are found by id; without cgroup v2 they have no names."""
    try:
        return CgroupPaths(find_root())
    except (UnsupportedError, OSError):
        return lambda _: ""


def pin_name(store: Path) -> str:
    """The folder of a store's pins in bpffs: two daemons never take each other's."""
    digest = hashlib.sha256(os.fsencode(store.resolve())).hexdigest()
    return digest[:_PIN_DIGITS]


def own_netns() -> int:
    """Inode number of this process's network namespace."""
    return _NETNS.stat().st_ino
