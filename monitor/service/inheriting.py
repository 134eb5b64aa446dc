"""What a run by hand left pinned in the kernel, taken over by the service.

A `sudo esimmon run` that was killed goes on counting: its pins are for the next start.
The service has the same store, but may not reach bpffs; without this it would count
beside them, and they for nobody. Its unit calls this as root before it starts: where
the store knows these counts the service manager is given them, as if the service had
been killed, and they are read on without a byte missing; others are removed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from monitor.collectors.bpf.fdstore import Deposits
from monitor.collectors.bpf.opening import identity_of
from monitor.collectors.bpf.pins import PinFolder
from monitor.errors import StoreMissingError
from monitor.store import meta
from monitor.store.engine import open_store
from monitor.store.lock import WriterLock

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.collectors.bpf.libbpf import Library
    from monitor.collectors.bpf.pins import Pins


def inherit(store: Path, folder: Path, library: Library) -> bool:
    """Give the manager what a killed run of a store left; afterwards no pin is left.

    Args:
        store: the database.
        folder: of its pins.
        library: libbpf.

    Returns:
        Whether the service goes on with it; False where the store does not know it.

    Raises:
        StoreError: somebody writes the store, or it cannot be read: all is as it was.
        OSError: the kernel refused.
    """
    with WriterLock(store):  # so whoever pinned this is dead, and nobody starts
        known = _known_instance(store)
        place = PinFolder(library, folder)
        left = [each for each in (place.previous, place.current) if _instance(each)]
        is_known = bool(known) and known in map(_instance, left)
        if is_known:
            # Beyond any number in the manager's store, and the newest the highest.
            first = int(time.clock_gettime(time.CLOCK_BOOTTIME))
            for number, each in enumerate(left, first):
                _hand_over(each, Deposits(library, number))
        else:
            place.current.remove()
            place.previous.remove()
        place.leave()
    return is_known


def _hand_over(pins: Pins, deposits: Deposits) -> None:
    pins.keep_in(deposits)
    deposits.complete()
    # On their way to the manager descriptors count as open: nothing is detached.
    pins.unpin()
    deposits.close()


def _instance(pins: Pins) -> str:
    identity = identity_of(pins)
    return identity.instance if identity else ""


def _known_instance(store: Path) -> str:
    try:
        with open_store(store, writable=False) as opened, opened.read() as connection:
            return meta.read(connection).get(meta.SOCKETS_INSTANCE, "")
    except StoreMissingError:
        return ""
