"""Modems as ModemManager has them, beside what the database has of their interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor import clock
from monitor.checks.modems import Counted, Modems
from monitor.collectors import modemmanager
from monitor.collectors.logind import find_bus
from monitor.dbus import CallError
from monitor.errors import StoreError
from monitor.store import queries
from monitor.store.engine import open_store
from monitor.usage import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from monitor.networks.uplink import Bearer, Modem


def look(environ: Mapping[str, str], store: Path) -> Modems:
    """Ask ModemManager, without starting it.

    Args:
        environ: says where the system bus is.
        store: the database; it need not exist.
    """
    address = find_bus(environ)
    if address is None:
        return Modems()
    try:
        found = modemmanager.collect(address)
    except TimeoutError:
        return Modems(failure="ModemManager does not answer")
    except OSError:  # the bus is a finding of its own
        return Modems()
    except (CallError, ValueError, RuntimeError) as error:
        return Modems(failure=str(error))
    return Modems(found=found, counted=tuple(_counted(found, store)))


def _counted(modems: tuple[Modem, ...], store: Path) -> Iterator[Counted]:
    for modem in modems:
        for bearer in modem.bearers:
            if bearer.is_connected and bearer.counted and bearer.since_s is not None:
                own_bytes = _own_bytes(bearer, bearer.since_s, store)
                yield Counted(bearer.device, sum(bearer.counted), own_bytes)


def _own_bytes(bearer: Bearer, since_s: int, path: Path) -> int | None:
    """IP bytes of an interface since then, as far as they are in the database."""
    period = Interval(since_s, clock.now_s() + 1)
    try:
        with open_store(path, writable=False) as store:
            recorded = queries.recorded(store)
            if recorded is None or recorded.from_s > since_s:
                return None
            bills = queries.interface_bills(store, period)
    except (StoreError, OSError):  # the database is a finding of its own
        return None
    of_device = [each for each in bills if each.interface == bearer.device]
    return sum(each.l3.bytes for each in of_device)
