"""Which network a device is attached to: what its sources say, joined.

Pure. Object paths are never keys: services make them up anew. Whatever a phone, an
access point or a carrier calls itself, a key is short and printable.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from monitor.escapes import visible
from monitor.networks.tethers import PHONES, Device, own_rule, tether
from monitor.networks.uplink import (
    BLUETOOTH,
    CONFIG,
    ETHERNET,
    METERED_GUESS_NO,
    METERED_GUESS_YES,
    METERED_NO,
    METERED_YES,
    SIM,
    USB,
    WIFI,
    Connection,
    Connections,
    Hardware,
    Modem,
    Network,
)
from monitor.plans.iccid import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# MMModem3gppRegistrationState: home, roaming; with SMS only, with emergency calls only.
_AT_HOME: Final = (1, 6, 9)
_ROAMING: Final = (5, 7, 10)

_SAFE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_UUID: Final = re.compile(r"[0-9A-Fa-f-]{20,40}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{1,40}", re.ASCII)
_PLMN: Final = re.compile(r"[0-9]{5,6}", re.ASCII)
_MCC: Final = 3
_LONGEST_NAME: Final = 128  # an SSID of 32 bytes that are all escaped


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """The person's word on networks: shell patterns, case-sensitive.

    They are compared with the key, the UUID, the ICCID and the SSID as it is shown.
    """

    metered: tuple[str, ...] = ()
    unmetered: tuple[str, ...] = ()


def identify(
    names: Iterable[str],
    hardware: Mapping[str, Hardware],
    connections: Connections,
    modems: tuple[Modem, ...],
    rules: NetworkRules,
) -> dict[str, Network]:
    """Say what each device is attached to.

    Args:
        names: of the devices.
        hardware: by name of the device; may lack some.
        connections: what NetworkManager says.
        modems: what ModemManager says.
        rules: the person's word.

    Returns:
        A network for each name.
    """
    by_name = {each.device: each for each in connections.devices}
    found = {}
    for name in names:
        connection = by_name.get(name, Connection(name))
        device = Device(
            name,
            hardware.get(name, Hardware()),
            connection,
            _modem_of(name, connection, modems),
        )
        found[name] = _with_price(_network(device), device, rules)
    return found


def settled(
    before: Mapping[str, Network], now: Mapping[str, Network]
) -> dict[str, Network]:
    """The same networks, with what a modem that searches does not say.

    Args:
        before: networks by device, as they were.
        now: as they are said to be.

    Returns:
        `now`; a SIM profile of which neither roaming nor operator is known has those
        that it had, and one at the same operator the same roaming.
    """
    known = {each.key: each for each in before.values() if each.kind == SIM}
    return {
        name: _settled(known[each.key], each) if each.key in known else each
        for name, each in now.items()
    }


def _settled(before: Network, now: Network) -> Network:
    if now.roaming is not None:
        return now
    if not now.operator_code:
        return replace(
            now,
            roaming=before.roaming,
            mcc=before.mcc,
            operator_code=before.operator_code,
            operator_name=before.operator_name,
        )
    is_same = now.operator_code == before.operator_code
    return replace(now, roaming=before.roaming) if is_same else now


def _modem_of(
    name: str, connection: Connection, modems: tuple[Modem, ...]
) -> Modem | None:
    """The modem of a device, as NetworkManager or else its own connection says.

    NetworkManager names one that is gone while a profile changes.
    """
    by_path = {each.path: each for each in modems}
    if connection.udi in by_path:
        return by_path[connection.udi]
    carrying = (
        each
        for each in modems
        for bearer in each.bearers
        if bearer.is_connected and bearer.device == name
    )
    return next(carrying, None)


def _network(device: Device) -> Network:
    """Its identity, before anybody says what it costs."""
    connection = device.connection
    nameless = Network(f"if:{device.name}", name=_shown(connection.name))
    if connection.is_access_point:
        return nameless
    uuid = connection.uuid.lower() if _UUID.fullmatch(connection.uuid) else ""
    network = replace(nameless, uuid=uuid, tether=tether(device))
    if device.modem is not None and device.modem.iccid:
        return _sim(network, device.modem)
    if device.is_usb:
        return _usb(network, device.hardware)
    return _joined(network, device) if uuid and not device.is_modem else network


def _joined(network: Network, device: Device) -> Network:
    """A network by the connection that NetworkManager has for it."""
    uuid, ssid = network.uuid, device.connection.ssid
    if device.is_bluetooth:
        return replace(network, key=f"bluetooth:{uuid}", kind=BLUETOOTH)
    if device.is_wifi:
        name = _ssid_text(ssid) if ssid.strip(b"\0") else network.name
        key = f"wifi:{uuid}"
        return replace(network, key=key, kind=WIFI, ssid=ssid, name=name)
    if device.is_cable:
        return replace(network, key=f"ethernet:{uuid}", kind=ETHERNET)
    return network


def _sim(network: Network, modem: Modem) -> Network:
    iccid = normalize(modem.iccid) or _safe(modem.iccid)
    code, operator = modem.operator
    is_known = _PLMN.fullmatch(code) is not None
    home_name = _shown(modem.home[1])
    return replace(
        network,
        key=f"sim:{iccid}",
        kind=SIM,
        name=home_name or network.name or _shown(operator),
        iccid=iccid,
        eid=modem.eid if _DIGITS.fullmatch(modem.eid) else "",
        operator_code=code if is_known else "",
        operator_name=_shown(operator),
        mcc=code[:_MCC] if is_known else "",
        roaming=_roaming(modem.registration),
    )


def _roaming(registration: int) -> bool | None:
    """Unknown while it searches, or is refused."""
    if registration in _ROAMING:
        return True
    return False if registration in _AT_HOME else None


def _usb(network: Network, hardware: Hardware) -> Network:
    name = PHONES.get(hardware.vendor, network.name)
    if not (hardware.vendor and hardware.product):
        return replace(network, name=name)
    told = (hardware.vendor, hardware.product, hardware.serial)
    parts = [_safe(each) for each in told if each]
    return replace(network, key=":".join(["usb", *parts]), kind=USB, name=name)


def _with_price(network: Network, device: Device, rules: NetworkRules) -> Network:
    """Say whether its bytes cost: the person, NetworkManager, our rules, a guess."""
    said = _ruled(network, rules)
    if said is not None:
        return replace(network, metered=said, metered_by=CONFIG)
    if device.connection.is_access_point:
        return replace(network, metered=False)
    nm = device.connection.metered
    if nm in (METERED_YES, METERED_NO):
        return replace(network, metered=nm == METERED_YES, metered_by="networkmanager")
    rule = own_rule(device)
    if rule:
        return replace(network, metered=True, metered_by=rule)
    if nm in (METERED_GUESS_YES, METERED_GUESS_NO):
        return replace(network, metered=nm == METERED_GUESS_YES, metered_by="guess")
    return network


def _ruled(network: Network, rules: NetworkRules) -> bool | None:
    texts = (network.key, network.uuid, network.iccid, _ssid_text(network.ssid))
    present = [each for each in texts if each]

    def named(patterns: tuple[str, ...]) -> bool:
        # An SSID with brackets is written as it is, too.
        return any(
            pattern == text or fnmatchcase(text, pattern)
            for pattern in patterns
            for text in present
        )

    if named(rules.unmetered):
        return False
    return True if named(rules.metered) else None


def _ssid_text(ssid: bytes) -> str:
    return visible(ssid.decode("utf-8", "surrogateescape"))


def _shown(text: str) -> str:
    return visible(text[:_LONGEST_NAME])[:_LONGEST_NAME]


def _safe(text: str) -> str:
    """A short, printable part of a key; of anything else what always comes out."""
    if _SAFE.fullmatch(text):
        return text
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
