"""Devices, connections and Wi-Fi networks in range, from NetworkManager.

Unit: none; names, identifiers, NMMetered.
Scope: the devices of NetworkManager's network namespace, managed or not.
Privilege: none; a connection that belongs to one user alone is hidden from the others.
Cost: one call after a signal that counts (100 objects: 4 ms), and one more for each
  saved connection when those changed. The strength of signals, which changes all the
  time, is not even heard.
Since: NetworkManager 1.4 (object manager).
Source: nm-dbus-interface.h and the D-Bus API reference: Device, Connection.Active,
  AccessPoint, IP4Config, Settings.

A device belongs to a network from the start of its activation, so that the bytes of
DHCP do. What was set up by others, and is only shown by NetworkManager as a connection,
has a UUID that it makes up anew each time: that is no network's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.collectors.following import Follower
from monitor.collectors.objects import (
    Facts,
    Objects,
    Watch,
    texts,
    wanted_for,
    weigh,
)
from monitor.collectors.services import Signal, Source, Wanted, Weight
from monitor.networks.uplink import Connection, Connections, SavedWifi

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.dbus import Bus

NAME: Final = "org.freedesktop.NetworkManager"
OBJECTS_PATH: Final = "/org/freedesktop"
SETTINGS_PATH: Final = "/org/freedesktop/NetworkManager/Settings"
SETTINGS: Final = f"{NAME}.Settings"
PROFILE: Final = f"{SETTINGS}.Connection"
DEVICE: Final = f"{NAME}.Device"
WIRELESS: Final = f"{DEVICE}.Wireless"
ACTIVE: Final = f"{NAME}.Connection.Active"
ACCESS_POINT: Final = f"{NAME}.AccessPoint"
IP4: Final = f"{NAME}.IP4Config"
IP6: Final = f"{NAME}.IP6Config"

_LONGEST_NAME: Final = 15  # IFNAMSIZ without its NUL
_LONGEST_SSID: Final = 32  # IEEE 802.11
_LONGEST_UUID: Final = 64
_LONGEST_ADDRESS: Final = 45  # INET6_ADDRSTRLEN without its NUL
_MOST_PROFILES: Final = 256
_MODE_AP: Final = 3  # NM_802_11_MODE_AP
_EXTERNAL: Final = 0x80  # NM_ACTIVATION_STATE_FLAG_EXTERNAL
_WIFI: Final = "802-11-wireless"
_SAVING: Final = ("NewConnection", "ConnectionRemoved", "Updated", "Removed")

WATCHES: Final = (
    Watch(
        DEVICE,
        stirs=frozenset(
            {
                *("State", "ActiveConnection", "Metered", "Ip4Config", "Ip6Config"),
                *("Interface", "IpInterface", "Udi"),
            }
        ),
        reads=frozenset({"DeviceType"}),
        coming=Weight.STIR,
    ),
    Watch(
        WIRELESS,
        stirs=frozenset({"ActiveAccessPoint", "Mode"}),
        reads=frozenset({"AccessPoints"}),
    ),
    Watch(
        ACTIVE,
        stirs=frozenset({"Uuid"}),
        reads=frozenset({"Id", "SpecificObject", "StateFlags"}),
    ),
    Watch(IP4, frozenset({"Gateway"}), frozenset({"AddressData"})),
    Watch(IP6, frozenset({"Gateway"}), frozenset()),
)


def parse(tree: object, saved: Iterable[SavedWifi] = ()) -> Connections:
    """What NetworkManager's objects say.

    Args:
        tree: properties by path and interface, as D-Bus gives them.
        saved: networks that could be joined: of those in range only these are told.
    """
    objects = Objects(tree)
    devices = (
        _connection(objects, path, device) for path, device in objects.having(DEVICE)
    )
    points = (point for _, point in objects.having(ACCESS_POINT))
    heard = frozenset(point.octets("Ssid", _LONGEST_SSID) for point in points)
    known = tuple(sorted(saved, key=lambda each: each.uuid))
    return Connections(
        devices=tuple(
            sorted((each for each in devices if each.device), key=lambda d: d.device)
        ),
        in_range=heard & {each.ssid for each in known},
        saved=known,
    )


def _connection(objects: Objects, path: str, device: Facts) -> Connection:
    name = device.text("IpInterface", _LONGEST_NAME)
    active = objects.of(device.path("ActiveConnection"), ACTIVE)
    wireless = objects.of(path, WIRELESS)
    point = wireless.path("ActiveAccessPoint") or active.path("SpecificObject")
    is_own = not active.number("StateFlags") & _EXTERNAL
    ip4 = objects.of(device.path("Ip4Config"), IP4)
    ip6 = objects.of(device.path("Ip6Config"), IP6)
    gateways = (config.text("Gateway", _LONGEST_ADDRESS) for config in (ip4, ip6))
    return Connection(
        device=name or device.text("Interface", _LONGEST_NAME),
        kind=device.number("DeviceType"),
        uuid=active.text("Uuid", _LONGEST_UUID) if is_own else "",
        name=active.text("Id") if is_own else "",
        metered=device.number("Metered"),
        ssid=objects.of(point, ACCESS_POINT).octets("Ssid", _LONGEST_SSID),
        is_access_point=wireless.number("Mode") == _MODE_AP,
        gateways=tuple(gateway for gateway in gateways if gateway),
        addresses=tuple(
            f"{each.text('address', _LONGEST_ADDRESS)}/{each.number('prefix')}"
            for each in ip4.each("AddressData")
        ),
        udi=device.text("Udi"),
    )


def parse_profile(settings: object) -> SavedWifi | None:
    """One saved connection.

    Args:
        settings: as GetSettings gives them.

    Returns:
        None for what is no Wi-Fi network that may be joined by itself.
    """
    groups: Mapping[object, object] = settings if isinstance(settings, dict) else {}
    connection, wifi = Facts(groups.get("connection")), Facts(groups.get(_WIFI))
    uuid, ssid = (
        connection.text("uuid", _LONGEST_UUID),
        wifi.octets("ssid", _LONGEST_SSID),
    )
    mode = wifi.text("mode") or "infrastructure"
    joins = connection.flag("autoconnect", default=True) and mode == "infrastructure"
    if connection.text("type") != _WIFI or not (joins and uuid and ssid):
        return None
    return SavedWifi(uuid, connection.text("id"), ssid, connection.number("metered"))


class _Source(Source[Connections]):
    """NetworkManager; its saved connections are asked for when they changed."""

    service = NAME
    wanted = (
        *wanted_for(WATCHES, OBJECTS_PATH),
        Wanted(SETTINGS, SETTINGS_PATH),
        Wanted(PROFILE, SETTINGS_PATH),
    )
    unknown = Connections()

    def __init__(self) -> None:
        """Begin without any."""
        self._saved: tuple[SavedWifi, ...] = ()
        self._saved_edition = -1
        self._edition = 0

    def forget(self) -> None:
        """The saved connections are another service's."""
        self._edition += 1

    def weigh(self, signal: Signal) -> Weight:
        """Look at the device's signals, and at which connections are saved."""
        if signal.interface in (SETTINGS, PROFILE):
            if signal.member not in _SAVING:
                return Weight.IGNORE
            self._edition += 1
            return Weight.READ
        return weigh(signal, WATCHES)

    def read(self, bus: Bus) -> Connections:
        """All objects in one call."""
        from monitor.dbus import managed_objects  # noqa: PLC0415 - jeepney, 3.5 MB

        edition = self._edition
        if edition != self._saved_edition:
            self._saved = _read_saved(bus)
            self._saved_edition = edition  # a signal meanwhile made another one
        return parse(managed_objects(bus, NAME, OBJECTS_PATH), self._saved)


def _read_saved(bus: Bus) -> tuple[SavedWifi, ...]:
    """All saved Wi-Fi networks that this user may see."""
    from jeepney import DBusAddress, new_method_call  # noqa: PLC0415 - as above

    from monitor.dbus import CallError  # noqa: PLC0415 - as above

    settings = DBusAddress(SETTINGS_PATH, bus_name=NAME, interface=SETTINGS)
    (paths,) = bus.call(new_method_call(settings, "ListConnections"))
    found = []
    for path in texts(paths)[:_MOST_PROFILES]:
        asked = DBusAddress(path, bus_name=NAME, interface=PROFILE)
        try:
            (profile,) = bus.call(new_method_call(asked, "GetSettings"))
        except CallError:  # deleted meanwhile, or another user's
            continue
        found.append(parse_profile(profile))
    return tuple(each for each in found if each is not None)


def follow(address: str) -> Follower[Connections]:
    """Keep up with NetworkManager.

    Args:
        address: of the system bus.
    """
    return Follower(_Source(), address)
