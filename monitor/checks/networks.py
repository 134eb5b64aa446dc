"""Which interfaces are billed, which are inside others, where the packets leave."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.checks.findings import Finding, Level
from monitor.networks.attaching import attach, lowers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.devices import Link
    from monitor.networks.attaching import Attached, InterfaceRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """What there is.

    Attributes:
        links: all devices by ifindex.
        busy: ifindexes of those that have moved anything.
        default_routes: names of the devices that carry a default route.
        failure: why the kernel could not be asked; empty when it could.
    """

    links: Mapping[int, Link]
    busy: frozenset[int]
    default_routes: frozenset[str]
    failure: str = ""


def judge(networks: Networks, rules: InterfaceRules) -> Iterator[Finding]:
    """What follows from it.

    Args:
        networks: the facts.
        rules: the person's word on interfaces.
    """
    if networks.failure:
        yield Finding("interfaces", Level.ERROR, networks.failure)
        return
    attached = attach(networks.links, rules, networks.default_routes)
    billed = sorted(each.device for each in attached.devices.values() if each.billed)
    yield _billed(attached, billed)
    yield from _inside(networks, attached, billed)
    yield _default_route(networks, billed)


def _billed(attached: Attached, billed: list[str]) -> Finding:
    if attached.note:
        return Finding("interfaces", Level.NOTE, f"{attached.note}.")
    if billed:
        return Finding("interfaces", Level.OK, f"Billed: {', '.join(billed)}.")
    text = "There is no interface to bill: no network is there, or all are excluded."
    return Finding("interfaces", Level.WARN, text)


def _inside(
    networks: Networks, attached: Attached, billed: list[str]
) -> Iterator[Finding]:
    """Devices whose bytes leave through another, which is billed for them."""
    beneath = lowers(networks.links, attached.devices)
    # What is virtual and sits on nothing is routed: through the default route.
    ways_out = tuple(name for name in billed if name in networks.default_routes)
    inside: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for ifindex, attachment in attached.devices.items():
        if attachment.billed or not (ifindex in beneath or ifindex in networks.busy):
            continue
        names = tuple(networks.links[i].name for i in beneath.get(ifindex, ()))
        if names or ways_out:
            inside[names or ways_out].append(attachment.device)
    for outer, inner in sorted(inside.items()):
        where = " and ".join(outer)
        verb = "is" if len(inner) == 1 else "are"
        names_inside = ", ".join(sorted(inner))
        text = f"{names_inside} {verb} inside {where}: counted once, on {where}."
        yield Finding("inside", Level.NOTE, text)


def _default_route(networks: Networks, billed: list[str]) -> Finding:
    routes = sorted(networks.default_routes)
    if not routes:
        text = "There is no default route: no packet leaves this machine now."
        return Finding("default-route", Level.NOTE, text)
    others = [name for name in routes if name not in billed]
    text = f"The default route is through {', '.join(routes)}"
    if not others:
        return Finding("default-route", Level.OK, f"{text}.")
    return Finding(
        "default-route",
        Level.NOTE,
        f"{text}; {', '.join(others)} is not billed: what it moves is billed where it "
        "leaves the machine.",
    )
