"""A first configuration: good guesses, and the file made from a person's answers. Pure.

Likeliest is a modem, then a tethered phone, then what carries the default route.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.config.writing import plan_lines
from monitor.networks.attaching import InterfaceRules, attach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.devices import Link

_BY_ITSELF: Final = ("iccid", "uuid")
_ARPHRD_PPP: Final = 512  # linux/if_arp.h
_ARPHRD_RAWIP: Final = 519
_MODEM, _TETHER, _WIFI, _WIRED, _VIRTUAL = range(5)
_KINDS: Final = (
    "mobile modem",
    "tethered phone or USB",
    "Wi-Fi",
    "wired",
    "virtual",
)
# What the kernel and systemd.net-naming-scheme(7) call such devices, and the pattern
# that still matches after the next replugging.
_NAMES: Final = (
    ("wwan", _MODEM, "wwan*"),
    ("ww", _MODEM, "ww*"),
    ("ppp", _MODEM, "ppp*"),
    ("usb", _TETHER, "usb*"),
    ("enx", _TETHER, ""),
    ("bnep", _TETHER, "bnep*"),
    ("wl", _WIFI, ""),
)


class Candidate(NamedTuple):
    """An interface that a plan may pay for.

    Attributes:
        name: of the interface.
        pattern: what to write into the configuration for it.
        about: what it is, for a person.
    """

    name: str
    pattern: str
    about: str


def candidates(
    links: Mapping[int, Link], default_routes: frozenset[str]
) -> list[Candidate]:
    """The interfaces that a person may mean, likeliest first.

    Args:
        links: all devices of the namespace.
        default_routes: names of the devices that carry a default route.

    Returns:
        Virtual ones last, and only those that carry a default route or are billed.
    """
    billed = attach(links, InterfaceRules(), default_routes).devices
    found = []
    for ifindex, attachment in billed.items():
        link = links[ifindex]
        is_routed = link.name in default_routes
        if not attachment.billed and not is_routed:
            continue
        rank, pattern = _looks_like(link)
        about = _KINDS[rank] + (", has the default route" if is_routed else "")
        candidate = Candidate(link.name, pattern, about)
        likely = rank if rank in (_MODEM, _TETHER) else _WIFI
        found.append(((likely, not is_routed, rank, link.name), candidate))
    return [candidate for _, candidate in sorted(found)]


def not_counted(
    patterns: Iterable[str], links: Mapping[int, Link], default_routes: frozenset[str]
) -> tuple[str, ...]:
    """The patterns that match what is only counted where that is asked for.

    Args:
        patterns: of interfaces that a plan pays for.
        links: all devices of the namespace.
        default_routes: names of the devices that carry a default route.

    Returns:
        Those with a virtual device, in the same order.
    """
    devices = attach(links, InterfaceRules(), default_routes).devices.values()
    hidden = [each.device for each in devices if not each.billed]
    return tuple(
        pattern
        for pattern in patterns
        if any(fnmatchcase(name, pattern) for name in hidden)
    )


def _looks_like(link: Link) -> tuple[int, str]:
    for start, rank, pattern in _NAMES:
        if link.name.startswith(start):
            return rank, pattern or link.name
    if link.arphrd in (_ARPHRD_PPP, _ARPHRD_RAWIP):
        return _MODEM, link.name
    return (_VIRTUAL if link.kind else _WIRED), link.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person said of a plan; texts as the configuration takes them.

    Attributes:
        plan_id: its name.
        interfaces: patterns.
        network: key and value of the network that is meant, and not the interfaces.
        unbilled: those of the interfaces that are not counted without being told so.
        quota: a size or "unlimited".
        billing_day: of a monthly plan; None for a plan of some days.
        days: how long the plan lasts; None for a monthly plan.
        starts_on: a date or an instant, with `days`.
        tz: name of the time zone; empty for the machine's.
        left: what the carrier said is left; empty when nobody asked.
        as_of: when that was.
    """

    plan_id: str
    interfaces: tuple[str, ...]
    network: tuple[str, str] | None = None
    unbilled: tuple[str, ...] = ()
    quota: str = ""
    billing_day: int | None = None
    days: int | None = None
    starts_on: str = ""
    tz: str = ""
    left: str = ""
    as_of: str = ""


def plan_id_of(interface: str) -> str:
    """A name for the plan of an interface: wwan0 and wwan* are "wwan".

    Args:
        interface: name or pattern.

    Returns:
        A name that the configuration takes.
    """
    words = re.findall(r"[a-z]+", interface.lower())
    return words[0] if words else "plan"


def first_config(answers: Answers) -> str:
    """Write the file.

    Args:
        answers: not checked; the file must be.

    Returns:
        TOML.
    """
    table: dict[str, object] = {"id": answers.plan_id, "quota": answers.quota}
    if answers.days is None:
        table |= {"every": "month", "billing_day": answers.billing_day or 1}
    else:
        table["valid"] = f"{answers.days} days"
    optional = {"starts_on": answers.starts_on, "tz": answers.tz}
    if answers.left:
        optional |= {"remaining": answers.left, "as_of": answers.as_of}
    table |= {key: value for key, value in optional.items() if value}
    kind, values = "interface", list(answers.interfaces)
    if answers.network is not None:
        kind, values = answers.network[0], [answers.network[1]]
    table["match"] = {kind: values}
    lines = [
        "# Written by `esimmon setup`. All settings: `esimmon config show`; try a",
        "# change with `esimmon config check`.",
    ]
    if kind in _BY_ITSELF:
        lines += [
            "",
            "[networks]",
            f"metered = {json.dumps(values)}   # its bytes cost",
        ]
    else:
        costs = json.dumps(answers.interfaces)
        lines += ["", "[interfaces]", f"metered = {costs}   # their bytes cost"]
    if answers.unbilled:
        lines += ["", "[interfaces]"] if kind in _BY_ITSELF else []
        include = json.dumps(answers.unbilled)
        lines.append(f"include = {include}   # virtual, but the plan pays for them")
    return "\n".join([*lines, *plan_lines(table), ""])
