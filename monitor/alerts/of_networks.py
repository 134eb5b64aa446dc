"""What holds for the networks in use, and what of it is told.

- `network.uncovered`: data moves over a metered network, there are plans, and none of
  them pays for it;
- `network.roaming`: a SIM is abroad, and its plan does not say where it is valid (one
  that does has `roaming.uncovered`, or covers this country);
- `wifi.in_range`: data moves over a metered network, and a known Wi-Fi that costs
  nothing could be joined instead;
- `forwarding.started`: others use a metered network through this machine.

Each is told once a stay (`stays`). It counts as told while it holds, through all short
absences, and restarts of the daemon: what is told is in the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from monitor.alerts import texts
from monitor.alerts.model import (
    FORWARDING_STARTED,
    NETWORK_ROAMING,
    NETWORK_UNCOVERED,
    OF_NETWORKS,
    WIFI_IN_RANGE,
    Alert,
    Cleared,
    Key,
    Noted,
    Raised,
)
from monitor.alerts.stays import place_of
from monitor.networks.uplink import (
    METERED_GUESS_YES,
    METERED_YES,
    SIM,
    WIFI,
    Connections,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from monitor.alerts.holding import Watched
    from monitor.alerts.model import Change, Told
    from monitor.alerts.stays import Place, Stays
    from monitor.networks.uplink import Network, SavedWifi
    from monitor.usage import Attachment

_SHARED_BYTES: Final = 1_000_000
"""What others may use before it is told: not every query of a name is news."""


@dataclass(frozen=True, slots=True)
class Used:
    """A billed network that a device is attached to.

    Attributes:
        where: the device.
        network: what is known of it.
        plan: id of the plan that pays for it now; empty without one.
        moved_bytes: over the Internet, in the last tick.
        forwarded_bytes: for others, since this device was attached.
        via: devices behind which these others are.
    """

    where: Attachment
    network: Network
    plan: str = ""
    moved_bytes: int = 0
    forwarded_bytes: int = 0
    via: Sequence[str] = ()


def wifi_key(wifi: SavedWifi) -> str:
    """The key that the network would have, were it joined."""
    return f"{WIFI}:{wifi.uuid}"


def says_costly(wifi: SavedWifi) -> bool:
    """Whether a person has said that a Wi-Fi costs, where nothing else is known."""
    return wifi.metered in (METERED_YES, METERED_GUESS_YES)


@dataclass(frozen=True, slots=True)
class Uplinks:
    """All that alerts about networks need to know.

    Attributes:
        used: billed networks.
        connections: what NetworkManager says.
        is_costly: whether a Wi-Fi would cost, as far as anybody knows; asked only when
            there is something to tell.
    """

    used: Sequence[Used] = ()
    connections: Connections = field(default_factory=Connections)
    is_costly: Callable[[SavedWifi], bool] = says_costly


def places(uplinks: Uplinks) -> set[Place]:
    """Where this machine is.

    Args:
        uplinks: what it is attached to.

    Returns:
        Networks, and networks with the country that they roam in.
    """
    found = {(each.network.key, "") for each in uplinks.used}
    roaming = (each.network for each in uplinks.used if each.network.roaming)
    return found | {(network.key, network.mcc) for network in roaming}


def judge_networks(
    told: Told,
    now_s: int,
    uplinks: Uplinks,
    plans: Mapping[str, Watched],
    stays: Stays,
) -> list[Change]:
    """What changed since the last judgement.

    Args:
        told: what was told so far.
        now_s: UTC seconds.
        uplinks: what this machine is attached to.
        plans: by id, all that there are.
        stays: have seen where it is.

    Returns:
        Changes in the order in which they are to be told.
    """
    holds = {
        alert.key: alert
        for used in uplinks.used
        for alert in _holding(told, used, uplinks, plans)
    }
    changes: list[Change] = list(_cleared(told, now_s, holds, stays))
    told = told.after(changes)
    for key, alert in holds.items():
        if key in told.marks or not stays.is_settled(place_of(key)):
            continue
        changes.append(raised_or_noted(alert, now_s, plans))
    return changes


def _cleared(
    told: Told, now_s: int, holds: Mapping[Key, Alert], stays: Stays
) -> Iterator[Cleared]:
    """What was told and holds no longer, or may be told again."""
    for key in {*told.marks, *told.open}:
        if key.kind not in OF_NETWORKS:
            continue
        place = place_of(key)
        if stays.is_over(place):
            yield Cleared(key, now_s, rearmed=True)
        elif key in holds:
            continue
        elif key.kind == WIFI_IN_RANGE:
            # It comes and goes with each step: not told again for that.
            if key in told.open:
                yield Cleared(key, now_s, rearmed=False)
        elif stays.is_here(place):
            yield Cleared(key, now_s, rearmed=True)


def raised_or_noted(
    alert: Alert, now_s: int, plans: Mapping[str, Watched]
) -> Raised | Noted:
    """What an alert becomes that holds from now on: snoozed, it counts as told.

    Args:
        alert: that would be told.
        now_s: UTC seconds.
        plans: by id, all that there are.
    """
    if is_snoozed(alert, plans):
        return Noted(alert.key, now_s)
    return Raised(alert, now_s)


def is_snoozed(alert: Alert, plans: Mapping[str, Watched]) -> bool:
    """Whether its plan, or any where none pays, wants to hear nothing of it.

    Args:
        alert: that would be told.
        plans: by id, all that there are.
    """
    concerned: Iterable[Watched] = plans.values()
    if alert.plan:
        concerned = [plans[alert.plan]] if alert.plan in plans else []
    return any(alert.key.kind in each.snoozed for each in concerned)


def _holding(
    told: Told, used: Used, uplinks: Uplinks, plans: Mapping[str, Watched]
) -> Iterator[Alert]:
    yield from _uncovered(told, used, plans)
    yield from _roaming(used, plans)
    yield from _in_range(told, used, uplinks)
    yield from _forwarding(told, used)


def _uncovered(told: Told, used: Used, plans: Mapping[str, Watched]) -> Iterator[Alert]:
    """A network that costs, in no plan of a person who has plans."""
    key = Key(NETWORK_UNCOVERED, 0, "", used.network.key)
    if used.plan or not plans or not _costs(told, key, used):
        return
    title, body = texts.uncovered(used.network, used.where.device, sorted(plans))
    yield Alert(key, "", "", used.network.key, used.where.device, title, body)


def _costs(told: Told, key: Key, used: Used) -> bool:
    """Whether data moves over a metered network, or did when that was told.

    NetworkManager knows nothing for a moment whenever it joins the network anew.
    """
    if key in told.marks:
        return used.where.metered is not False
    return used.where.metered is True and used.moved_bytes > 0


def _roaming(used: Used, plans: Mapping[str, Watched]) -> Iterator[Alert]:
    """A SIM abroad, whose plan does not say whether it is valid there."""
    network = used.network
    if network.kind != SIM or not network.roaming or not network.mcc.isdecimal():
        return
    paying = plans.get(used.plan)
    if paying is not None and paying.plan.zones.included is not None:
        return
    key = Key(NETWORK_ROAMING, 0, network.mcc, network.key)
    title, body = texts.roaming(network, used.plan)
    detail = f"mcc={network.mcc}"
    yield Alert(key, used.plan, "", network.key, detail, title, body)


def _in_range(told: Told, used: Used, uplinks: Uplinks) -> Iterator[Alert]:
    """A Wi-Fi that costs nothing, while data moves over a network that costs."""
    key = Key(WIFI_IN_RANGE, 0, "", used.network.key)
    if not _costs(told, key, used):
        return
    heard = uplinks.connections.in_range
    joined = {each.network.ssid for each in uplinks.used}
    for wifi in uplinks.connections.saved:
        if not wifi.ssid or wifi.ssid in joined or wifi.ssid not in heard:
            continue
        if key in told.marks or not uplinks.is_costly(wifi):
            title, body = texts.in_range(wifi, used.network, used.where.device)
            detail = wifi_key(wifi)
            yield Alert(key, used.plan, "", used.network.key, detail, title, body)
            return


def _forwarding(told: Told, used: Used) -> Iterator[Alert]:
    """A network that costs, used by others through this machine."""
    key = Key(FORWARDING_STARTED, 0, "", used.network.key)
    is_told = key in told.marks and used.where.metered is not False
    is_much = used.where.metered is True and used.forwarded_bytes > _SHARED_BYTES
    if is_told or is_much:
        title, body = texts.forwarding(used)
        detail = str(used.forwarded_bytes)
        yield Alert(key, used.plan, "", used.network.key, detail, title, body)
