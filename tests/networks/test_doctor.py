"""What `esimmon doctor` says of real services and a modem."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

from tests.networks.at_modem import TRAVEL, AtModem
from tests.networks.machine import MODEM_MANAGER, NETWORK_MANAGER

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.networks.eyes import Eyes
    from tests.networks.stage import Stage

SERVICES = ("network-manager", "modem-manager", "logind")


def about(esimmon: Esimmon, *ids: str) -> dict[str, tuple[str, str]]:
    """Level and text of the findings with these ids."""
    done = esimmon.call("doctor", "--json")
    assert done.stderr == ""
    return {
        each["id"]: (each["level"], each["text"])
        for each in json.loads(done.stdout)["findings"]
        if each["id"] in ids
    }


def test_it_is_said_who_answers_and_which_profile_a_modem_has(
    stage: Stage, esimmon: Esimmon, eyes: Eyes
) -> None:
    found = about(esimmon, "modem", *SERVICES)
    assert found["network-manager"] == ("ok", "NetworkManager answers.")
    assert found["modem-manager"] == ("ok", "ModemManager answers.")
    assert found["logind"][1].startswith("logind does not run: ")
    assert found["modem"][1].startswith("No modem is seen: ")
    with AtModem(stage.folder, "modem0", "wwan0") as modem:
        stage.add_modem("one", modem)
        stage.mmcli("--simple-connect=apn=internet")
        eyes.wait("wwan0", iccid=TRAVEL.iccid)
        expected = "The modem wwan0 has the SIM profile ...6789 (Airalo-HK)."
        # A simple modem does not count: nothing is compared.
        found = about(esimmon, "modem", "modem-bytes")
        assert found == {"modem": ("ok", expected)}


def test_services_that_hang_are_told_from_those_that_answer(
    stage: Stage, esimmon: Esimmon
) -> None:
    for name in (NETWORK_MANAGER, MODEM_MANAGER):
        stage.send(name, signal.SIGSTOP)
    found = about(esimmon, "modem", *SERVICES)
    assert found["network-manager"][0] == found["modem-manager"][0] == "warn"
    assert "NetworkManager does not answer" in found["network-manager"][1]
    assert found["modem"][0] == "note"
    for name in (NETWORK_MANAGER, MODEM_MANAGER):
        stage.send(name, signal.SIGCONT)
