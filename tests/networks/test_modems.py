"""The real ModemManager: which SIM profile it is, where it is, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.networks.uplink import METERED_UNKNOWN, Modem
from tests.desktop.stack import wait_for
from tests.networks.at_modem import (
    HOME,
    PAKISTAN,
    ROAMING,
    SEARCHING,
    TRAVEL,
    AtModem,
)
from tests.networks.eyes import is_told
from tests.networks.machine import MODEM_MANAGER, NETWORK_MANAGER

if TYPE_CHECKING:
    from tests.networks.eyes import Eyes
    from tests.networks.stage import Stage

KEY = f"sim:{TRAVEL.iccid}"


def only(eyes: Eyes) -> Modem:
    """The one modem; both services tell of it, each in its time."""
    (found,) = wait_for(eyes.modems.take, "ModemManager to tell")
    assert isinstance(found, Modem)
    return found


def test_a_modem_is_its_sim_profile_and_says_where_it_is(
    stage: Stage, eyes: Eyes
) -> None:
    with AtModem(stage.folder, "modem0", "wwan0") as modem:
        stage.add_modem("one", modem)
        stage.mmcli("--enable")
        network = eyes.wait("wwan0", key=KEY, operator_code="45400")
        (device,) = (d for d in eyes.connections.take().devices if d.device == "wwan0")
        # NetworkManager has a device of it, and says nothing until that is connected.
        assert (device.metered, device.udi) == (METERED_UNKNOWN, only(eyes).path)

    assert (network.kind, network.name) == ("sim", TRAVEL.operator)
    assert (network.iccid, network.operator_name) == (TRAVEL.iccid, "csl")
    assert (network.mcc, network.roaming) == ("454", False)
    assert (network.metered, network.metered_by) == (True, "modem")


def test_without_networkmanager_the_modem_says_which_interface_it_is(
    bare: Stage, eyes: Eyes
) -> None:
    bare.start(MODEM_MANAGER)
    with AtModem(bare.folder, "modem0", "wwan0") as modem:
        bare.add_modem("one", modem)
        bare.mmcli("--enable")
        eyes.wait("wwan0", key="if:wwan0")
        bare.mmcli("--simple-connect=apn=internet")
        eyes.wait("wwan0", key=KEY, metered=True)
        (bearer,) = only(eyes).bearers
        assert (bearer.device, bearer.is_connected) == ("wwan0", True)
        assert bearer.counted is None  # a simple modem does not count
        bare.mmcli("--simple-disconnect")
        eyes.wait("wwan0", key="if:wwan0")


def test_a_border_is_crossed_while_the_modem_is_connected(
    stage: Stage, eyes: Eyes
) -> None:
    with AtModem(stage.folder, "modem0", "wwan0") as modem:
        stage.add_modem("one", modem)
        stage.mmcli("--simple-connect=apn=internet")
        eyes.wait("wwan0", key=KEY, mcc="454", roaming=False)
        before_ns = eyes.modems.stirred_ns
        modem.register(ROAMING, "41001", "Jazz")
        assert is_told(eyes.modems)
        eyes.wait("wwan0", key=KEY, mcc="410", operator_name="Jazz", roaming=True)
        assert eyes.modems.stirred_ns > before_ns
        modem.register(SEARCHING, "", "")
        eyes.wait("wwan0", key=KEY, roaming=None)
        modem.register(HOME, "45400", "csl")
        eyes.wait("wwan0", key=KEY, mcc="454", roaming=False)


def test_another_profile_is_seen_when_the_modem_is_enabled_anew(
    stage: Stage, eyes: Eyes
) -> None:
    with AtModem(stage.folder, "modem0", "wwan0") as modem:
        stage.add_modem("one", modem)
        stage.mmcli("--enable")
        eyes.wait("wwan0", key=KEY)
        path = only(eyes).path
        modem.sim = PAKISTAN
        # A modem that says nothing of it: nobody can know yet.
        assert eyes.network("wwan0").key == KEY
        stage.mmcli("--disable")
        stage.mmcli("--enable")
        eyes.wait("wwan0", key=f"sim:{PAKISTAN.iccid}", name=PAKISTAN.operator)
        assert only(eyes).path != path


def test_a_modem_without_a_sim_is_an_interface(stage: Stage, eyes: Eyes) -> None:
    with AtModem(stage.folder, "wwan0", sim=None) as modem:
        stage.add_modem("one", modem)
        network = eyes.wait("wwan0", metered=True)
        assert (network.key, network.kind) == ("if:wwan0", "interface")
        assert (network.iccid, only(eyes).iccid) == ("", "")


def test_two_modems_are_two_profiles(stage: Stage, eyes: Eyes) -> None:
    with (
        AtModem(stage.folder, "wwan0") as one,
        AtModem(stage.folder, "wwan1", sim=PAKISTAN) as other,
    ):
        stage.add_modem("one", one)
        stage.add_modem("other", other)
        eyes.wait("wwan0", key=KEY)
        eyes.wait("wwan1", key=f"sim:{PAKISTAN.iccid}")


def test_services_that_are_restarted_have_the_same_profile(
    stage: Stage, eyes: Eyes
) -> None:
    with AtModem(stage.folder, "modem0", "wwan0") as modem:
        stage.add_modem("one", modem)
        eyes.wait("wwan0", key=KEY)
        for name in (MODEM_MANAGER, NETWORK_MANAGER):
            stage.stop(name)
            eyes.wait("wwan0", key="if:wwan0")
            stage.start(name)
            if name == MODEM_MANAGER:
                stage.add_modem("one", modem)
            eyes.wait("wwan0", key=KEY)
