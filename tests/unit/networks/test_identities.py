"""Which network a device is attached to, whatever its sources say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.networks.identities import NetworkRules, identify, settled
from monitor.networks.uplink import (
    METERED_GUESS_NO,
    METERED_GUESS_YES,
    METERED_NO,
    METERED_UNKNOWN,
    METERED_YES,
    Bearer,
    Connection,
    Connections,
    Hardware,
    Modem,
    Network,
)
from tests.unit.attached import (
    BLUETOOTH,
    ETHERNET,
    HOME,
    ICCID,
    IPHONE,
    MODEM,
    OTHER,
    PATH,
    TRAVEL,
    UUID,
    VETH,
    WIFI,
    of,
    wifi,
)


def test_a_connection_names_wifi_ethernet_and_bluetooth() -> None:
    assert wifi(name="the flat") == Network(
        f"wifi:{UUID}",
        "wifi",
        "Home",
        metered=False,
        metered_by="guess",
        uuid=UUID,
        ssid=b"Home",
    )
    for kind in (ETHERNET, VETH):
        network = of(Connection("eth0", kind, UUID, "Wired connection 1"))
        assert (network.key, network.name) == (f"ethernet:{UUID}", "Wired connection 1")
    pan = of(Connection("bnep0", BLUETOOTH, UUID, "Pixel", METERED_GUESS_YES))
    assert (pan.key, pan.tether) == (f"bluetooth:{UUID}", "bluetooth")
    assert (pan.metered, pan.metered_by) == (True, "bluetooth")


def test_what_has_no_connection_is_its_interface() -> None:
    assert of("eth0") == Network("if:eth0")
    for kind in (ETHERNET, WIFI, BLUETOOTH, 13):
        assert of(Connection("x0", kind)).key == "if:x0"
    assert of(Connection("br0", 13, UUID)).key == "if:br0"


def test_our_own_hotspot_is_no_network_that_we_use() -> None:
    network = wifi(b"Mine", METERED_YES, is_access_point=True, gateways=IPHONE)
    assert network == Network("if:wlan0", name="Home", metered=False)


def test_the_persons_word_is_above_networkmanagers_above_ours_above_a_guess() -> None:
    word = NetworkRules(metered=("wifi:*",))
    for nm, gateways, rules, metered, by in (
        (METERED_NO, IPHONE, word, True, "config"),
        (METERED_NO, IPHONE, None, False, "networkmanager"),
        (METERED_YES, (), None, True, "networkmanager"),
        (METERED_GUESS_NO, IPHONE, None, True, "iphone"),
        (METERED_GUESS_YES, (), None, True, "guess"),
        (METERED_GUESS_NO, (), None, False, "guess"),
        (METERED_UNKNOWN, (), None, None, ""),
    ):
        connection = Connection(
            "wlan0", WIFI, UUID, metered=nm, ssid=b"x", gateways=gateways
        )
        network = of(connection, rules=rules)
        assert (network.metered, network.metered_by) == (metered, by), nm


@pytest.mark.parametrize(
    "pattern", [f"wifi:{UUID}", UUID, "*0001", "Caf? *", "Caf\u00e9 [guest]", "Caf*"]
)
def test_a_rule_is_compared_with_key_uuid_and_ssid(pattern: str) -> None:
    connection = Connection("wlan0", WIFI, UUID, ssid="Caf\u00e9 [guest]".encode())
    for rules, metered in (
        (NetworkRules(metered=(pattern,)), True),
        (NetworkRules(unmetered=(pattern,)), False),
        (NetworkRules(metered=(pattern,), unmetered=("*",)), False),
        (NetworkRules(metered=(pattern.upper() + "x",)), None),
    ):
        assert of(connection, rules=rules).metered is metered


def test_a_rule_is_compared_with_the_iccid() -> None:
    rules = NetworkRules(unmetered=("898523*",))
    network = of("wwan0", None, HOME, rules=rules)
    assert (network.metered, network.metered_by) == (False, "config")


def test_an_ssid_that_is_not_utf_8_can_be_named_as_it_is_shown() -> None:
    connection = Connection("wlan0", WIFI, UUID, ssid=b"a\xff")
    assert of(connection, rules=NetworkRules(metered=("a\\xff",))).metered is True


def test_a_modem_is_its_sim_profile() -> None:
    nm = Connection("wwan0", MODEM, UUID, "Mobile", METERED_GUESS_YES, udi=PATH)
    assert of(nm, Hardware("cdc_mbim", "wwan"), HOME) == Network(
        f"sim:{ICCID}",
        "sim",
        "Airalo",
        metered=True,
        metered_by="modem",
        uuid=UUID,
        iccid=ICCID,
        eid=HOME.eid,
        operator_code="45400",
        operator_name="csl",
        mcc="454",
        roaming=False,
    )


def test_without_networkmanager_a_connected_bearer_tells_the_profile() -> None:
    assert of("wwan0", None, HOME).key == f"sim:{ICCID}"
    idle = replace(HOME, bearers=(Bearer("wwan0"),))
    assert of("wwan0", Hardware("cdc_mbim", "wwan"), idle) == Network(
        "if:wwan0", metered=True, metered_by="modem"
    )


def test_a_profile_that_changes_leaves_nothing_of_the_old_one() -> None:
    nm = Connection("wwan0", MODEM, udi=PATH)
    gone = of(nm)
    assert (gone.key, gone.metered, gone.metered_by) == ("if:wwan0", True, "modem")
    new = replace(HOME, path=f"{PATH}9", iccid=TRAVEL, bearers=())
    assert of(nm, None, new).key == "if:wwan0"
    carrying = replace(new, bearers=HOME.bearers)
    assert of(nm, None, carrying).key == f"sim:{TRAVEL}"


def test_a_modem_without_a_sim_is_its_interface_and_costs() -> None:
    empty = Modem(PATH)
    network = of(Connection("wwan0", MODEM, udi=PATH), None, empty)
    assert network == Network("if:wwan0", metered=True, metered_by="modem")


def test_two_modems_and_a_cable_at_once_are_three_networks() -> None:
    second = replace(
        HOME,
        path=f"{PATH}1",
        iccid=TRAVEL,
        bearers=(Bearer("wwan1", is_connected=True),),
    )
    connections = Connections(
        (
            Connection("eth0", ETHERNET, OTHER),
            Connection("ppp0", MODEM, UUID, udi=f"{PATH}1"),
            Connection("wwan0", MODEM, UUID, udi=PATH),
        )
    )
    names = ["eth0", "ppp0", "wwan0", "lo"]
    found = identify(names, {}, connections, (HOME, second), NetworkRules())
    assert [found[name].key for name in names] == [
        f"ethernet:{OTHER}",
        f"sim:{TRAVEL}",
        f"sim:{ICCID}",
        "if:lo",
    ]


@pytest.mark.parametrize(
    ("registration", "roaming"),
    [(state, None) for state in (0, 2, 3, 4, 8, 11, 99)]
    + [(state, True) for state in (5, 7, 10)]
    + [(state, False) for state in (1, 6, 9)],
)
def test_roaming_is_what_the_registration_says(
    registration: int,
    roaming: bool | None,  # noqa: FBT001 - what is expected
) -> None:
    modem = replace(HOME, registration=registration)
    assert of("wwan0", None, modem).roaming is roaming


@pytest.mark.parametrize("code", ["", "4540", "45400x", "45 400", "\u0664" * 5])
def test_what_is_no_plmn_gives_no_country(code: str) -> None:
    network = of("wwan0", None, replace(HOME, operator=(code, "x")))
    assert (network.operator_code, network.mcc) == ("", "")


def test_while_a_modem_searches_the_last_operator_stays() -> None:
    def at(code: str, registration: int, iccid: str = ICCID) -> dict[str, Network]:
        modem = replace(
            HOME, iccid=iccid, operator=(code, code), registration=registration
        )
        return {"wwan0": of("wwan0", None, modem)}

    abroad = at("20801", 5)
    assert settled(abroad, at("", 2)) == abroad
    assert settled(abroad, at("20801", 2)) == abroad
    assert settled(abroad, at("26201", 2)) == at("26201", 2)
    assert settled(abroad, at("45400", 1)) == at("45400", 1)
    # The operator's name may come after the registration: no country until then.
    assert settled(abroad, at("", 1)) == at("", 1)
    assert settled(abroad, at("", 2, TRAVEL)) == at("", 2, TRAVEL)
    assert settled({}, at("", 2)) == at("", 2)
    plain = {"eth0": Network("if:eth0")}
    assert settled(abroad | plain, plain) == plain


HOSTILE = [
    (b"\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
    (b"<b>&amp;</b>", "<b>&amp;</b>"),
    (bytes(32), "fallback"),
    ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
    (b"caf\xe9", "caf\\xe9"),
    (b"a\nb\tc", "a\\nb\\tc"),
    (b"", "fallback"),
]


@pytest.mark.parametrize(("ssid", "name"), HOSTILE)
def test_a_hostile_ssid_is_kept_raw_and_shown_harmless(ssid: bytes, name: str) -> None:
    network = wifi(ssid, name="fallback")
    assert (network.ssid, network.name) == (ssid, name)
    assert network.key == f"wifi:{UUID}"


@pytest.mark.parametrize(
    "uuid", ["x", "../../etc", UUID + "\n", UUID * 3, "\u0661" * 30]
)
def test_what_is_no_uuid_is_none(uuid: str) -> None:
    assert wifi(uuid=uuid) == Network(
        "if:wlan0", name="Home", metered=False, metered_by="guess"
    )


@given(st.text(), st.text(), st.binary(max_size=32), st.text(max_size=64))
def test_keys_and_names_are_short_and_printable_whatever_comes(
    uuid: str, serial: str, ssid: bytes, text: str
) -> None:
    phone = Hardware("rndis_host", vendor="04e8", product="6863", serial=serial)
    sim = replace(HOME, iccid=text or "x", home=(text, text), operator=(text, text))
    for network in (
        wifi(ssid, uuid=uuid, name=text),
        of("usb0", phone),
        of("wwan0", None, replace(sim, eid=serial)),
    ):
        said = (network.key, network.name, network.uuid, network.iccid, network.eid)
        assert all(each.isprintable() and len(each) <= 128 for each in said)
        assert " " not in network.key


def test_an_iccid_has_one_form_however_the_modem_spells_it() -> None:
    spelt = replace(HOME, iccid="8985 2340 0001 2345 678F")
    assert of("wwan0", None, spelt).key == "sim:8985234000012345678"
