"""Which network an interface was: by options, by a question, or by itself."""

from __future__ import annotations

import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from monitor.errors import UsageError
from monitor.escapes import visible
from monitor.units import format_size
from monitor.usage import Attachment, total
from monitor.views.network_names import find_network, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.config.settings import Interfaces
    from monitor.networks.uplink import Network
    from monitor.store.networks import Met
    from monitor.store.overlap import Source

_OWN: Final = "if:"
_NOT: Final = "-"
_MOST: Final = 30  # networks in a question; others by their names
# What only carries other devices' bytes a second time, as `monitor.networks.attaching`
# says of devices that are here; of one that was, there is only its name.
_VIRTUAL: Final = (
    *("lo", "docker*", "br-*", "br[0-9]*", "virbr*", "veth*", "vnet*", "tun*", "tap*"),
    *("wg*", "tailscale*", "zt*", "ifb*", "dummy*", "bond*", "team*", "*.[0-9]*"),
    *("lxc*", "lxd*", "vmnet*", "vboxnet*", "ppp-mux*", "sit*", "gre*", "vxlan*"),
)


class Place(NamedTuple):
    """Where usage of an interface goes.

    Attributes:
        attachment: on which it is booked; None to leave it out.
        name: of the network, for people; harmless. Empty for the interface by itself.
        why: it is left out, as the end of a sentence.
    """

    attachment: Attachment | None
    name: str = ""
    why: str = ""


class Wishes(NamedTuple):
    """What the options say.

    Attributes:
        networks: by interface.
        ask_nothing: whether the rest is as guessed.
    """

    networks: Mapping[str, str]
    ask_nothing: bool

    @classmethod
    def of(cls, options: Iterable[str], *, yes: bool) -> Wishes:
        """Read `IFACE=NETWORK`.

        Args:
            options: each in these words.
            yes: to ask nothing.

        Raises:
            UsageError: one makes no sense.
        """
        found: dict[str, str] = {}
        for text in options:
            device, equals, network = text.partition("=")
            if not (device and equals and network) or device in found:
                raise UsageError(
                    f'--network "{text}": must be IFACE=NETWORK, once each.'
                )
            found[device] = network
        return cls(found, yes)

    def insist_on(self, devices: Iterable[str]) -> None:
        """Raise UsageError where an interface is named that is not there."""
        known = sorted(devices)
        for device in self.networks:
            if device not in known:
                raise UsageError(
                    f'--network: no interface "{device}" there; there are: '
                    f"{', '.join(known) or 'none'}."
                )


def places_of(
    sources: Sequence[Source],
    met: Sequence[Met],
    rules: Interfaces,
    wishes: Wishes,
) -> dict[str, Place]:
    """Where the usage of each interface goes.

    Args:
        sources: what was counted.
        met: the networks that are known here.
        rules: the person's word on interfaces.
        wishes: what the options say.

    Returns:
        By interface.

    Raises:
        UsageError: there is nobody to ask, or no such network.
    """
    found = {}
    for source in sources:
        device = source.device
        if device in wishes.networks:
            found[device] = _meant(device, wishes.networks[device], met)
        elif why := _virtual(device, rules):
            found[device] = Place(None, why=why)
        elif not total(part.traffic for part in source.parts):
            found[device] = Place(None, why=": it has moved nothing")
        elif wishes.ask_nothing:
            found[device] = _by_itself(device, met)
        else:
            found[device] = _asked(source, met)
    return found


def _virtual(device: str, rules: Interfaces) -> str:
    """Why an interface is left out; empty where it is not."""
    if any(fnmatchcase(device, pattern) for pattern in rules.exclude):
        return ": [interfaces] exclude says so"
    if any(fnmatchcase(device, pattern) for pattern in rules.include):
        return ""
    if any(fnmatchcase(device, pattern) for pattern in _VIRTUAL):
        return (
            ": it carries what others are billed for; if not: "
            f"--network {visible(device)}={_OWN}{visible(device)}"
        )
    return ""


def _meant(device: str, text: str, met: Sequence[Met]) -> Place:
    if text == _NOT:
        return Place(None)
    if text == f"{_OWN}{device}":
        return _by_itself(device, met)
    return _on(device, find_network(met, text), met)


def _by_itself(device: str, met: Sequence[Met]) -> Place:
    key = f"{_OWN}{device}"
    for each in met:
        if each.network.key == key:
            return _on(device, each, met)._replace(name="")
    return Place(Attachment(key, device, billed=True))


def _on(device: str, each: Met, met: Sequence[Met]) -> Place:
    name = names_of(met)[each.network.key]
    if each.where is not None:
        # Where it was then, and how the device counted, nobody knows.
        where = replace(each.where, device=device, mcc="", roaming=None, l3_exact=False)
        return Place(where, name)
    return Place(_of_network(device, each.network), name)


def _of_network(device: str, network: Network) -> Attachment:
    return Attachment(
        network.key,
        device,
        billed=True,
        metered=network.metered,
        tethered=bool(network.tether),
        iccid=network.iccid,
    )


def _asked(source: Source, met: Sequence[Met]) -> Place:
    """Let a person say it.

    Raises:
        UsageError: there is none.
    """
    device = visible(source.device)
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(
            f"which network was {device}? There is no terminal to ask on: give "
            f"--network {device}={_OWN}{device}, or --yes to take each by itself."
        )
    own = f"{_OWN}{source.device}"
    others = [each for each in met if each.network.key != own][:_MOST]
    names = names_of(met)
    moved = format_size(total(part.traffic for part in source.parts).bytes)
    click.echo(f"{device} has moved {moved}. Which network was it?")
    click.echo(f"  1  the interface by itself ({own})")
    for number, each in enumerate(others, 2):
        click.echo(f"  {number}  {names[each.network.key]}")
    click.echo("  0  leave it out")
    answer = click.prompt("Number", default=1, type=click.IntRange(0, len(others) + 1))
    if answer == 0:
        return Place(None)
    if answer == 1:
        return _by_itself(source.device, met)
    return _on(source.device, others[answer - 2], met)
