"""Getting an accounting program that counts: adopt, replace, or load a new one.

No packet is lost or counted twice on the way from one daemon to the next: an adopted
program never stopped, and a replaced one hands its links over to the new one between
two packets.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from monitor.collectors.bpf import features, records, refusal
from monitor.collectors.bpf.attaching import Attached, attach
from monitor.collectors.bpf.cgroups import CgroupPaths, find_root
from monitor.collectors.bpf.fdstore import find_place
from monitor.collectors.bpf.libbpf import SONAME, Library
from monitor.collectors.bpf.loading import (
    MAX_ROWS,
    OBJECT,
    Loaded,
    Settings,
    close_maps,
)
from monitor.collectors.bpf.pins import prepare
from monitor.collectors.bpf.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.collectors.bpf.keeping import Kept, Place
    from monitor.usage import SocketCounters, SocketKey

Final = tuple[str, dict["SocketKey", "SocketCounters"]]
"""An instance and its last counters."""

_NOBODY = "00" * 16
_FIRST = (0).to_bytes(4, "little")
_IN_FLIGHT_S = 0.02  # a packet that the old program is just counting


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the kernel and the library are: tests and strange systems differ.

    Attributes:
        libbpf: name for the dynamic loader.
        program: the object file.
        btf: the kernel's type information.
        mountinfo: mounts of this process.
        proc: where procfs is; the mounts of ancestors are asked for what is hidden.
        bpffs: where maps are pinned.
        features: optional groups that may be tried.
    """

    libbpf: str = SONAME
    program: Path = OBJECT
    btf: Path = Path("/sys/kernel/btf/vmlinux")
    mountinfo: Path = Path("/proc/self/mountinfo")
    proc: Path = Path("/proc")
    bpffs: Path = Path("/sys/fs/bpf")
    features: frozenset[str] = frozenset(features.FEATURES)


@dataclass(frozen=True, slots=True)
class Opened:
    """What `open_program` found and made.

    Attributes:
        program: counts from now on.
        final: instance and last counters of a program that the store knows and that
            does not count any more. Store them, then call `Program.drop_previous`;
            until then they are given again.
    """

    program: Program
    final: Final | None


class _Plan(NamedTuple):
    """What would be loaded."""

    library: Library
    surroundings: Surroundings
    settings: Settings
    cgroup: Path
    fingerprint: str


def open_program(
    pin_name: str | None,
    known_instance: str,
    *,
    cgroup: Path | None = None,
    surroundings: Surroundings | None = None,
    rows: int = MAX_ROWS,
) -> Opened:
    """Get a program that counts.

    Args:
        pin_name: folder of pins of the caller's store (no dot or slash in it); None
            for a program that ends with this process.
        known_instance: id of the maps that the store knows, or empty. Pins of another
            instance are not adopted: their counts contain bytes that are not the
            store's.
        cgroup: attach to this cgroup instead of the root.
        surroundings: where to find the kernel's parts.
        rows: room for that many socket rows.

    Returns:
        The program, and the last counters of the one before it.

    Raises:
        UnsupportedError: The kernel, this user or the system does not offer it.
        SourceError: The kernel refused to read a map.
    """
    where = surroundings or Surroundings()
    root = cgroup or find_root(where.mountinfo, where.proc)
    refusal.require_btf(where.btf)
    library = Library(where.libbpf)
    settings = Settings.here(rows)
    plan = _Plan(library, where, settings, root, _fingerprint(where, settings, root))
    with _explained(library):
        if pin_name is None:
            return Opened(_load(plan, None), None)
        try:
            place = find_place(
                library,
                lambda: prepare(where.bpffs, where.mountinfo, where.proc, pin_name),
            )
        except OSError as error:
            program = _load(plan, None, unpinned_because=str(error))
            return Opened(program, None)
        try:
            return _open_kept(plan, place, known_instance)
        except BaseException:
            place.leave()
            raise


@contextmanager
def _explained(library: Library) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise refusal.explain(error, library) from error


def _fingerprint(where: Surroundings, settings: Settings, cgroup: Path) -> str:
    """A hash of all that makes one program count differently from another."""
    digest = hashlib.sha256(where.program.read_bytes())
    digest.update(f"{settings} {cgroup.stat().st_ino}".encode())
    digest.update(" ".join(sorted(where.features)).encode())
    return digest.hexdigest()


