"""Which tier of attribution this machine gives, found by trying.

`ebpf` names every byte's process; `interface` is the bill alone. A lesser tier is
never silent: it comes with what was missing and how to get it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.collectors.bpf import open_program
from monitor.errors import SourceError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.collectors.bpf import Program
    from monitor.usage import SocketCounters, SocketKey

EBPF: Final = "ebpf"
INTERFACE: Final = "interface"
_NETNS: Final = Path("/proc/self/ns/net")
_PIN_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Tier:
    """What counts the bytes of processes.

    Attributes:
        name: `ebpf` or `interface`.
        program: the attached program of the `ebpf` tier.
        replaced: last counters of a program of an earlier version.
        lacking: why it is not the better tier, and how to get it; empty otherwise.
    """

    name: str
    program: Program | None = None
    replaced: Mapping[SocketKey, SocketCounters] | None = None
    lacking: str = ""


def choose(store: Path, known_instance: str) -> Tier:
    """Take the best tier that works.

    Args:
        store: the database; its pins in bpffs are named after it, so that two daemons
            never take each other's.
        known_instance: id of the kernel map that the store has counters of; only that
            one may be taken over.
    """
    digest = hashlib.sha256(os.fsencode(store.resolve())).hexdigest()
    try:
        opened = open_program(digest[:_PIN_DIGITS], known_instance)
    except (UnsupportedError, SourceError) as error:
        return Tier(INTERFACE, lacking=str(error))
    replaced = opened.final[1] if opened.final else None
    return Tier(EBPF, opened.program, replaced)


def own_netns() -> int:
    """Inode number of this process's network namespace."""
    return _NETNS.stat().st_ino
