"""What is at the other end of a device: a carrier, a phone, a cable.

Pure. Told by drivers and makers, by NetworkManager and ModemManager, and by what only
an iPhone does.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address, ip_interface
from typing import Final, NamedTuple

from monitor.networks.uplink import (
    METERED_GUESS_YES,
    NM_WIFI,
    Connection,
    Hardware,
    Modem,
)

# NMDeviceType of NetworkManager (nm-dbus-interface.h).
_NM_BLUETOOTH: Final = 5
_NM_MODEM: Final = 8
_NM_CABLES: Final = (1, 20)  # Ethernet, and veth: a container's uplink

_MODEM_DRIVERS: Final = frozenset(
    {
        *("cdc_mbim", "qmi_wwan", "huawei_cdc_ncm", "sierra_net", "hso"),
        *("mtk_t7xx", "iosm", "mhi_net", "mhi_wwan_mbim"),
    }
)
_IPHONE: Final = "ipheth"
_RNDIS: Final = "rndis_host"
_AMBIGUOUS: Final = ("cdc_ncm", "cdc_ether", "cdc_eem")
"""Phones speak them, and docks and adapters: the maker decides."""
_APPLE: Final = "05ac"
PHONES: Final = {
    _APPLE: "Apple",
    "18d1": "Google",
    "04e8": "Samsung",
    "2717": "Xiaomi",
    "22b8": "Motorola",
    "0fce": "Sony",
    "2a70": "OnePlus",
    "12d1": "Huawei",
    "0e8d": "MediaTek",
    "22d9": "OPPO",
    "2d95": "vivo",
    "1004": "LG",
    "0bb4": "HTC",
    "2ae5": "Fairphone",
}
"""Makers by idVendor (usb.org): who also sells network adapters is left out."""
_HOTSPOT: Final = IPv4Network("172.20.10.0/28")
"""What every iPhone gives to those behind it; NetworkManager does not know that."""


class Device(NamedTuple):
    """All that is said of one device.

    Attributes:
        name: the kernel's.
        hardware: as sysfs says.
        connection: as NetworkManager says.
        modem: as ModemManager says; None for what is none.
    """

    name: str
    hardware: Hardware
    connection: Connection
    modem: Modem | None

    @property
    def is_modem(self) -> bool:
        """Whether a carrier is at the other end."""
        hardware = self.hardware
        return (
            self.modem is not None
            or self.connection.kind == _NM_MODEM
            or hardware.devtype == "wwan"
            or hardware.driver in _MODEM_DRIVERS
        )

    @property
    def is_bluetooth(self) -> bool:
        """Whether it is a phone's, by Bluetooth."""
        by_kernel = self.hardware.devtype == "bluetooth"
        return by_kernel or self.connection.kind == _NM_BLUETOOTH

    @property
    def is_wifi(self) -> bool:
        """Whether it is Wi-Fi."""
        return self.connection.kind == NM_WIFI or self.hardware.is_wireless

    @property
    def is_cable(self) -> bool:
        """Whether it is Ethernet, or a container's."""
        return self.connection.kind in _NM_CABLES

    @property
    def is_usb(self) -> bool:
        """Whether it is a USB device that shares its connection, as far as one sees."""
        if self.modem is not None:
            return False
        driver = self.hardware.driver
        is_plain = driver in _AMBIGUOUS and not self.is_modem
        return driver in (_IPHONE, _RNDIS) or (is_plain and self.is_phone)

    @property
    def is_phone(self) -> bool:
        """Whether a maker of phones made it."""
        return self.hardware.vendor in PHONES or self.hardware.driver == _IPHONE

    @property
    def is_behind_iphone(self) -> bool:
        """Whether its router is an iPhone, and no company that has more of 172.20."""
        connection = self.connection
        if not any(_is_in_hotspot(gateway) for gateway in connection.gateways):
            return False
        own = connection.addresses
        return not own or any(_is_of_hotspot(address) for address in own)


def tether(device: Device) -> str:
    """How another device's connection is used here, as `Network.tether` says.

    A guess of NetworkManager that bytes cost is the word of a phone: of its lease, or
    of its beacons.
    """
    told = device.connection.metered == METERED_GUESS_YES
    if device.is_usb:
        is_apple = device.hardware.vendor == _APPLE or device.hardware.driver == _IPHONE
        how = "usb/apple" if is_apple else "usb"
        return how if device.is_phone or told else ""
    if device.is_modem:
        return ""
    if device.is_bluetooth:
        return "bluetooth"
    if device.is_wifi:
        if device.is_behind_iphone:
            return "wifi/apple"
        return "wifi" if told else ""
    is_shared = device.is_cable and (told or device.is_behind_iphone)
    return "ethernet" if is_shared else ""


def own_rule(device: Device) -> str:
    """Which rule of ours says that its bytes cost, as `Network.metered_by` has it.

    NetworkManager cannot know these. Empty when none does.
    """
    if device.is_modem and not device.is_usb:
        return "modem"
    if tether(device) == "usb/apple" or device.is_behind_iphone:
        return "iphone"
    if device.is_usb and device.is_phone:
        return "tether"
    return "bluetooth" if device.is_bluetooth else ""


def _is_in_hotspot(gateway: str) -> bool:
    try:
        return ip_address(gateway) in _HOTSPOT
    except ValueError:
        return False


def _is_of_hotspot(address: str) -> bool:
    try:
        return ip_interface(address).network == _HOTSPOT
    except ValueError:
        return False
