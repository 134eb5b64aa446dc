"""What people read a network as, and what they may type to mean it.

An SSID is 32 bytes of anybody's choice, and names of connections and operators come
from outside as well: they are escaped and cut, and what would look the same is told
apart by its key.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.errors import UsageError
from monitor.networks.uplink import BLUETOOTH, ETHERNET, INTERFACE, SIM, USB, WIFI
from monitor.views.names import columns, fit, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.networks.uplink import Network
    from monitor.store.networks import Met

_KINDS: Final = {
    WIFI: "Wi-Fi",
    ETHERNET: "Ethernet",
    USB: "USB tether",
    BLUETOOTH: "Bluetooth",
    INTERFACE: "interface",
    SIM: "SIM",
}
_WIDEST: Final = 32
_MARKS: Final = 4  # combining marks a column; more are no name
_DIGITS: Final = 4
_TAIL: Final = 8
_OF_INTERFACE: Final = "if:"


def plain_name(network: Network) -> str:
    """What others call a network: exact, and so not escaped.

    Args:
        network: as it is known.

    Returns:
        Its SSID, or the name of its connection, operator or interface; empty when
        nobody calls it anything. Bytes that are not UTF-8 as surrogateescape leaves
        them.
    """
    if network.ssid:
        return network.ssid.decode("utf-8", "surrogateescape")
    if network.kind == INTERFACE:
        return network.key.removeprefix(_OF_INTERFACE)
    return network.name or network.operator_name


def what_it_is(network: Network, tail: str = "") -> str:
    """Kind and name of a network for a line of text.

    Args:
        network: as it is known.
        tail: what tells it from others that look the same.

    Returns:
        Such as "eSIM …4321 Airalo" or "Wi-Fi "home""; harmless, and not too long.
    """
    name = _short(plain_name(network))
    if network.ssid:
        name = f'"{name}"'
    return " ".join(part for part in (_kind(network, tail), name) if part)


def operator_text(network: Network) -> str:
    """The network that a SIM is registered with, such as "410 Jazz"; harmless.

    Args:
        network: as it is known.
    """
    parts = (network.mcc, network.operator_name or network.operator_code)
    return " ".join(_short(part) for part in parts if part)


def _kind(network: Network, tail: str = "") -> str:
    kind = _KINDS.get(network.kind, visible(network.kind))
    if network.kind == SIM:
        kind = "eSIM" if network.eid else "SIM"
        tail = tail or visible(network.iccid[-_DIGITS:])
    return f"{kind} …{tail}" if tail else kind


def _short(text: str) -> str:
    shown = visible(text)
    if columns(shown) <= _WIDEST and len(shown) <= _WIDEST * _MARKS:
        return shown
    return fit(shown, _WIDEST).rstrip()


def called(each: Met) -> str:
    """A network as a person reads it: by the person's own name, if it has one.

    Args:
        each: the network.

    Returns:
        Such as "Phone (Wi-Fi)", else as `what_it_is`.
    """
    if each.label:
        return f"{visible(each.label)} ({_kind(each.network)})"
    return what_it_is(each.network)


def names_of(met: Iterable[Met]) -> dict[str, str]:
    """The same of several networks, so that each can be told from the others.

    Args:
        met: all of the text.

    Returns:
        By key; what would look the same has a part of its key besides.
    """
    every = {each.network.key: each for each in met}
    found = {key: called(each) for key, each in every.items()}
    for tail_of in (_tail, visible):
        looks = Counter(found.values())
        for key, name in found.items():
            if looks[name] > 1:
                found[key] = what_it_is(every[key].network, tail_of(key))
    return found


def _tail(key: str) -> str:
    """The beginning of a UUID or what else identifies a network, as a mark of it."""
    return visible(key.rpartition(":")[2][:_TAIL])


def find_network(met: Sequence[Met], text: str) -> Met:
    """The network that a person means.

    Args:
        met: all that are known.
        text: a key, UUID, ICCID or name of the person's own; else what others call
            it, as it is or as it is shown; else the interface that it was on last.

    Returns:
        The network.

    Raises:
        UsageError: there is none, or more than one; says what to type.
    """
    for found in (
        [each for each in met if text in _identities(each)],
        [each for each in met if text in _looks(each)],
        [each for each in met if each.where and text == each.where.device],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(each.network.key for each in found)
            raise UsageError(
                f'several networks are called "{text}": {keys}. Use a key.'
            )
    raise UsageError(
        f'no network "{text}" was met here. `esimmon networks --all --long` lists them '
        "with their keys."
    )


def _identities(each: Met) -> set[str]:
    """What means this network and no other."""
    network = each.network
    return {network.key, network.uuid, network.iccid, each.label} - {""}


def _looks(each: Met) -> set[str]:
    name = plain_name(each.network)
    return {name, visible(name), what_it_is(each.network), called(each)} - {""}
