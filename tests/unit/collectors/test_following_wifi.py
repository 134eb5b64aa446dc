"""A laptop on Wi-Fi, as NetworkManager tells of it while it moves."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from monitor.collectors import networkmanager
from monitor.collectors.networkmanager import follow
from monitor.networks.uplink import (
    METERED_GUESS_NO,
    METERED_NO,
    METERED_UNKNOWN,
    METERED_YES,
    Connection,
    Connections,
    SavedWifi,
)
from tests.desktop.stack import session_bus, wait_for
from tests.mocked import NEEDS, Mocked, network_manager, profile, rest, save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from monitor.collectors.following import Follower

pytestmark = pytest.mark.needs(*NEEDS)

ROOT = "/org/freedesktop/NetworkManager"
WLAN, POINT, JOINED = f"{ROOT}/Devices/1", f"{ROOT}/AccessPoint/1", f"{ROOT}/Active/1"
IP4, OTHER = f"{ROOT}/IP4Config/1", f"{ROOT}/AccessPoint/2"
UUID = "2d0b1f0e-7f5c-4d0a-9a55-3a1d6d1c0001"
SSID = b"Caf\xe9"


@contextmanager
def laptop(tmp_path: Path) -> Iterator[tuple[Follower[Connections], Mocked]]:
    """A laptop in a cafe, which is followed."""
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with follow(address) as follower, network_manager(address) as service:
            service.add(
                POINT, AccessPoint={"Ssid": ("ay", SSID), "Strength": ("y", 70)}
            )
            active = {
                "Id": ("s", "the cafe"),
                "Uuid": ("s", UUID),
                "SpecificObject": ("o", POINT),
                "StateFlags": ("u", 0x1C),
            }
            service.add(JOINED, Connection_Active=active)
            service.add(IP4, IP4Config={"Gateway": ("s", "10.0.0.1")})
            device: dict[str, tuple[str, Any]] = {
                "Interface": ("s", "wlan0"),
                "IpInterface": ("s", "wlan0"),
                "DeviceType": ("u", 2),
                "State": ("u", 100),
                "Metered": ("u", METERED_GUESS_NO),
                "ActiveConnection": ("o", JOINED),
                "Ip4Config": ("o", IP4),
                "Ip6Config": ("o", "/"),
                "Udi": ("s", ""),
            }
            wireless = {
                "Mode": ("u", 2),
                "Bitrate": ("u", 0),
                "ActiveAccessPoint": ("o", POINT),
                "AccessPoints": ("ao", [POINT]),
            }
            service.add(WLAN, Device=device, Device_Wireless=wireless)
            yield follower, service


def device(follower: Follower[Connections]) -> Connection:
    """The one device, as it is known now."""
    return next(iter(follower.take().devices), Connection(""))


def until(
    follower: Follower[Connections], is_so: Callable[[Connections], object]
) -> None:
    """Wait until that is known."""
    wait_for(lambda: is_so(follower.take()), "what NetworkManager says")


def test_a_connection_and_what_it_costs_are_followed(tmp_path: Path) -> None:
    with laptop(tmp_path) as (follower, service):
        cafe = Connection(
            *("wlan0", 2, UUID, "the cafe", METERED_GUESS_NO, SSID),
            gateways=("10.0.0.1",),
        )
        until(follower, lambda known: known == Connections((cafe,)))
        service.set(WLAN, "Device", Metered=("u", METERED_UNKNOWN))
        service.set(WLAN, "Device", Metered=("u", METERED_YES))
        wait_for(lambda: device(follower).metered == METERED_YES, "metered")
        service.set(WLAN, "Device", ActiveConnection=("o", "/"))
        wait_for(lambda: not device(follower).uuid, "no connection")


@pytest.mark.parametrize("ssid", [b"\x1b[31m", b"<b>&", bytes(32), b"\xe2\x80\xae\xff"])
def test_an_ssid_arrives_as_it_is(tmp_path: Path, ssid: bytes) -> None:
    with laptop(tmp_path) as (follower, service):
        service.add(OTHER, AccessPoint={"Ssid": ("ay", ssid)})
        service.set(WLAN, "Device.Wireless", ActiveAccessPoint=("o", OTHER))
        wait_for(lambda: device(follower).ssid == ssid, "the SSID")


def test_the_strength_of_wifi_is_not_even_heard(tmp_path: Path) -> None:
    with laptop(tmp_path) as (follower, service):
        until(follower, lambda known: known.devices)
        rest(follower)
        asked, stirred_ns = service.asked("GetManagedObjects"), follower.stirred_ns
        for strength in range(50):
            service.set(POINT, "AccessPoint", Strength=("y", strength))
            service.set(WLAN, "Device.Wireless", Bitrate=("u", strength))
        service.set(WLAN, "Device", Metered=("u", METERED_YES))
        wait_for(lambda: device(follower).metered == METERED_YES, "what counts")
        assert follower.stirred_ns > stirred_ns
        assert service.asked("GetManagedObjects") < asked + 20


def test_saved_networks_are_asked_for_when_they_change(tmp_path: Path) -> None:
    with laptop(tmp_path) as (follower, service):
        saved = SavedWifi(UUID, UUID, SSID, METERED_NO)
        save(service, home=profile(UUID, SSID, metered=("i", METERED_NO)))
        until(follower, lambda known: known.saved == (saved,))
        assert follower.take().in_range == {SSID}
        asked = service.asked("GetSettings", f"{networkmanager.SETTINGS_PATH}/home")
        service.remove(POINT, "AccessPoint")
        service.set(WLAN, "Device.Wireless", AccessPoints=("ao", [OTHER]))
        until(follower, lambda known: not known.in_range)
        again = service.asked("GetSettings", f"{networkmanager.SETTINGS_PATH}/home")
        assert again == asked


def test_another_users_connection_hides_no_other(tmp_path: Path) -> None:
    refuse = "raise dbus.exceptions.DBusException('no', name='a.PermissionDenied')"
    with laptop(tmp_path) as (follower, service):
        mine = profile(UUID, b"Mine")
        save(service, hidden=profile("x", b"Hidden"), mine=mine)
        until(follower, lambda known: len(known.saved) == 2)
        path = f"{networkmanager.SETTINGS_PATH}/hidden"
        interface = networkmanager.PROFILE
        service.answer(path, interface, "GetSettings", "", "a{sa{sv}}", refuse)
        service.emit(path, interface, "Updated")
        until(follower, lambda known: [each.ssid for each in known.saved] == [b"Mine"])
