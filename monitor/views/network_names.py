"""What people read a network as, and what they may type to mean it.

An SSID is 32 bytes of anybody's choice, and names of connections and operators come
from outside as well: they are escaped and cut, and what would look the same is told
apart by its key.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from monitor.errors import UsageError
from monitor.uplink import BLUETOOTH, ETHERNET, INTERFACE, SIM, USB, WIFI
from monitor.views.names import columns, fit, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.store.networks import Met
    from monitor.uplink import Network

_KINDS: Final = {
    WIFI: "Wi-Fi",
    ETHERNET: "Ethernet",
    USB: "USB tether",
    BLUETOOTH: "Bluetooth",
    INTERFACE: "interface",
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


def what_it_is(network: Network) -> str:
    """Kind and name of a network for a line of text.

    Args:
        network: as it is known.

    Returns:
        Such as "eSIM …4321 Airalo" or "Wi-Fi "home""; harmless, at most so long.
    """
    name = _short(plain_name(network))
    if network.ssid:
        name = f'"{name}"'
    return f"{_kind(network)} {name}".rstrip()


def _kind(network: Network) -> str:
    if network.kind == SIM:
        card = "eSIM" if network.eid else "SIM"
        digits = visible(network.iccid[-_DIGITS:])
        return f"{card} …{digits}" if digits else card
    return _KINDS.get(network.kind, visible(network.kind))


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
        By key; what would look the same has the end of its key besides.
    """
    each_called = {each.network.key: called(each) for each in met}
    for length in (_TAIL, None):
        looks = Counter(each_called.values())
        each_called = {
            key: name if looks[name] == 1 else f"{name} [{_tail(key, length)}]"
            for key, name in each_called.items()
        }
    return each_called


def _tail(key: str, length: int | None) -> str:
    """The last part of a key, or all of it."""
    return visible(key if length is None else key.rpartition(":")[2][-length:])


def find_network(met: Sequence[Met], text: str) -> Met:
    """The network that a person means.

    Args:
        met: all that are known.
        text: a key, UUID, ICCID, name of the person's own, or what others call it, as
            it is or as it is shown.

    Returns:
        The network.

    Raises:
        UsageError: there is none, or more than one; says what to type.
    """
    for found in (
        [each for each in met if text in _identities(each)],
        [each for each in met if text in _looks(each)],
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
