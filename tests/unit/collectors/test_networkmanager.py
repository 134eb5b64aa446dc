"""NetworkManager's devices, Wi-Fi and saved connections, as values."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.collectors.networkmanager import (
    ACCESS_POINT,
    ACTIVE,
    DEVICE,
    IP4,
    IP6,
    WIRELESS,
    parse,
    parse_profile,
)
from monitor.networks.uplink import (
    METERED_GUESS_NO,
    METERED_NO,
    Connection,
    Connections,
    SavedWifi,
)

ROOT = "/org/freedesktop/NetworkManager"
WLAN, POINT, JOINED = f"{ROOT}/Devices/1", f"{ROOT}/AccessPoint/1", f"{ROOT}/Active/1"
UUID = "2d0b1f0e-7f5c-4d0a-9a55-3a1d6d1c0001"

Tree = dict[str, dict[str, dict[str, tuple[str, Any]]]]


def tree() -> Tree:
    """A laptop on a Wi-Fi network, as GetManagedObjects gives it."""
    return {
        WLAN: {
            DEVICE: {
                "Interface": ("s", "wlan0"),
                "IpInterface": ("s", "wlan0"),
                "DeviceType": ("u", 2),
                "State": ("u", 100),
                "Metered": ("u", METERED_GUESS_NO),
                "ActiveConnection": ("o", JOINED),
                "Ip4Config": ("o", "/ip4"),
                "Ip6Config": ("o", "/ip6"),
                "Udi": ("s", "/sys/devices/x"),
            },
            WIRELESS: {"Mode": ("u", 2), "ActiveAccessPoint": ("o", POINT)},
        },
        POINT: {ACCESS_POINT: {"Ssid": ("ay", b"Caf\xe9"), "Strength": ("y", 70)}},
        JOINED: {
            ACTIVE: {
                "Id": ("s", "the cafe"),
                "Uuid": ("s", UUID),
                "SpecificObject": ("o", POINT),
                "StateFlags": ("u", 0x1C),
                "State": ("u", 2),
            }
        },
        "/ip4": {
            IP4: {
                "Gateway": ("s", "172.20.10.1"),
                "AddressData": (
                    "aa{sv}",
                    [{"address": ("s", "172.20.10.3"), "prefix": ("u", 28)}],
                ),
            }
        },
        "/ip6": {IP6: {"Gateway": ("s", "fe80::1")}},
    }


JOINED_CAFE = Connection(
    "wlan0",
    kind=2,
    uuid=UUID,
    name="the cafe",
    metered=METERED_GUESS_NO,
    ssid=b"Caf\xe9",
    gateways=("172.20.10.1", "fe80::1"),
    addresses=("172.20.10.3/28",),
    udi="/sys/devices/x",
)


def only(given: Tree) -> Connection:
    """The one device of a tree."""
    (device,) = parse(given).devices
    return device


def test_a_device_has_its_connection_its_ssid_and_its_routers() -> None:
    assert parse(tree()) == Connections((JOINED_CAFE,))


def test_from_the_start_of_activation_a_device_belongs_to_a_network() -> None:
    given = tree()
    for state in (40, 50, 70, 100, 110):
        given[WLAN][DEVICE]["State"] = ("u", state)
        assert only(given).uuid == UUID
    given[WLAN][DEVICE]["ActiveConnection"] = ("o", "/")
    given[WLAN][WIRELESS]["ActiveAccessPoint"] = ("o", "/")
    assert (only(given).uuid, only(given).ssid) == ("", b"")


def test_before_the_access_point_is_chosen_the_connection_names_it() -> None:
    given = tree()
    given[WLAN][WIRELESS]["ActiveAccessPoint"] = ("o", "/")
    assert only(given).ssid == b"Caf\xe9"


def test_a_modem_is_the_interface_that_carries_its_packets() -> None:
    given = tree()
    given[WLAN][DEVICE] |= {
        "Interface": ("s", "cdc-wdm0"),
        "IpInterface": ("s", "ppp0"),
    }
    assert only(given).device == "ppp0"
    given[WLAN][DEVICE]["IpInterface"] = ("s", "")
    assert only(given).device == "cdc-wdm0"


def test_what_others_set_up_has_no_uuid_that_lasts() -> None:
    given = tree()
    given[JOINED][ACTIVE]["StateFlags"] = ("u", 0x80 | 0x1C)
    assert (only(given).uuid, only(given).name) == ("", "")


def test_this_machine_can_be_the_hotspot() -> None:
    given = tree()
    given[WLAN][WIRELESS]["Mode"] = ("u", 3)
    assert only(given).is_access_point


@pytest.mark.parametrize(
    ("path", "interface", "name", "value"),
    [
        (WLAN, DEVICE, "IpInterface", ("s", "x" * 16)),
        (WLAN, DEVICE, "Metered", ("s", "yes")),
        (WLAN, DEVICE, "ActiveConnection", ("u", 7)),
        (WLAN, WIRELESS, "Mode", ("b", True)),
        (POINT, ACCESS_POINT, "Ssid", ("ay", bytes(33))),
        (POINT, ACCESS_POINT, "Ssid", ("s", "text")),
        (JOINED, ACTIVE, "Uuid", ("s", "x" * 1000)),
        ("/ip4", IP4, "Gateway", ("u", 16_843_009)),
        ("/ip4", IP4, "AddressData", ("s", "x")),
    ],
)
def test_one_senseless_value_spoils_no_other(
    path: str, interface: str, name: str, value: tuple[str, Any]
) -> None:
    given = tree()
    given[path][interface][name] = value
    found = only(given)
    assert found.device == "wlan0"
    as_expected = [
        getattr(found, field) == getattr(JOINED_CAFE, field)
        for field in Connection.__dataclass_fields__
    ]
    assert as_expected.count(False) <= 3  # what hangs on a connection goes with it


def test_only_saved_networks_are_told_to_be_in_range() -> None:
    given = tree()
    given["/neighbour"] = {ACCESS_POINT: {"Ssid": ("ay", b"Neighbour")}}
    saved = [SavedWifi("b", "b", b"Far"), SavedWifi("a", "a", b"Caf\xe9")]
    found = parse(given, saved)
    assert found.in_range == {b"Caf\xe9"}
    assert [each.uuid for each in found.saved] == ["a", "b"]


def plain(given: dict[str, Any]) -> dict[str, Any]:
    """Settings as GetSettings gives them."""
    return {
        "connection": {
            "type": ("s", "802-11-wireless"),
            "uuid": ("s", UUID),
            "id": ("s", "Home"),
            **given,
        },
        "802-11-wireless": {"ssid": ("ay", b"Home"), "mode": ("s", "infrastructure")},
    }


def test_a_saved_network_is_one_that_may_be_joined_by_itself() -> None:
    home = SavedWifi(UUID, "Home", b"Home")
    assert parse_profile(plain({})) == home
    metered = plain({"metered": ("i", METERED_NO), "autoconnect": ("b", True)})
    assert parse_profile(metered) == SavedWifi(UUID, "Home", b"Home", METERED_NO)
    without_mode = plain({})
    del without_mode["802-11-wireless"]["mode"]
    assert parse_profile(without_mode) == home


@pytest.mark.parametrize(
    "more",
    [
        {"autoconnect": ("b", False)},
        {"type": ("s", "802-3-ethernet")},
        {"uuid": ("s", "")},
    ],
)
def test_what_is_not_joined_by_itself_is_not_told(more: dict[str, Any]) -> None:
    assert parse_profile(plain(more)) is None


def test_our_own_hotspot_is_nothing_to_join() -> None:
    hotspot = plain({})
    hotspot["802-11-wireless"]["mode"] = ("s", "ap")
    assert parse_profile(hotspot) is None
    hotspot["802-11-wireless"] = {"ssid": ("ay", b"")}
    assert parse_profile(hotspot) is None
