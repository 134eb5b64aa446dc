"""Phones, modems and hotspots, told by what they are and by what they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.networks.uplink import (
    METERED_GUESS_YES,
    METERED_YES,
    Connection,
    Hardware,
)
from tests.unit.attached import (
    ETHERNET,
    IPHONE,
    UUID,
    VETH,
    of,
    wifi,
)

# Driver, idVendor and DEVTYPE; key, tether, and who says that bytes cost.
DRIVERS = [
    (("rndis_host", "04e8", ""), ("usb:04e8:1234:S1", "usb", "tether")),
    (("rndis_host", "0525", ""), ("usb:0525:1234:S1", "", "")),
    (("ipheth", "05ac", ""), ("usb:05ac:1234:S1", "usb/apple", "iphone")),
    (("cdc_ncm", "18d1", ""), ("usb:18d1:1234:S1", "usb", "tether")),
    (("cdc_ncm", "0bda", ""), ("if:net0", "", "")),
    (("cdc_mbim", "2cb7", "wwan"), ("if:net0", "", "modem")),
    (("qmi_wwan", "1199", "wwan"), ("if:net0", "", "modem")),
    (("cdc_ether", "12d1", "wwan"), ("if:net0", "", "modem")),
    (("", "", "bluetooth"), ("if:net0", "bluetooth", "bluetooth")),
    (("e1000e", "", ""), ("if:net0", "", "")),
    (("r8152", "0bda", ""), ("if:net0", "", "")),
]


@pytest.mark.parametrize(("told", "expected"), DRIVERS)
def test_without_any_service_driver_and_maker_tell(
    told: tuple[str, str, str], expected: tuple[str, str, str]
) -> None:
    driver, vendor, devtype = told
    usb = (vendor, "1234", "S1") if vendor else ()
    network = of("net0", Hardware(driver, devtype, *usb))
    assert (network.key, network.tether, network.metered_by) == expected
    assert network.metered is (bool(network.metered_by) or None)


def test_a_usb_device_of_unknown_make_is_a_phone_when_its_lease_says_so() -> None:
    connection = Connection("usb0", ETHERNET, UUID, metered=METERED_GUESS_YES)
    gadget = Hardware("rndis_host", vendor="0525", product="a4a2")
    network = of(connection, gadget)
    # The key is the same before the lease: no byte of it belongs to something else.
    assert network.key == of("usb0", gadget).key == "usb:0525:a4a2"
    assert (network.tether, network.metered_by) == ("usb", "guess")


def test_a_phone_by_cable_is_called_by_its_maker() -> None:
    connection = Connection("usb0", ETHERNET, UUID, name="Wired connection 2")
    phone = Hardware("rndis_host", vendor="04e8", product="6863")
    assert of(connection, phone).name == "Samsung"
    assert of(connection, replace(phone, vendor="0525")).name == "Wired connection 2"


def test_a_hotspot_is_known_by_its_router_or_by_its_word() -> None:
    assert wifi(gateways=IPHONE).tether == "wifi/apple"
    assert wifi(metered=METERED_GUESS_YES).tether == "wifi"
    assert wifi(metered=METERED_YES).tether == ""
    assert wifi(gateways=IPHONE, addresses=("172.20.10.3/28",)).tether == "wifi/apple"
    assert wifi(gateways=IPHONE, addresses=("172.20.10.3/24", "x/")).tether == ""
    assert wifi(gateways=("172.20.10.16", "fe80::1", "nonsense")).tether == ""
    for kind in (ETHERNET, VETH):
        cable = Connection("eth0", kind, UUID, metered=METERED_GUESS_YES)
        assert of(cable).tether == "ethernet"
    assert of(Connection("eth0", ETHERNET, UUID)).tether == ""


def test_two_serial_numbers_of_odd_characters_are_two_phones() -> None:
    keys = {
        of("usb0", Hardware("ipheth", vendor="05ac", product="12a8", serial=each)).key
        for each in ("a b", "a\u0000b", "a/b", "")
    }
    assert len(keys) == 4