def _open_kept(plan: _Plan, place: Place, known_instance: str) -> Opened:
    # A replacement whose last counters never reached the store.
    final = _last_counters(place.previous, known_instance)
    if final is None:
        place.previous.remove()
    identity = identity_of(place.current)
    if identity and _may_adopt(plan, place.current, identity, known_instance, final):
        return Opened(_adopt(plan, place, identity), final)
    if identity and identity.instance == known_instance:
        return _replace(plan, place, identity)
    place.current.remove()
    return Opened(_load(plan, place, before=place.previous if final else None), final)


def identity_of(kept: Kept) -> records.Identity | None:
    """Who the maps are that are kept; None when there are none."""
    maps = kept.open_maps()
    if maps is None:
        return None
    raw = maps["identity"].lookup(_FIRST)
    close_maps(maps.values())
    return records.parse_identity(raw) if raw else None


def _last_counters(kept: Kept, instance: str) -> Final | None:
    """The counters of maps that nothing counts into, if they are that instance's."""
    identity = identity_of(kept)
    maps = kept.open_maps()
    if identity is None or maps is None:
        return None
    try:
        if identity.instance != instance or identity.layout != records.LAYOUT:
            return None
        rows = maps["rows"].items()
        counters = {records.parse_key(key): records.parse_row(raw) for key, raw in rows}
        return instance, counters
    finally:
        close_maps(maps.values())


def _may_adopt(
    plan: _Plan,
    current: Kept,
    identity: records.Identity,
    known_instance: str,
    final: Final | None,
) -> bool:
    """Whether maps hold only what the store knows of, and what we would load."""
    heir = final is not None and identity.predecessor == known_instance
    if identity.instance != known_instance and not heir:
        return False
    loaded = features.programs(features.unpack(identity.features))
    links = [name for name in loaded if name != features.ADOPTION]
    return identity.fingerprint == plan.fingerprint and current.has_links(links)


def _adopt(plan: _Plan, place: Place, identity: records.Identity) -> Program:
    """Take over maps that are being counted into."""
    attached = Attached(
        library=plan.library,
        maps=place.current.open_maps() or {},
        links={},
        place=place,
        features=features.unpack(identity.features),
        netns=plan.settings.netns,
        cgroups=CgroupPaths(plan.cgroup),
    )
    return Program(attached, adopted=True)


def _replace(plan: _Plan, place: Place, old: records.Identity) -> Opened:
    """Load another program and let it take over from the one that counts."""
    place.previous.remove()
    if old.cgroup_id != plan.cgroup.stat().st_ino:
        place.current.detach()  # its links cannot be moved to another cgroup
    program = _load(plan, place, before=place.current, predecessor=old.instance)
    place.previous.detach()
    time.sleep(_IN_FLIGHT_S)
    return Opened(program, _last_counters(place.previous, old.instance))


def _load(
    plan: _Plan,
    place: Place | None,
    *,
    before: Kept | None = None,
    predecessor: str = "",
    unpinned_because: str = "",
) -> Program:
    """Load, attach and keep; leaves nothing behind when that fails."""
    where = plan.surroundings
    allowed = where.features
    if not plan.settings.netns_cookie:
        allowed -= {"netns_cookie"}
    loaded = features.choose(
        lambda on: Loaded(plan.library, where.program, plan.settings, on),
        lambda other: other.close(with_maps=True),
        allowed,
    )
    building = place.begin() if place else None
    try:
        if building:
            building.make()
            building.keep_maps(loaded.maps.values())
        links, on = attach(loaded, plan.cgroup, building, before)
    except BaseException:
        close_maps(loaded.maps.values())
        if building:
            building.remove()
        raise
    finally:
        loaded.close()
    identity = records.Identity(
        instance=secrets.token_hex(16),
        predecessor=predecessor or _NOBODY,
        fingerprint=plan.fingerprint,
        cgroup_id=plan.cgroup.stat().st_ino,
        layout=records.LAYOUT,
        features=features.pack(on),
    )
    loaded.maps["identity"].update(_FIRST, identity.pack())
    if place:
        place.promote()
    attached = Attached(
        library=plan.library,
        maps=loaded.maps,
        links=links,
        place=place,
        features=on,
        netns=plan.settings.netns,
        cgroups=CgroupPaths(plan.cgroup),
    )
    return Program(attached, adopted=False, unpinned_because=unpinned_because)
