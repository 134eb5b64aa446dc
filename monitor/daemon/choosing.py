"""Which plans a person may choose for a network by a click, and what a click does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.alerts.texts import named
from monitor.config import plans_directory
from monitor.config.plan_files import plan_path, refuse_together
from monitor.config.plan_writing import Change, apply, exclusively
from monitor.config.plans import PLAN_ID
from monitor.config.reading import parse_plan, read_text
from monitor.errors import ConfigError
from monitor.networks.uplink import USB, Network
from monitor.store import networks as stored
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from monitor.alerts import Watched
    from monitor.config import Config
    from monitor.store.engine import Store

_OF_INTERFACE: Final = "if:"
_LONGEST_DEVICE: Final = 15  # IFNAMSIZ, without the NUL at its end
_OVER: Final = ("expired", "lapsed")
_NO_PATIENCE_S: Final = 0.0  # who waits here holds up the counting


def choices(store: Path, plans: Iterable[Watched]) -> tuple[str, ...]:
    """The plans that a network can be bound to without a person's editor.

    Args:
        store: the database; plans that commands may change have their files beside it.
        plans: all of them, as they stand.

    Returns:
        Ids in the order of the configuration, without plans that are over.
    """
    directory = plans_directory(store)
    alive = [each.plan.id for each in plans if each.status.state not in _OVER]
    return tuple(each for each in alive if plan_path(directory, each).is_file())


class Meant(NamedTuple):
    """A network that somebody wants to be paid for.

    Attributes:
        network: what it is.
        device: that is attached to it now; empty without one.
    """

    network: Network
    device: str = ""


def known_by(network: Network, device: str = "") -> tuple[str, str]:
    """What a plan can name a network by: the most certain of all that is known.

    Args:
        network: which.
        device: that is attached to it now; empty without one.

    Returns:
        Key and value of `[match]`.

    Raises:
        ConfigError: there is nothing that means this network and no other.
    """
    uuid, tether = ("uuid", network.uuid), ("tether", network.tether)
    # A phone may have another address each time, and with it another connection.
    lasting = (tether, uuid) if network.kind == USB else (uuid, tether)
    for kind, value in (("iccid", network.iccid), *lasting):
        if value:
            return kind, value
    if not device:
        raise ConfigError(f"{named(network)} is not there any more.")
    if any(each in device for each in "*?["):
        raise ConfigError(f"{device}: such a name is a pattern of names.")
    return "interface", device


def find(store: Store, present: Mapping[str, Network], key: str) -> Meant:
    """The network that somebody means.

    Args:
        store: knows networks that are not attached any more.
        present: those that are, by name of the device.
        key: from outside.

    Raises:
        ConfigError: no such network was ever seen here.
        StoreError: the store cannot be read.
    """
    for device, network in present.items():
        if network.key == key:
            return Meant(network, device)
    with store.read() as connection:
        met = stored.known(connection).get(key)
    device = key.removeprefix(_OF_INTERFACE)
    if device != key and 0 < len(device) <= _LONGEST_DEVICE:
        return Meant(met or Network(key), device)
    if met is None:
        raise ConfigError(f'no network is known as "{key}".')
    return Meant(met)


def bind(store: Path, config: Config, meant: Meant, plan_id: str) -> str:
    """Let a plan pay for a network, in the plan's file.

    Args:
        store: the database, which the file is beside.
        config: all plans, as they are written now.
        meant: what it shall pay for.
        plan_id: a plan's id, from outside.

    Returns:
        What was done, as a person reads it.

    Raises:
        ConfigError: nothing was changed; says why, and what to do.
    """
    directory, zone = plans_directory(store), local_zone(os.environ)
    kind, value = known_by(*meant)
    _refuse_unfiled(directory, config, plan_id, (kind, value))
    path = plan_path(directory, plan_id)
    with exclusively(directory, _NO_PATIENCE_S):
        # Only now: the daemon seldom needs it (1 MB).
        from monitor.config.plan_editing import with_match  # noqa: PLC0415

        text = with_match(read_text(path), str(path), kind, value)
        changed = parse_plan(text, str(path), plan_id, zone)
        tables = [changed if each.id == plan_id else each for each in config.plans]
        paths = [plan_path(directory, each.id) for each in tables]
        places = [each if each.is_file() else None for each in paths]
        refuse_together(tables, places, zone)
        apply(directory, [Change(path, text)])
    return (
        f"{named(meant.network)}: {kind} in {path}. Undo: esimmon plan edit {plan_id}"
    )


def _refuse_unfiled(
    directory: Path, config: Config, plan_id: str, known: tuple[str, str]
) -> None:
    """Leave alone what a person wrote into the configuration file.

    Raises:
        ConfigError: there is no file of this plan.
    """
    if PLAN_ID.fullmatch(plan_id) and plan_path(directory, plan_id).is_file():
        return
    kind, value = known
    if any(each.id == plan_id for each in config.plans):
        raise ConfigError(
            f'the plan "{plan_id}" is in the configuration file: add {kind} = '
            f'["{value}"] to its [plan.match] there.'
        )
    raise ConfigError(f'no plan is called "{plan_id}".')
