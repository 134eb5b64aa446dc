"""The words of alerts about anything but plans, which `words` has."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from monitor.escapes import visible
from monitor.moments import Clocks
from monitor.units import exact_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from monitor.alerts.habits import Usual
    from monitor.alerts.of_networks import Used
    from monitor.alerts.rates import Rate
    from monitor.networks.uplink import Network, SavedWifi
    from monitor.usage import Interval

_LONGEST_NAME: Final = 60
_SHOWN_DIGITS: Final = 4  # of an ICCID: who sees the screen need not know the rest


def rate(moved: Rate, within_s: int, place: str) -> tuple[str, str]:
    """Title and body when a program moves much behind a person's back.

    Args:
        moved: who, where and how much.
        within_s: in how many seconds.
        place: what the network is called.
    """
    application = _short(moved.mover.application)
    title = f"{application} moved {format_size(moved.bytes)} in the background"
    plan = f", paid by plan {moved.mover.plan}" if moved.mover.plan else ""
    where = f"Within {exact_duration(within_s)} on {_place(place)}{plan}."
    return title, (
        f"{where}\nWhat it was: esimmon report --since 1h --by process. "
        "If it may: add it to allow in [background]."
    )


def newcomer(moved: Rate, place: str) -> tuple[str, str]:
    """Title and body when a program moves metered data for the first time.

    Args:
        moved: who, where and how much.
        place: what the network is called.
    """
    application = _short(visible(moved.mover.application))
    plan = f", paid by plan {moved.mover.plan}" if moved.mover.plan else ""
    return f"{application} uses metered data for the first time", (
        f"{format_size(moved.bytes)} on {_place(place)}{plan}.\n"
        "What it was: esimmon report --since 1h --by process"
    )


def unusual(moved: Rate, usual: Usual, place: str, left: str) -> tuple[str, str]:
    """Title and body when a program moves much more than at such an hour before.

    Args:
        moved: who, where and how much within an hour.
        usual: what it moved before.
        place: what the network is called.
        left: what is left of the plan that pays, one sentence; empty without.
    """
    application = _short(visible(moved.mover.application))
    plan = f", paid by plan {moved.mover.plan}" if moved.mover.plan else ""
    here, most = _up_to(usual.here_bytes, usual), _up_to(usual.most_bytes, usual)
    usually = f"Usual at this hour of the week: {here}"
    if most != here:
        usually += f" (at any hour: {most})"
    amount = format_size(moved.bytes)
    title = f"{application} moved {amount} within an hour, much more than usual"
    return title, (
        f"{usually}. It is on {_place(place)}{plan}.{f' {left}' if left else ''}\n"
        "What it was: esimmon report --since 1h --by process"
    )


def _up_to(amount: int, usual: Usual) -> str:
    if not amount:
        return f"less than {format_size(usual.least_bytes)}"
    return f"at most {format_size(amount)}"


def _place(key: str) -> str:
    """A network that is only an interface is called like that."""
    return key.removeprefix("if:")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def uncovered(network: Network, device: str, plans: Sequence[str]) -> tuple[str, str]:
    """Title and body when no plan pays for a network that costs.

    Args:
        network: what it is.
        device: that is attached to it.
        plans: ids of those that there are.
    """
    title = f"You are on a metered network that no plan covers: {_on(network, device)}"
    which = plans[0] if len(plans) == 1 else "PLAN"
    there = "" if len(plans) == 1 else f" PLAN is one of: {', '.join(plans)}."
    return title, (
        f"Which plan is it?{there}\n"
        f"Type: esimmon plan bind {which} {shlex.quote(visible(network.key))}"
    )


def roaming(network: Network, plan: str) -> tuple[str, str]:
    """Title and body when a SIM is abroad.

    Args:
        network: what is known of it.
        plan: that pays for it; empty without one.
    """
    operator = network.operator_name
    whose = f" ({_short(visible(operator))})" if operator else ""
    title = f"{named(network)} is roaming in {network.mcc}{whose}"
    if not plan:
        return title, "No plan pays for it. Data abroad may cost much more."
    return title, (
        f"Plan {plan} does not say where it is valid. Data abroad may cost much more.\n"
        f"Is it valid here? esimmon plan edit {plan} --countries {network.mcc}"
    )


def in_range(wifi: SavedWifi, network: Network, device: str) -> tuple[str, str]:
    """Title and body when data need not cost anything.

    Args:
        wifi: what could be joined.
        network: over which it moves.
        device: that is attached to it.
    """
    name = _ssid(wifi.ssid) or wifi.name
    title = f'The Wi-Fi "{_short(visible(name))}" is in range and costs nothing'
    return (
        title,
        f"You are using {_on(network, device)}, which is metered.",
    )


def forwarding(used: Used) -> tuple[str, str]:
    """Title and body when others use data that costs.

    Args:
        used: the network, with what others moved over it.
    """
    title = f"Other devices use {_on(used.network, used.where.device)}"
    paid = f", and plan {used.plan} pays" if used.plan else ""
    via = ", ".join(map(visible, used.via))
    return title, (
        f"{format_size(used.forwarded_bytes)} were forwarded for them so far, which "
        f"costs{paid}.\nNot wanted? They are behind {_short(via)}: turn its sharing "
        "(hotspot) off."
    )


def _on(network: Network, device: str) -> str:
    """A network with its interface, if that is not all that is known of it."""
    called, interface = named(network), visible(device)
    return called if called == interface else f"{called} ({interface})"


def named(network: Network) -> str:
    """What a person calls a network, in one line.

    Args:
        network: its names are hostile.

    Returns:
        Such as `Airalo …4321`, `"Anna's iPhone"`, or the key of one without a name.
    """
    name = _short(visible(network.name or _ssid(network.ssid)))
    if network.iccid:
        return f"{name or 'SIM'} …{visible(network.iccid[-_SHOWN_DIGITS:])}"
    return f'"{name}"' if name else _short(visible(_place(network.key)))


def _ssid(ssid: bytes) -> str:
    return ssid.decode("utf-8", "surrogateescape")


def blind_gap(when: Interval, moved_bytes: int, zone: ZoneInfo) -> tuple[str, str]:
    """Title and body when bytes were moved and nobody looked.

    Args:
        when: this was.
        moved_bytes: over networks that may cost.
        zone: of who reads it.
    """
    span = Clocks(zone, zone, when.to_s).span(*when)
    title = f"{format_size(moved_bytes)} were moved while esimmon did not run"
    return title, (
        f"{span}: nobody knows by what. Totals and plans have these bytes all the "
        "same.\nWhat else was missed: esimmon doctor"
    )


_SEES: Final = {
    "sockdiag": "only TCP by program",
    "interface": "totals of interfaces, no programs",
}


def lesser_tier(tier: str) -> tuple[str, str]:
    """Title and body when a run names fewer bytes than the run before.

    Args:
        tier: that it has.
    """
    sees = _SEES.get(tier, visible(tier))
    return f"esimmon sees less than before: {sees}", (
        "Totals and plans are right all the same.\nWhy, and what to do: esimmon doctor"
    )


def unwritten(sentence: str) -> tuple[str, str]:
    """Title and body when the database cannot be written.

    Args:
        sentence: what failed, and what to do.
    """
    return "esimmon cannot write its database", (
        f"{visible(sentence)}\nUntil then it is in memory, and a power cut loses it."
    )


def mended(sentences: str) -> tuple[str, str]:
    """Title and body when the start found something wrong with the database.

    Args:
        sentences: what was found, and what was done.
    """
    return "esimmon had to mend its database", visible(sentences)


def overflow(detail: str) -> tuple[str, str]:
    """Title and body when there was no room for all that was to be counted.

    Args:
        detail: what there was no room for.
    """
    return "esimmon had no room to count all by program", (
        f"{_short(visible(detail))}\nTotals and plans are right all the same. "
        "What to do: esimmon doctor"
    )
