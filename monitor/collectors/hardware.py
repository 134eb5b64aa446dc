"""What kind of hardware a network device is, from /sys/class/net.

Unit: none; names of drivers, identifiers of USB devices.
Scope: the devices of the network namespace that sysfs was mounted in.
Privilege: none.
Cost: about ten small files and links of one device.
Since: `phy80211` and DEVTYPE of wwan devices are older than any kernel esimmon runs on.
Source: sysfs-class-net, sysfs-bus-usb of the kernel's ABI documentation.

What a USB device says of itself is hostile: numbers that are none are left out, the
serial number is cut to a bound, and whatever it holds.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor.networks.uplink import Hardware

_ROOT: Final = Path("/sys/class/net")
_MOST_BYTES: Final = 4096  # one page: what sysfs gives at most
_LONGEST_SERIAL: Final = 126  # a USB string descriptor has 253 bytes of UTF-16
_DEVICE_ABOVE: Final = 4  # interface, device; a phone's gadget nests no deeper
_ID: Final = re.compile(r"[0-9a-f]{4}", re.ASCII)


def collect(device: str, root: Path = _ROOT, *, ifindex: int = 0) -> Hardware:
    """Read what is known of a device; what cannot be read is empty.

    Args:
        device: the kernel's name of it.
        root: where devices are.
        ifindex: its index: a namesake in another namespace has another one. 0 for any.
    """
    folder = root / device
    if folder.parent != root:
        return Hardware()
    if ifindex and _text(folder / "ifindex") != str(ifindex):
        return Hardware()
    usb = _usb_device(folder / "device")
    devtype = parse_devtype(_text(folder / "uevent"))
    return Hardware(
        driver=_link_name(folder / "device/driver"),
        devtype=devtype,
        vendor=_id(usb / "idVendor") if usb else "",
        product=_id(usb / "idProduct") if usb else "",
        serial=_text(usb / "serial")[:_LONGEST_SERIAL] if usb else "",
        is_wireless=devtype == "wlan" or (folder / "phy80211").exists(),
    )


def parse_devtype(uevent: str) -> str:
    """The value of DEVTYPE among the lines of a uevent; empty without one.

    Args:
        uevent: `NAME=value` lines.
    """
    pairs = (line.partition("=") for line in uevent.splitlines())
    return next((value for name, _, value in pairs if name == "DEVTYPE"), "")


def _usb_device(interface: Path) -> Path | None:
    """The USB device above one of its interfaces; None for other hardware."""
    if not interface.exists():
        return None
    above = interface.resolve()
    for folder in (above, *above.parents[:_DEVICE_ABOVE]):
        if (folder / "idVendor").exists():
            return folder
    return None


def _id(file: Path) -> str:
    found = _text(file).lower()
    return found if _ID.fullmatch(found) else ""


def _link_name(link: Path) -> str:
    with suppress(OSError):
        return link.readlink().name
    return ""


def _text(file: Path) -> str:
    """What a file holds; a device that is pulled out has none."""
    with suppress(OSError), file.open("rb") as opened:
        return opened.read(_MOST_BYTES).decode("utf-8", "replace").strip()
    return ""
