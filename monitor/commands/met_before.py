"""The network that an interface was on last, for who is asked what a plan pays for."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from monitor.daemon.choosing import known_by
from monitor.errors import ConfigError, StoreError
from monitor.networks.uplink import SIM
from monitor.store.engine import open_store
from monitor.store.networks import met
from monitor.views.network_names import called

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitor.store.networks import Met


class Known(NamedTuple):
    """A network that a plan can name.

    Attributes:
        device: on which it was last.
        name: what it is called; harmless.
        match: key and value of `[plan.match]`.
    """

    device: str
    name: str
    match: tuple[str, str]


def last_on(stores: Iterable[Path], pattern: str) -> Known | None:
    """The network that an interface was on last, where it is worth to be named.

    A SIM or a phone is what costs, not the interface; any other network is as good as
    its interface.

    Args:
        stores: databases that may know it; the first that can be read says so.
        pattern: of names of interfaces.

    Returns:
        None where nothing is known.
    """
    for path in stores:
        try:
            with open_store(path, writable=False) as store:
                found = met(store)
        except StoreError:
            continue
        return _newest(each for each in found if _is_on(each, pattern))
    return None


def _is_on(each: Met, pattern: str) -> bool:
    return each.where is not None and fnmatchcase(each.where.device, pattern)


def _newest(found: Iterable[Met]) -> Known | None:
    newest = max(found, key=_seen_s, default=None)
    if newest is None or newest.where is None:
        return None
    network = newest.network
    if network.kind != SIM and not network.tether:
        return None
    try:
        return Known(newest.where.device, called(newest), known_by(network))
    except ConfigError:
        return None


def _seen_s(each: Met) -> int:
    return -1 if each.seen is None else each.seen.to_s
