"""Pins on bpffs: which store each folder belongs to, and whether its daemon lives.

Pins are named after their store by a hash. Which stores there are is known from the
arguments of this command and from the status files that killed daemons left.
A daemon is proved dead by the lock of its store, and by nobody holding its maps open.

Scope: the bpffs that is seen from here; processes of this pid namespace.
Privilege: root.
Cost: one link of /proc/PID/fd for each open file of the machine, where there are pins.
Source: man 5 proc (fdinfo), kernel/bpf/syscall.c (`map_id` in fdinfo).
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.checks.leftovers import Life, Pinned
from monitor.collectors.bpf.libbpf import Library
from monitor.errors import UnsupportedError
from monitor.store.lock import holder, is_held, lock_path
from monitor.tiers import pin_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAME: Final = re.compile(r"[0-9a-f]{16}")
_LINK: Final = "link_"
_BPF_MAP: Final = "anon_inode:bpf-map"
_MAP_ID: Final = re.compile(r"^map_id:\s*(\d+)$", re.MULTILINE)
_FIRST_PID_NAMESPACE: Final = 0xEFFFFFFC  # PROC_PID_INIT_INO, linux/proc_ns.h


class Seen(NamedTuple):
    """How pins are looked into, and who is known to run.

    Attributes:
        soname: of libbpf.
        proc: where procfs is.
        answering: pids of daemons that answer: their start is over.
    """

    soname: str
    proc: Path
    answering: frozenset[int] = frozenset()


def look(bpffs: Path, stores: Iterable[Path], seen: Seen) -> tuple[Pinned, ...]:
    """Look at all folders of pins.

    Args:
        bpffs: how it is reached.
        stores: databases that may be meant.
        seen: from here.

    Returns:
        One for each folder that a daemon made.

    Raises:
        OSError: this user may not list them.
    """
    root = bpffs / "esimmon"
    try:
        folders = [each for each in root.iterdir() if _NAME.fullmatch(each.name)]
    except FileNotFoundError:
        return ()
    if not folders:
        return ()
    known = {pin_name(store): store for store in stores}
    held = held_maps(seen.proc)
    found = []
    for folder in sorted(folders):
        store = known.get(folder.name)
        life = _life(store, map_ids(folder, seen.soname, seen.proc), held, seen)
        has_store = store is not None and store.exists()
        found.append(Pinned(folder, store, has_store, life))
    return tuple(found)


def _life(
    store: Path | None, maps: frozenset[int] | None, held: frozenset[int], seen: Seen
) -> Life:
    if maps is not None and maps & held:
        return Life.RUNS
    if store is not None:
        try:
            if is_held(store):
                is_lost = maps is not None and _counts_with_others(store, seen)
                return Life.ELSEWHERE if is_lost else Life.RUNS
        except OSError:
            return Life.UNKNOWN
        if lock_path(store).exists() or maps is not None:
            return Life.DEAD
        return Life.UNKNOWN
    # Of a stranger nothing but its open maps can tell, so all processes must be seen.
    sees_all = (seen.proc / "self/ns/pid").stat().st_ino == _FIRST_PID_NAMESPACE
    return Life.DEAD if sees_all and maps is not None else Life.UNKNOWN


def _counts_with_others(store: Path, seen: Seen) -> bool:
    """Whether a store's daemon has maps; that they are not these is known already.

    One on a lesser tier has none: these are for its next start. One that starts may be
    about to open these.
    """
    daemon = holder(store)
    is_ready = daemon is not None and daemon in seen.answering
    return is_ready and bool(_maps_of(seen.proc / str(daemon)))


def map_ids(folder: Path, soname: str, proc: Path) -> frozenset[int] | None:
    """The kernel's numbers of the maps that are pinned in a store's folder.

    Args:
        folder: of the store.
        soname: of libbpf.
        proc: where procfs is.

    Returns:
        None when they cannot be opened.
    """
    try:
        library = Library(soname)
        pins = [
            pin
            for program in folder.iterdir()
            for pin in program.iterdir()
            if not pin.name.startswith(_LINK)
        ]
        return frozenset(_map_id(library, pin, proc) for pin in pins)
    except (OSError, UnsupportedError):
        return None


def _map_id(library: Library, pin: Path, proc: Path) -> int:
    descriptor = library.number("bpf_obj_get", os.fsencode(pin))
    try:
        found = _read_id(proc / "self/fdinfo" / str(descriptor))
    finally:
        os.close(descriptor)
    if found is None:
        raise OSError(f"{pin}: it is no map")
    return found


def held_maps(proc: Path) -> frozenset[int]:
    """Numbers of all maps that other processes hold open.

    Args:
        proc: where procfs is; processes that may not be looked into have none.
    """
    found: set[int] = set()
    for process in proc.iterdir():
        if process.name.isdecimal() and process.name != str(os.getpid()):
            found |= _maps_of(process)
    return frozenset(found)


def _maps_of(process: Path) -> set[int]:
    """Numbers of the maps that a process holds open; none if it may not be seen."""
    try:
        descriptors = [
            each.name
            for each in (process / "fd").iterdir()
            if os.readlink(each) == _BPF_MAP  # noqa: PTH115 - it is no path
        ]
    except OSError:  # it ended meanwhile
        return set()
    found = {_read_id(process / "fdinfo" / each) for each in descriptors}
    return {number for number in found if number is not None}


def _read_id(fdinfo: Path) -> int | None:
    try:
        match = _MAP_ID.search(fdinfo.read_text(encoding="ascii"))
    except OSError:
        return None
    return int(match[1]) if match else None
