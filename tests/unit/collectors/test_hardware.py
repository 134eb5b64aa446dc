"""Hardware in a tree that looks like sysfs, and in the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.collectors.hardware import collect, parse_devtype
from monitor.networks.uplink import Hardware

if TYPE_CHECKING:
    from pathlib import Path


def plug_in(tmp_path: Path, name: str, driver: str = "", **files: str) -> Path:
    """A device on a USB bus; returns the folder of all devices."""
    usb = tmp_path / "devices" / "pci0" / "usb1" / f"1-{name}"
    interface = usb / "1-1:1.0"
    interface.mkdir(parents=True)
    device = tmp_path / "net" / name
    device.mkdir(parents=True)
    uevent = files.pop("uevent", "")
    (device / "uevent").write_text(f"{uevent}\nINTERFACE={name}\nIFINDEX=7\n")
    for file, text in files.items():
        (usb / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    if driver:
        home = tmp_path / "drivers" / driver
        home.mkdir(parents=True, exist_ok=True)
        (interface / "driver").symlink_to(home)
    (device / "device").symlink_to(interface)
    return tmp_path / "net"


def test_a_phone_is_found_above_the_interface_that_it_offers(tmp_path: Path) -> None:
    ids = {"idVendor": "04E8\n", "idProduct": "6863\n", "serial": "R58M1234\n"}
    root = plug_in(tmp_path, "usb0", "rndis_host", **ids)
    assert collect("usb0", root) == Hardware(
        "rndis_host", "", "04e8", "6863", "R58M1234", is_wireless=False
    )


def test_a_modem_and_wifi_say_what_they_are(tmp_path: Path) -> None:
    root = plug_in(tmp_path, "wwan0", "cdc_mbim", uevent="DEVTYPE=wwan")
    assert collect("wwan0", root) == Hardware("cdc_mbim", "wwan")
    plug_in(tmp_path, "wlan0", "iwlwifi", uevent="DEVTYPE=wlan")
    assert collect("wlan0", root).is_wireless
    (root / "wwan0" / "phy80211").mkdir()
    assert collect("wwan0", root).is_wireless


def test_what_is_virtual_gone_or_no_name_has_no_hardware(tmp_path: Path) -> None:
    root = plug_in(tmp_path, "eth0")
    (root / "eth0" / "device").unlink()
    for name in ("eth0", "gone", "../net/eth0", "..", "/"):
        assert collect(name, root) == Hardware()


@pytest.mark.parametrize("number", ["", "04e", "04e80", "../x", "04\u0665", "\udcff"])
def test_what_is_no_number_of_a_maker_is_left_out(tmp_path: Path, number: str) -> None:
    root = plug_in(tmp_path, "usb0", "ipheth", idVendor=number, serial="x" * 9000)
    found = collect("usb0", root)
    assert (found.driver, found.vendor, found.product) == ("ipheth", "", "")
    assert found.serial == "x" * 126


def test_a_uevent_without_a_type_has_none() -> None:
    assert parse_devtype("") == parse_devtype("INTERFACE=DEVTYPE\n=x") == ""
    assert parse_devtype("A=b\nDEVTYPE=wlan\n") == "wlan"


def test_the_loopback_of_this_machine_is_no_hardware() -> None:
    assert collect("lo") == Hardware()
