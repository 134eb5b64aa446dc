"""Attaching a loaded program, so that no packet is counted without its owner.

First the owner hooks, then the sockets that are open already, and what counts at last.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from monitor.collectors.bpf import features
from monitor.collectors.bpf.loading import read_iterator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.collectors.bpf.cgroups import CgroupPaths
    from monitor.collectors.bpf.keeping import Kept, Place
    from monitor.collectors.bpf.libbpf import Library
    from monitor.collectors.bpf.loading import Loaded
    from monitor.collectors.bpf.maps import Map


@dataclass(frozen=True, slots=True)
class Attached:
    """The parts of a running program.

    Attributes:
        library: libbpf.
        maps: by name.
        links: descriptors by program that keep it attached; none when it is kept
            elsewhere.
        place: where it and the one before it are kept, or None.
        features: optional groups that are on.
        netns: inode number of the daemon's own network namespace.
        cgroups: finds paths by id.
    """

    library: Library
    maps: dict[str, Map]
    links: dict[str, int]
    place: Place | None
    features: frozenset[str]
    netns: int
    cgroups: CgroupPaths


class Result(NamedTuple):
    """What was attached.

    Attributes:
        links: descriptors of links that are not kept elsewhere, by program.
        features: optional groups that are on; one that does not attach is left out.
    """

    links: dict[str, int]
    features: frozenset[str]


class _Links:
    """Links by program: kept at once, or held by descriptor."""

    def __init__(self, loaded: Loaded, cgroup_fd: int, kept: Kept | None) -> None:
        self.open: dict[str, int] = {}
        self._loaded = loaded
        self._cgroup_fd = cgroup_fd
        self._kept = kept

    def attach(self, names: Iterable[str], *, cgroup: bool) -> None:
        """Attach programs; the ones before the one that fails stay attached."""
        for name in names:
            link = self._loaded.attach(name, self._cgroup_fd if cgroup else None)
            if self._kept:
                self._kept.keep_link(link, name)
            else:
                self.open[name] = link

    def close(self, names: Iterable[str]) -> None:
        """Detach programs, as far as they are attached."""
        for name in names:
            if name in self.open:
                os.close(self.open.pop(name))
            elif self._kept:
                self._kept.remove_link(name)


@contextmanager
def _directory(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def attach(
    loaded: Loaded, cgroup: Path, kept: Kept | None, before: Kept | None
) -> Result:
    """Attach everything.

    Args:
        loaded: the object.
        cgroup: what to attach to.
        kept: what links are added to; None to hold their descriptors.
        before: a program that counts now, and that this one replaces.

    Returns:
        Links and features.

    Raises:
        OSError: A required program cannot be attached; all are detached again.
    """
    with _directory(cgroup) as cgroup_fd:
        links = _Links(loaded, cgroup_fd, kept)
        try:
            for name, place in features.REQUIRED.items():
                links.attach([name], cgroup=place == "cgroup")
            on = _attach_optional(loaded, links)
            for name in features.COUNTING:
                if before and kept:
                    if before.hand_over(name, loaded.program_fd(name), kept):
                        continue
                    before.detach()
                links.attach([name], cgroup=True)
        except BaseException:
            links.close(list(links.open))
            raise
    return Result(links.open, on)


def _attach_optional(loaded: Loaded, links: _Links) -> frozenset[str]:
    """Attach what loaded; a kernel may take a program and refuse to run it."""
    on = loaded.features
    for feature in features.FEATURES:
        if feature not in on:
            continue
        hooks = features.FEATURES[feature]
        try:
            if feature == features.ADOPTION:
                _adopt_sockets(loaded)
            else:
                links.attach(hooks, cgroup=False)
        except OSError:
            links.close(hooks)
            on -= {feature}
    return on


def _adopt_sockets(loaded: Loaded) -> None:
    """Give the sockets that are open already to the processes that hold them."""
    link = loaded.attach(features.ADOPTION, None)
    try:
        read_iterator(loaded.library, link)
    finally:
        os.close(link)
