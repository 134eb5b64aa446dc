"""Networks as a laptop meets them, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.devices import Link
from monitor.networks.attaching import ARPHRD_ETHER, InterfaceRules, attach
from monitor.networks.uplink import ETHERNET, SIM, USB, WIFI, Network

if TYPE_CHECKING:
    from monitor.usage import Attachment

ICCID = "8944500102030404321"
ESIM = Network(
    key=f"sim:{ICCID}",
    kind=SIM,
    name="Airalo",
    metered=True,
    metered_by="modem",
    iccid=ICCID,
    eid="89049032004008882600012345678901",
    operator_code="41001",
    operator_name="Jazz",
    mcc="410",
    roaming=True,
)
CABLE = Network(
    key="ethernet:9f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11",
    kind=ETHERNET,
    name="Wired connection 1",
    metered=False,
    metered_by="guess",
    uuid="9f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11",
)
TETHER = Network(
    key="usb:04e8:6863:R58M",
    kind=USB,
    name="Samsung",
    metered=True,
    metered_by="tether",
    tether="usb",
)


def wifi(ssid: bytes, number: int = 1, *, is_phone: bool = False) -> Network:
    """A Wi-Fi network; an iPhone's if that is said."""
    uuid = f"{number:08x}-3e0e-4d4b-9c0b-0d5a4f8a7c11"
    return Network(
        key=f"wifi:{uuid}",
        kind=WIFI,
        name=f"profile {number}",
        metered=is_phone,
        metered_by="iphone" if is_phone else "guess",
        uuid=uuid,
        ssid=ssid,
        tether="wifi/apple" if is_phone else "",
    )


def attachment(network: Network, device: str) -> Attachment:
    """How its bytes are booked."""
    link = Link(2, device, ARPHRD_ETHER, "", 1500)
    return attach({2: link}, InterfaceRules(), frozenset(), {device: network}).devices[
        2
    ]
