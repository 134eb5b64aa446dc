"""What dead daemons left: pins, sockets, status files; and cgroups of measurements.

Privilege: root, for pins; none for what is in folders of one's own.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.checks.leftovers import Left, Leftovers
from monitor.checks.probes import pins
from monitor.checks.probes.daemons import listens
from monitor.client import statusfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.checks.leftovers import Pinned

_MEASURE: Final = "esimmon-measure-"
_LARGEST_BYTES: Final = 1_000_000


class Where(NamedTuple):
    """Where to look.

    Attributes:
        stores: databases whose daemons may have left something.
        folders: of sockets and status files.
        bpffs: how it is reached, or None.
        cgroup: the root of cgroup v2, or None.
        libbpf: name for the dynamic loader.
        proc: where procfs is.
        answering: pids of daemons that answer: their start is over.
    """

    stores: tuple[Path, ...]
    folders: tuple[Path, ...]
    bpffs: Path | None
    cgroup: Path | None
    libbpf: str
    proc: Path = Path("/proc")
    answering: frozenset[int] = frozenset()


def look(where: Where) -> Leftovers:
    """Look for them.

    Args:
        where: all places.
    """
    pinned: tuple[Pinned, ...] = ()
    are_hidden = False
    if where.bpffs is not None:
        stores = (*where.stores, *_stores_of_statuses(where.folders))
        try:
            seen = pins.Seen(where.libbpf, where.proc, where.answering)
            pinned = pins.look(where.bpffs, stores, seen)
        except PermissionError:
            are_hidden = True
    return Leftovers(
        pins=pinned,
        are_pins_hidden=are_hidden,
        sockets=tuple(map(_left, _dead_sockets(where.folders))),
        statuses=tuple(map(_left, _dead_statuses(where.folders))),
        cgroups=tuple(map(_left, _empty_cgroups(where.cgroup, where.proc))),
    )


def _left(path: Path) -> Left:
    may = os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True)
    return Left(path, is_mine=may)


def _files(folders: Iterable[Path], suffix: str) -> Iterator[Path]:
    for folder in dict.fromkeys(folders):
        try:
            yield from sorted(folder.glob(f"*{suffix}"))
        except OSError:  # closed to this user
            continue


def _dead_sockets(folders: Iterable[Path]) -> Iterator[Path]:
    for path in _files(folders, ".sock"):
        if path.is_socket() and not listens(path):
            yield path


def _dead_statuses(folders: Iterable[Path]) -> Iterator[Path]:
    for path in _files(folders, ".json"):
        socket = path.with_suffix(".sock")
        is_status = statusfile.status_path(socket) == str(path) and _store_of(path)
        if is_status and not listens(socket):
            details = Path(statusfile.details_path(str(path)))
            yield from (each for each in (path, details) if each.exists())


def _stores_of_statuses(folders: Iterable[Path]) -> Iterator[Path]:
    for path in _files(folders, ".json"):
        store = _store_of(path)
        if store:
            yield Path(store)


def _store_of(path: Path) -> str:
    """The database that a status file names, however old the file is."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError):
        return ""
    store = document.get("store") if isinstance(document, dict) else None
    if not isinstance(store, str) or "\0" in store:
        return ""
    return store if store.startswith("/") else ""


def _empty_cgroups(root: Path | None, proc: Path) -> Iterator[Path]:
    """Those that `esimmon measure` made and could not remove, because it was killed."""
    if root is None:
        return
    for folder in sorted(root.glob(f"{_MEASURE}*")):
        pid = folder.name.removeprefix(_MEASURE)
        if pid.isdecimal() and not _measures(proc / pid) and not _members(folder):
            yield folder


def _measures(process: Path) -> bool:
    """Whether a process is a measurement, and no other that got its number."""
    try:
        return b"measure" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def _members(folder: Path) -> bool:
    """Whether anything runs in a cgroup; True where that cannot be seen."""
    try:
        return bool((folder / "cgroup.procs").read_text(encoding="ascii").strip())
    except OSError:
        return True
