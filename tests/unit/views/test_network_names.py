"""Networks as people read them, and what they may type to mean one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.errors import UsageError
from monitor.networks.uplink import BLUETOOTH, SIM, WIFI, Network
from monitor.store.networks import Met
from monitor.views.names import columns
from monitor.views.network_names import (
    called,
    find_network,
    names_of,
    operator_text,
    plain_name,
    what_it_is,
)
from tests.networking import CABLE, ESIM, ICCID, TETHER, attachment, wifi

LOOKS = [
    (ESIM, "eSIM …4321 Airalo"),
    (replace(ESIM, eid="", name=""), "SIM …4321 Jazz"),
    (Network("sim:", SIM), "SIM"),
    (wifi(b"Anna's iPhone"), 'Wi-Fi "Anna\'s iPhone"'),
    (wifi("Café 5G".encode()), 'Wi-Fi "Café 5G"'),
    (wifi(b" "), 'Wi-Fi " "'),
    (wifi(b""), "Wi-Fi profile 1"),
    (Network("wifi:x", WIFI), "Wi-Fi"),
    (CABLE, "Ethernet Wired connection 1"),
    (TETHER, "USB tether Samsung"),
    (Network("bluetooth:x", BLUETOOTH, "Anna"), "Bluetooth Anna"),
    (Network("if:wwan0"), "interface wwan0"),
    (Network("x:1", "telepathy", "Anna"), "telepathy Anna"),
]
HOSTILE = [
    b"\0" * 32,
    b"\x1b]0;own\x07\x1b[2J\x1b[31m",
    "\u202egnp.exe\u2066".encode(),
    b"\xff\xfe\xe2\x28\xa1" * 6,
    b"one\ntwo\r\tthree",
    ("a" + "\u0301" * 15).encode(),
    "电".encode() * 10,
    b'" plan pk pays (',
    b"%s{}$(reboot)`id`",
]


@pytest.mark.parametrize(("network", "text"), LOOKS, ids=[text for _, text in LOOKS])
def test_a_network_is_what_it_is_and_what_others_call_it(
    network: Network, text: str
) -> None:
    assert what_it_is(network) == called(Met(network)) == text


@pytest.mark.parametrize("ssid", HOSTILE, ids=[repr(each[:12]) for each in HOSTILE])
def test_a_hostile_name_is_harmless_short_and_not_empty(ssid: bytes) -> None:
    for network in (
        wifi(ssid),
        Network("wifi:x", WIFI, ssid.decode("utf-8", "surrogateescape")),
        Network("sim:x", SIM, operator_name=ssid.decode("utf-8", "surrogateescape")),
    ):
        text = what_it_is(network)
        assert text.isprintable()
        assert len(text) > len("Wi-Fi")
        assert columns(text) <= 80
        assert plain_name(network).encode("utf-8", "surrogateescape") == ssid


def test_bytes_that_are_no_text_are_shown_as_bytes() -> None:
    assert what_it_is(wifi(b"caf\xe9")) == 'Wi-Fi "caf\\xe9"'
    assert what_it_is(wifi(b"\x1b[31mred")) == 'Wi-Fi "\\x1b[31mred"'


def test_a_name_of_ones_own_comes_first() -> None:
    assert called(Met(ESIM, "Travel")) == "Travel (eSIM …4321)"
    assert called(Met(wifi(b"\xff"), "Phone")) == "Phone (Wi-Fi)"


def test_what_would_look_the_same_is_told_apart() -> None:
    many = [Met(wifi(b"\0" * (length + 1), length + 1)) for length in range(32)]
    twins = [Met(wifi(b"home", number)) for number in (65, 66)]
    other = replace(ESIM, key="sim:8944500999999994321", iccid="8944500999999994321")
    # A byte that is no text, and somebody who spells it out.
    forged = [Met(wifi(b"\xff", 67)), Met(wifi(b"\\xff", 68))]
    found = [*many, *twins, *forged, Met(ESIM), Met(other), Met(CABLE)]
    names = names_of(found)
    assert set(names) == {each.network.key for each in found}
    assert len(set(names.values())) == len(found)
    assert names[CABLE.key] == what_it_is(CABLE)
    assert names[twins[0].network.key] == 'Wi-Fi …00000041 "home"'
    alike = [Met(replace(ESIM, key=f"{key}:{ICCID}")) for key in ("sim", "old")]
    assert len(set(names_of(alike).values())) == 2


def test_the_network_that_a_sim_is_registered_with() -> None:
    assert operator_text(ESIM) == "410 Jazz"
    assert operator_text(replace(ESIM, operator_name="")) == "410 41001"
    assert operator_text(CABLE) == ""


HOME = wifi(b"home")
KNOWN = [
    Met(ESIM, "Travel", attachment(ESIM, "wwan0")),
    Met(HOME, "", attachment(HOME, "wlan0")),
    Met(wifi(b"home", 2), "Cellar", attachment(wifi(b"home", 2), "wlan0")),
    Met(wifi(b"caf\xe9", 3)),
    Met(CABLE, "", attachment(CABLE, "eth0")),
    Met(Network("if:usb0")),
]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ESIM.key, ESIM.key),
        (ICCID, ESIM.key),
        ("Travel", ESIM.key),
        ("Travel (eSIM …4321)", ESIM.key),
        ("eSIM …4321 Airalo", ESIM.key),
        ("wwan0", ESIM.key),
        (HOME.uuid, HOME.key),
        ("Cellar", wifi(b"", 2).key),
        ("caf\\xe9", wifi(b"", 3).key),
        ("caf\udce9", wifi(b"", 3).key),
        ("Wired connection 1", CABLE.key),
        ("usb0", "if:usb0"),
    ],
)
def test_a_network_is_found_by_whatever_it_is_called(text: str, key: str) -> None:
    assert find_network(KNOWN, text).network.key == key


def test_what_means_several_networks_or_none_is_refused_with_what_to_type() -> None:
    for text in ("home", "wlan0"):
        with pytest.raises(UsageError, match=f"{HOME.key}.*Use a key"):
            find_network(KNOWN, text)
    for text in ("", "nosuch", "sim:", "4321"):
        with pytest.raises(UsageError, match="esimmon networks --all --long"):
            find_network(KNOWN, text)
