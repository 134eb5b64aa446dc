"""Networks that a person lets a plan pay for: found, named in a file, told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.accounts.agreements import agreements_of
from monitor.accounts.paying import bindings_at
from monitor.collectors import rtnetlink
from monitor.config.plan_editing import with_match
from monitor.daemon.choosing import known_by
from monitor.errors import SourceError, StoreError, UsageError
from monitor.networks.uplink import (
    BLUETOOTH,
    ETHERNET,
    INTERFACE,
    SIM,
    USB,
    WIFI,
    Network,
)
from monitor.plans.agreement import all_bindings
from monitor.plans.payers import payer
from monitor.store.engine import open_store
from monitor.store.networks import Met, met
from monitor.usage import Attachment
from monitor.views.network_names import called, find_network

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.commands.plan.filing import Folder
    from monitor.config.contracts import Configured

_SEVERAL: Final = "several "  # what `find_network` begins to say of that
_OF_INTERFACE: Final = "if:"
_KINDS: Final = (SIM, WIFI, ETHERNET, USB, BLUETOOTH)


def network_meant(folder: Folder, target: str) -> Met | None:
    """The network that a person means; None where it is an interface.

    A name that an interface has is the interface's: anybody may call a Wi-Fi so.

    Args:
        folder: whose store knows networks.
        target: the key of a network, or what it is called, or an interface.

    Raises:
        UsageError: several are called so, or it cannot be told what it is.
    """
    known = _known(folder)
    kind, _, rest = target.partition(":")
    if any(target == each.network.key for each in known):
        return find_network(known, target)
    if kind in _KINDS and rest:
        return Met(_by_key(target, kind, rest))
    if target in _devices(known):
        return None
    named = [
        # By its interface nobody means a network here.
        each._replace(where=None)
        for each in known
        if each.network.kind != INTERFACE
    ]
    try:
        found = find_network(named, target)
    except UsageError as error:
        if str(error).startswith(_SEVERAL):
            raise
        return None  # an interface that is not here yet
    return next(each for each in known if each.network == found.network)


def _known(folder: Folder) -> list[Met]:
    """All networks that were met; none where no store can be read."""
    try:
        with open_store(folder.store, writable=False) as store:
            return met(store)
    except StoreError:
        return []


def _by_key(key: str, kind: str, rest: str) -> Network:
    """A network that was never met here.

    Raises:
        UsageError: its key does not say by what a plan could name it.
    """
    if kind == SIM:
        return Network(key, kind, iccid=rest)
    if kind == USB:
        raise UsageError(
            f'no network "{key}" was met here, so nobody knows what shares it. Write '
            "tether = [...] under [match] with `esimmon plan edit`."
        )
    return Network(key, kind, uuid=rest)


def _devices(known: Iterable[Met]) -> set[str]:
    """Names of interfaces, here and of the past."""
    past = {each.where.device for each in known if each.where is not None}
    try:
        return past | {link.name for link in rtnetlink.collect().values()}
    except SourceError:
        return past


def with_network(text: str, name: str, network: Network) -> str:
    """The file of a plan that pays for a network.

    Args:
        text: TOML.
        name: of the file, for messages.
        network: which.

    Raises:
        ConfigError: nothing is known that means this network, or the file is too odd.
    """
    device = network.key.removeprefix(_OF_INTERFACE)
    is_bare = network.kind == INTERFACE
    known = known_by(network, device if is_bare else "")
    return with_match(text, name, *known)


def told(
    folder: Folder, plans: tuple[Sequence[Configured], Sequence[Configured]], each: Met
) -> list[str]:
    """Who pays from now on, and who did.

    Args:
        folder: whose store has the ledgers.
        plans: all of them as they were, and as they are.
        each: the network.

    Returns:
        Lines for people; names are not escaped.
    """
    before, after = (_payer(folder, some, each) or "no plan" for some in plans)
    name = called(each)
    if before == after:
        return [f"{name}: {after} pays, as before."]
    return [
        f"{name}: {after} pays from now on, on any interface; before: {before}.",
        "What it moved before is counted there too, as far as cycles are judged anew.",
    ]


def _payer(folder: Folder, plans: Iterable[Configured], each: Met) -> str | None:
    agreements = agreements_of(plans)
    now_s = folder.viewer.now_s
    try:
        with open_store(folder.store, writable=False) as store:
            bindings = bindings_at(store, agreements, now_s)
    except StoreError:
        bindings = all_bindings(agreements)
    network = each.network
    where = each.where or Attachment(
        *(network.key, ""),
        billed=True,
        tethered=bool(network.tether),
        iccid=network.iccid,
        uuid=network.uuid,
        ssid=network.ssid,
        tether=network.tether,
    )
    return payer(bindings, where, now_s)
