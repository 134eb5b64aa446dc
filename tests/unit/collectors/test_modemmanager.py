"""Modems, SIM profiles and bearers, as values and live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.collectors.modemmanager import (
    BEARER,
    MODEM,
    MODEM_3GPP,
    SIM,
    collect,
    follow,
    parse,
    related,
)
from monitor.networks.uplink import Bearer, Modem
from tests.desktop.stack import session_bus, wait_for
from tests.mocked import (
    NEEDS,
    add_modem,
    modem_manager,
    modem_paths,
    remove_modem,
)

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = "89852340000123456789", "89330112345678901234"
PATH, SIM_PATH, BEARER_PATH = modem_paths(0)

TREE = {
    PATH: {
        MODEM: {"Sim": ("o", SIM_PATH), "Bearers": ("ao", [BEARER_PATH])},
        MODEM_3GPP: {
            "RegistrationState": ("u", 5),
            "OperatorCode": ("s", "20801"),
            "OperatorName": ("s", "Orange F"),
        },
    }
}
SIM_FACTS = {
    "SimIdentifier": ("s", ONE),
    "Eid": ("s", "8904"),
    "OperatorIdentifier": ("s", "45400"),
    "OperatorName": ("s", "Airalo"),
}
SINCE_S = 1_795_160_000
COUNTED = {
    "rx-bytes": ("t", 10),
    "tx-bytes": ("t", 20),
    "start-date": ("t", SINCE_S),
}
BEARER_FACTS: dict[str, Any] = {
    "Interface": ("s", "wwan0"),
    "Connected": ("b", True),
    "ReloadStatsSupported": ("b", True),
    "Stats": (
        "a{sv}",
        {
            "rx-bytes": ("t", 10),
            "tx-bytes": ("t", 20),
            "start-date": ("t", 1_795_160_000),
        },
    ),
}


def bearer(**changed: object) -> Bearer:
    """The bearer of such a modem."""
    (modem,) = parse(TREE, {BEARER_PATH: BEARER_FACTS | changed})
    (found,) = modem.bearers
    return found


def test_a_modem_has_the_profile_and_the_network_it_names() -> None:
    assert related(TREE) == ((SIM_PATH, SIM), (BEARER_PATH, BEARER))
    facts = {SIM_PATH: SIM_FACTS, BEARER_PATH: BEARER_FACTS}
    assert parse(TREE, facts) == (
        Modem(
            PATH,
            iccid=ONE,
            eid="8904",
            home=("45400", "Airalo"),
            operator=("20801", "Orange F"),
            registration=5,
            bearers=(
                Bearer("wwan0", is_connected=True, counted=(10, 20), since_s=SINCE_S),
            ),
        ),
    )


def test_a_modem_without_a_sim_is_there_all_the_same() -> None:
    tree = {PATH: {MODEM: {"Sim": ("o", "/"), "Bearers": ("ao", [])}}}
    assert related(tree) == ()
    assert parse(tree, {}) == (Modem(PATH),)


def test_what_is_gone_when_it_is_asked_for_is_left_out() -> None:
    (modem,) = parse(TREE, {})
    assert (modem.iccid, modem.bearers) == ("", ())


def test_counts_are_believed_only_of_modems_that_can_count() -> None:
    assert bearer().counted == (10, 20)
    no_word: dict[str, object] = {"ReloadStatsSupported": ("b", False)}
    assert (bearer(**no_word).counted, bearer(**no_word).since_s) == (None, None)
    assert bearer(Stats=("a{sv}", {"rx-bytes": ("t", 1)})).counted is None
    assert bearer(Stats=("a{sv}", {"rx-bytes": 1, "tx-bytes": "x"})).counted is None
    assert bearer(Stats=("s", "x")).counted is None


def test_a_flood_of_bearers_and_modems_is_cut_to_a_bound() -> None:
    many = dict.fromkeys([f"{PATH}{number}" for number in range(1000)], TREE[PATH])
    assert len(parse(many, {})) == 16
    bearers = {"Bearers": ("ao", [f"/{number}" for number in range(1000)])}
    assert len(related({PATH: {MODEM: bearers}})) == 16


@pytest.mark.needs(*NEEDS)
def test_a_profile_switch_and_a_border_are_followed(tmp_path: Path) -> None:
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with follow(address) as follower, modem_manager(address) as service:
            add_modem(service, 0, "wwan0", ONE)
            wait_for(follower.take, "the modem")
            (modem,) = follower.take()
            assert (modem.iccid, modem.home, modem.operator, modem.registration) == (
                ONE,
                ("45400", "Airalo"),
                ("45400", "csl"),
                1,
            )
            assert modem.bearers == (
                Bearer(
                    "wwan0",
                    is_connected=True,
                    counted=(1000, 500),
                    since_s=SINCE_S,
                ),
            )
            assert collect(address) == (modem,)

            service.set(
                PATH,
                "Modem.Modem3gpp",
                RegistrationState=("u", 5),
                OperatorCode=("s", "20801"),
            )
            wait_for(lambda: follower.take()[0].registration == 5, "roaming")
            assert follower.take()[0].operator == ("20801", "csl")

            stirred_ns = follower.stirred_ns
            remove_modem(service, 0)
            wait_for(lambda: not follower.take(), "no modem")
            add_modem(service, 1, "wwan0", OTHER)
            add_modem(service, 2, "wwan1", ONE)
            wait_for(
                lambda: [each.iccid for each in follower.take()] == [OTHER, ONE],
                "two modems",
            )
            assert follower.stirred_ns > stirred_ns


@pytest.mark.needs(*NEEDS)
def test_without_modemmanager_there_is_no_modem(tmp_path: Path) -> None:
    with session_bus(tmp_path) as bus:
        assert collect(bus.environ["DBUS_SESSION_BUS_ADDRESS"]) == ()
