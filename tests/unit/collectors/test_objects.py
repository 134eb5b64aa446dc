"""D-Bus objects of the wrong types and sizes, and which changes count."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collectors import modemmanager, networkmanager
from monitor.collectors.objects import Facts, Objects, weigh
from monitor.collectors.services import OBJECTS, PROPERTIES, Signal, Weight

NM, MM = networkmanager.NAME, modemmanager.NAME

NAMES = [
    *(networkmanager.DEVICE, networkmanager.ACTIVE, networkmanager.WIRELESS),
    *(networkmanager.ACCESS_POINT, networkmanager.IP4, modemmanager.MODEM),
    *(modemmanager.MODEM_3GPP, modemmanager.SIM, modemmanager.BEARER),
    *("IpInterface", "ActiveConnection", "Ip4Config", "Uuid", "Ssid", "AddressData"),
    *("Sim", "Bearers", "Stats", "connection", "802-11-wireless", "uuid", "/", 3),
]

# Whatever a service may send: any names, any types, nested.
SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.binary())
)
JUNK = st.recursive(
    SCALARS | st.tuples(st.just("v"), SCALARS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(st.just("v"), inner),
        st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=30,
)


@given(JUNK, JUNK)
def test_whatever_a_service_says_gives_values_and_no_error(
    tree: object, other: object
) -> None:
    networkmanager.parse(tree)
    networkmanager.parse_profile(tree)
    modemmanager.related(tree)
    modemmanager.parse(tree, {"/": other})


@given(st.lists(JUNK, max_size=3), st.sampled_from([OBJECTS, PROPERTIES, "x"]))
def test_whatever_a_signal_holds_has_a_weight(body: list[Any], interface: str) -> None:
    signal = Signal(interface, "X", "/", tuple(body))
    for watches in (networkmanager.WATCHES, modemmanager.WATCHES):
        assert isinstance(weigh(signal, watches), Weight)


def test_what_has_the_wrong_type_or_size_is_as_if_it_were_not_there() -> None:
    facts = Facts(
        {
            "long": ("s", "x" * 257),
            "number": ("u", 7),
            "flag": ("b", True),
            "negative": ("i", -1),
            "bytes": ("ay", b"12345"),
            "none": ("o", "/"),
            "bare": "no variant",
            "paths": ("ao", ["/a", 3, "/b"]),
        }
    )
    assert [facts.text(name) for name in ("long", "number", "bare", "gone")] == [""] * 4
    assert [facts.number(name) for name in ("number", "flag", "negative")] == [7, 0, 0]
    assert (facts.octets("bytes", 5), facts.octets("bytes", 4)) == (b"12345", b"")
    assert (facts.path("none"), facts.paths("paths")) == ("", ["/a", "/b"])
    assert (facts.flag("flag"), facts.flag("number")) == (True, False)


def test_a_flood_of_objects_is_cut_to_a_bound() -> None:
    paths = [f"/{number}" for number in range(10_000)]
    tree = {path: {"x.Y": {"A": ("u", 1)}} for path in paths}
    assert len(list(Objects(tree).having("x.Y"))) == 256


def changed(interface: str, *names: str) -> Signal:
    """A PropertiesChanged of these properties."""
    facts = dict.fromkeys(names, ("v", 0))
    return Signal(PROPERTIES, "PropertiesChanged", "/", (interface, facts, []))


def came(*interfaces: str) -> Signal:
    """An object with these interfaces appears."""
    return Signal(OBJECTS, "InterfacesAdded", "/", ("/", list(interfaces)))


@pytest.mark.parametrize(
    ("signal", "weight"),
    [
        (changed(f"{NM}.Device", "State", "StateReason"), Weight.STIR),
        (changed(f"{NM}.Device", "ActiveConnection"), Weight.STIR),
        (changed(f"{NM}.Device", "Metered"), Weight.STIR),
        (changed(f"{NM}.Device", "Carrier", "Mtu"), Weight.IGNORE),
        (changed(f"{NM}.Device.Wireless", "Bitrate", "LastScan"), Weight.IGNORE),
        (changed(f"{NM}.Device.Wireless", "AccessPoints"), Weight.READ),
        (changed(f"{NM}.Device.Wireless", "ActiveAccessPoint"), Weight.STIR),
        (changed(f"{NM}.AccessPoint", "Strength", "LastSeen"), Weight.IGNORE),
        (changed(f"{NM}.IP4Config", "Gateway"), Weight.STIR),
        (came(f"{NM}.Device", f"{NM}.Device.Wired"), Weight.STIR),
        (came(f"{NM}.AccessPoint"), Weight.IGNORE),
        (came(f"{NM}.IP4Config"), Weight.READ),
        (
            Signal(OBJECTS, "InterfacesRemoved", "/", ("/", [f"{NM}.Device"])),
            Weight.STIR,
        ),
        (
            Signal(PROPERTIES, "X", "/", (f"{NM}.Device", {}, ["Metered"])),
            Weight.STIR,
        ),
        (
            Signal("other", "State", "/", (f"{NM}.Device", {"State": 0}, [])),
            Weight.IGNORE,
        ),
    ],
)
def test_what_networkmanager_says_has_its_weight(
    signal: Signal, weight: Weight
) -> None:
    assert weigh(signal, networkmanager.WATCHES) is weight


@pytest.mark.parametrize(
    ("signal", "weight"),
    [
        (changed(f"{MM}.Modem", "Sim"), Weight.STIR),
        (changed(f"{MM}.Modem", "SignalQuality"), Weight.IGNORE),
        (changed(f"{MM}.Modem.Modem3gpp", "RegistrationState"), Weight.STIR),
        (changed(f"{MM}.Modem.Modem3gpp", "OperatorName"), Weight.READ),
        (changed(f"{MM}.Bearer", "Connected"), Weight.STIR),
        (changed(f"{MM}.Bearer", "Stats"), Weight.IGNORE),
        (came(f"{MM}.Modem", f"{MM}.Modem.Modem3gpp"), Weight.STIR),
        (came(f"{MM}.Bearer"), Weight.READ),
    ],
)
def test_each_signal_of_modemmanager_has_its_weight(
    signal: Signal, weight: Weight
) -> None:
    assert weigh(signal, modemmanager.WATCHES) is weight
