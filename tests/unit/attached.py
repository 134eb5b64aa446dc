"""Devices, and what they are attached to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from monitor.networks.identities import NetworkRules, identify
from monitor.networks.uplink import (
    METERED_GUESS_NO,
    Bearer,
    Connection,
    Connections,
    Hardware,
    Modem,
    Network,
)

UUID = "2d0b1f0e-7f5c-4d0a-9a55-3a1d6d1c0001"
OTHER = "2d0b1f0e-7f5c-4d0a-9a55-3a1d6d1c0002"
ICCID, TRAVEL = "89852340000123456789", "89330112345678901234"
PATH = "/org/freedesktop/ModemManager1/Modem/0"
ETHERNET, WIFI, BLUETOOTH, MODEM, VETH = 1, 2, 5, 8, 20
IPHONE = ("172.20.10.1",)

HOME = Modem(
    PATH,
    iccid=ICCID,
    eid="89049032123451234512345678901235",
    home=("45400", "Airalo"),
    operator=("45400", "csl"),
    registration=1,
    bearers=(Bearer("wwan0", is_connected=True),),
)


def of(
    connection: Connection | str,
    hardware: Hardware | None = None,
    *modems: Modem,
    rules: NetworkRules | None = None,
) -> Network:
    """What a device is attached to; without NetworkManager its name alone."""
    name = connection if isinstance(connection, str) else connection.device
    known = () if isinstance(connection, str) else (connection,)
    given_hardware = {} if hardware is None else {name: hardware}
    found = identify(
        [name], given_hardware, Connections(known), modems, rules or NetworkRules()
    )
    return found[name]


def wifi(
    ssid: bytes = b"Home",
    metered: int = METERED_GUESS_NO,
    **more: Any,  # noqa: ANN401 - any field
) -> Network:
    """A Wi-Fi network."""
    usual = Connection("wlan0", WIFI, UUID, "Home", metered, ssid)
    return of(replace(usual, **more))
