"""Taking away what dead daemons left; never anything of one that runs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.checks.leftovers import Life
from monitor.checks.probes.daemons import listens
from monitor.collectors.bpf.libbpf import Library
from monitor.collectors.bpf.pins import PinFolder
from monitor.errors import StoreError, UnsupportedError
from monitor.store.lock import WriterLock, lock_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.checks.leftovers import Leftovers, Pinned


_REMOVABLE: Final = (Life.DEAD, Life.ELSEWHERE)


class Removed(NamedTuple):
    """What became of one of them.

    Attributes:
        path: what it was.
        failure: why it is there still; empty when it is gone.
    """

    path: Path
    failure: str = ""


def remove(leftovers: Leftovers, libbpf: str) -> Iterator[Removed]:
    """Remove them, one after another.

    Args:
        leftovers: as they were found just now.
        libbpf: name for the dynamic loader.

    Yields:
        What became of each.
    """
    for pinned in leftovers.pins:
        if pinned.life in _REMOVABLE:
            yield _tried(pinned.folder, lambda: _remove_pins(pinned, libbpf))  # noqa: B023 - called at once
    for left in leftovers.sockets:
        yield _tried(left.path, lambda: _remove_socket(left.path))  # noqa: B023 - as above
    for left in leftovers.statuses:
        yield _tried(left.path, left.path.unlink)
    for left in leftovers.cgroups:
        yield _tried(
            left.path, left.path.rmdir
        )  # the kernel refuses if it is not empty


def removable(leftovers: Leftovers) -> Iterator[Path]:
    """What `remove` would remove.

    Args:
        leftovers: as they were found just now.
    """
    yield from (pin.folder for pin in leftovers.pins if pin.life in _REMOVABLE)
    others = (*leftovers.sockets, *leftovers.statuses, *leftovers.cgroups)
    yield from (left.path for left in others)


def _tried(path: Path, action: Callable[[], None]) -> Removed:
    try:
        action()
    except OSError as error:
        return Removed(path, error.strerror or str(error))
    except (StoreError, UnsupportedError) as error:
        return Removed(path, str(error))
    return Removed(path)


def _remove_pins(pinned: Pinned, libbpf: str) -> None:
    """Detach and unpin everything of a store, while no daemon can start on it.

    Raises:
        StoreError: one has started meanwhile.
        UnsupportedError: there is no libbpf.
        OSError: it was refused.
    """
    with ExitStack() as locked:
        # One that runs and counts with others holds the lock, and will not come back.
        store = pinned.store if pinned.life is Life.DEAD else None
        if store is not None and lock_path(store).exists():
            locked.enter_context(WriterLock(store))
        place = PinFolder(Library(libbpf), pinned.folder)
        place.current.remove()
        place.previous.remove()
        place.leave()


def _remove_socket(path: Path) -> None:
    if not listens(path):
        path.unlink()
