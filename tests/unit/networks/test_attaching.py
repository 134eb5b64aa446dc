"""What is billed, and which network a device is attached to."""

from __future__ import annotations

import pytest

from monitor.devices import Link
from monitor.networks.attaching import (
    ARPHRD_ETHER,
    ARPHRD_LOOPBACK,
    LEFT_OUT,
    InterfaceRules,
    attach,
    lowers,
)
from monitor.networks.uplink import CONFIG, SIM, WIFI, Network

ARPHRD_PPP = 512


def links(*given: Link) -> dict[int, Link]:
    """Devices by ifindex, with a loopback."""
    loopback = Link(1, "lo", ARPHRD_LOOPBACK, "", 65536)
    return {link.ifindex: link for link in (loopback, *given)}


def ether(
    ifindex: int, name: str, kind: str = "", *, master: int = 0, lower: int = 0
) -> Link:
    """An Ethernet device."""
    return Link(ifindex, name, ARPHRD_ETHER, kind, 1500, master, lower)


def billed(given: dict[int, Link], rules: InterfaceRules, *routes: str) -> set[str]:
    """Names of the devices that are billed."""
    attached = attach(given, rules, frozenset(routes)).devices.values()
    return {each.device for each in attached if each.billed}


@pytest.mark.parametrize("kind", sorted(LEFT_OUT))
def test_beside_hardware_the_guess_leaves_virtual_devices_out(kind: str) -> None:
    """They carry bytes that the hardware carries, too; even with the default route."""
    given = links(ether(2, "wlan0"), ether(3, "virtual0", kind))
    assert billed(given, InterfaceRules(), "virtual0") == {"wlan0"}


def test_a_dial_modem_is_billed() -> None:
    """PPP has nothing else beneath it."""
    given = links(Link(2, "ppp0", ARPHRD_PPP, "ppp", 1500))
    assert billed(given, InterfaceRules()) == {"ppp0"}


def test_in_a_container_the_virtual_uplink_is_billed_and_that_is_said() -> None:
    """There is no other interface."""
    given = links(ether(2, "eth0", "veth"), ether(3, "dummy0", "dummy"))
    attached = attach(given, InterfaceRules(), frozenset({"eth0"}))
    assert attached.devices[2].billed
    assert not attached.devices[3].billed
    assert "eth0" in attached.note


def test_a_port_of_a_bridge_is_no_uplink() -> None:
    """Container pairs of a machine whose modem is unplugged."""
    given = links(ether(2, "docker0", "bridge"), ether(3, "veth1", "veth", master=2))
    assert billed(given, InterfaceRules()) == set()


def test_include_overrules_the_guess_and_exclude_overrules_include() -> None:
    """Shell patterns, case-sensitive."""
    given = links(ether(2, "veth1", "veth"), ether(3, "veth2", "veth"), ether(4, "e0"))
    rules = InterfaceRules(include=("veth*",), exclude=("*2",))
    assert billed(given, rules) == {"veth1", "e0"}
    assert billed(given, InterfaceRules(include=("VETH*",))) == {"e0"}


def test_the_only_device_stays_unbilled_when_it_is_excluded() -> None:
    """The person's word wins over every guess."""
    given = links(ether(2, "eth0", "veth"))
    assert billed(given, InterfaceRules(exclude=("eth0",)), "eth0") == set()


def test_loopback_is_no_device_of_ours() -> None:
    """Not even when it is included."""
    assert attach(links(), InterfaceRules(include=("lo",)), frozenset()).devices == {}


def test_metered_is_the_persons_word_or_unknown() -> None:
    """Unmetered wins, since no alert is the smaller surprise there."""
    given = links(ether(2, "wwan0"), ether(3, "eth0"), ether(4, "wlan0"))
    rules = InterfaceRules(metered=("ww*", "eth0"), unmetered=("eth*",))
    devices = attach(given, rules, frozenset()).devices
    assert [devices[i].metered for i in (2, 3, 4)] == [True, False, None]


def test_a_device_is_attached_to_what_is_known_of_its_network() -> None:
    given = links(ether(2, "wwan0"), ether(3, "wlan0"))
    sim = Network(
        "sim:8992", SIM, "Jazz", metered=True, iccid="8992", mcc="410", roaming=True
    )
    devices = attach(given, InterfaceRules(), frozenset(), {"wwan0": sim}).devices
    where = devices[2]
    assert (where.network, where.iccid, where.mcc) == ("sim:8992", "8992", "410")
    assert (where.metered, where.roaming, where.tethered) == (True, True, False)
    assert (devices[3].network, devices[3].metered) == ("if:wlan0", None)


def test_a_tether_is_tethered_whatever_the_rules_say_of_its_interface() -> None:
    given = links(ether(2, "wlan0"))
    phone = Network("wifi:1", WIFI, uuid="1", ssid=b"\xff", tether="wifi/apple")
    where = attach(given, InterfaceRules(), frozenset(), {"wlan0": phone}).devices[2]
    assert where.tethered
    assert (where.uuid, where.ssid, where.tether) == ("1", b"\xff", "wifi/apple")


@pytest.mark.parametrize(
    ("said_of_interface", "said_by", "expected"),
    [
        (InterfaceRules(), "guess", False),
        (InterfaceRules(metered=("wlan0",)), "guess", True),
        (InterfaceRules(metered=("wlan0",)), "networkmanager", True),
        (InterfaceRules(metered=("wlan0",)), CONFIG, False),
    ],
)
def test_the_persons_word_on_a_network_is_stronger_than_on_an_interface(
    said_of_interface: InterfaceRules, said_by: str, expected: object
) -> None:
    """And both are stronger than what NetworkManager says or guesses."""
    home = Network("wifi:1", WIFI, metered=False, metered_by=said_by)
    given = links(ether(2, "wlan0"))
    found = attach(given, said_of_interface, frozenset(), {"wlan0": home})
    assert found.devices[2].metered is expected


def test_a_vlan_on_a_bond_lies_on_the_ports_of_the_bond() -> None:
    """However deep; a device that is billed itself has no lowers."""
    given = links(
        ether(2, "eth0", master=4),
        ether(3, "eth1", master=4),
        ether(4, "bond0", "bond"),
        ether(5, "bond0.7", "vlan", lower=4),
    )
    devices = attach(given, InterfaceRules(), frozenset({"bond0.7"})).devices
    assert lowers(given, devices) == {4: (2, 3), 5: (2, 3)}


def test_devices_that_name_each_other_as_lower_end() -> None:
    """A veth pair in one namespace does."""
    given = links(ether(2, "a", "veth", lower=3), ether(3, "b", "veth", lower=2))
    devices = attach(given, InterfaceRules(include=("a",)), frozenset()).devices
    assert lowers(given, devices) == {3: (2,)}


def test_a_tunnel_lies_on_nothing() -> None:
    """What it carries has another size outside: those are not the same bytes."""
    given = links(ether(2, "wwan0"), Link(3, "gre1", 778, "gre", 1476, lower=2))
    devices = attach(given, InterfaceRules(), frozenset()).devices
    assert lowers(given, devices) == {}
