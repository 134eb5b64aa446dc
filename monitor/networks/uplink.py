"""What a device is attached to: values as their sources say them, and a network.

A network is what costs money: a SIM profile, a Wi-Fi network, a phone's tether, a
cable. Names, SSIDs and identifiers come from outside and are hostile until escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# NMMetered of NetworkManager (nm-dbus-interface.h).
METERED_UNKNOWN: Final = 0
METERED_YES: Final = 1
METERED_NO: Final = 2
METERED_GUESS_YES: Final = 3
METERED_GUESS_NO: Final = 4

NM_WIFI: Final = 2
"""NMDeviceType of a Wi-Fi device, from the same file."""

# What a network is.
SIM: Final = "sim"
WIFI: Final = "wifi"
ETHERNET: Final = "ethernet"
USB: Final = "usb"
BLUETOOTH: Final = "bluetooth"
INTERFACE: Final = "interface"
"""Nothing but the name of the interface is known."""

CONFIG: Final = "config"
"""The person said so; nobody knows better."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A device as NetworkManager has it.

    Attributes:
        device: the kernel's name (`IpInterface`, for a modem not `Interface`).
        kind: NMDeviceType.
        uuid: of the connection that is active or being made; empty without one.
        name: what the person called that.
        metered: NMMetered.
        ssid: raw; empty on what is no Wi-Fi.
        is_access_point: this machine is the hotspot.
        gateways: addresses of the routers, of both families.
        addresses: its own of IPv4, each with the length of its prefix.
        udi: for a modem its object path in ModemManager, which may be gone.
    """

    device: str
    kind: int = 0
    uuid: str = ""
    name: str = ""
    metered: int = METERED_UNKNOWN
    ssid: bytes = b""
    is_access_point: bool = False
    gateways: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    udi: str = ""


@dataclass(frozen=True, slots=True)
class SavedWifi:
    """A Wi-Fi network that NetworkManager may join by itself.

    Attributes:
        uuid: of the connection.
        name: what the person called it.
        ssid: raw.
        metered: NMMetered, as the connection says.
    """

    uuid: str
    name: str
    ssid: bytes
    metered: int = METERED_UNKNOWN


@dataclass(frozen=True, slots=True)
class Connections:
    """What NetworkManager says; nothing without it.

    Attributes:
        devices: all that it knows.
        in_range: SSIDs of saved networks that are heard now; those of neighbours
            are nobody's business, and come and go all the time.
        saved: networks that could be joined.
    """

    devices: tuple[Connection, ...] = ()
    in_range: frozenset[bytes] = frozenset()
    saved: tuple[SavedWifi, ...] = ()


@dataclass(frozen=True, slots=True)
class Bearer:
    """A packet data connection of a modem.

    Attributes:
        device: the kernel's name of its interface.
        is_connected: whether it carries data now.
        counted: bytes received and sent as the modem counted them in this connection;
            None where it does not count.
        since_s: UTC second at which that began; None when unknown.
    """

    device: str
    is_connected: bool = False
    counted: tuple[int, int] | None = None
    since_s: int | None = None


@dataclass(frozen=True, slots=True)
class Modem:
    """A modem as ModemManager has it.

    Attributes:
        path: its object path: another one after each restart, never a key.
        iccid: of the profile that is enabled; empty without a SIM.
        eid: of the eSIM; empty where there is none, or the modem does not say.
        home: PLMN and name of the SIM's operator.
        operator: PLMN and name of the network that it is registered with.
        registration: MMModem3gppRegistrationState.
        bearers: its data connections.
    """

    path: str
    iccid: str = ""
    eid: str = ""
    home: tuple[str, str] = ("", "")
    operator: tuple[str, str] = ("", "")
    registration: int = 0
    bearers: tuple[Bearer, ...] = ()


@dataclass(frozen=True, slots=True)
class Hardware:
    """What sysfs says of a device.

    Attributes:
        driver: of the device; empty for what is virtual.
        devtype: `wwan`, `wlan`, `bluetooth` …, as its uevent says.
        vendor: idVendor of a USB device, four hex digits; empty without one.
        product: idProduct, the same way.
        serial: of the USB device; empty where it has none.
        is_wireless: whether it is Wi-Fi.
    """

    driver: str = ""
    devtype: str = ""
    vendor: str = ""
    product: str = ""
    serial: str = ""
    is_wireless: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """What a device is attached to.

    Attributes:
        key: the same whenever this network is met again: `sim:ICCID`, `wifi:UUID`,
            `ethernet:UUID`, `bluetooth:UUID`, `usb:VENDOR:PRODUCT:SERIAL`; `if:NAME`
            when nothing is known.
        kind: `SIM` …, as above.
        name: what people call it: SSID, connection, operator; empty when nobody does.
        metered: whether its bytes cost; None when nobody knows.
        metered_by: who says so, `config`, `networkmanager`, `guess` or a rule of our
            own: `modem`, `iphone`, `tether`, `bluetooth`; empty when nobody does.
        uuid: of the connection in NetworkManager.
        ssid: raw.
        tether: how another device's connection is shared, and whose: `usb`,
            `usb/apple`, `wifi`, `wifi/apple`, `bluetooth`, `ethernet`; empty when it
            is none.
        iccid: of the SIM profile.
        eid: of its eSIM.
        operator_code: PLMN of the network that it is registered with.
        operator_name: the name of that.
        mcc: mobile country code, empty when unknown.
        roaming: as the modem says; None when unknown.
    """

    key: str
    kind: str = INTERFACE
    name: str = ""
    metered: bool | None = None
    metered_by: str = ""
    uuid: str = ""
    ssid: bytes = b""
    tether: str = ""
    iccid: str = ""
    eid: str = ""
    operator_code: str = ""
    operator_name: str = ""
    mcc: str = ""
    roaming: bool | None = None
