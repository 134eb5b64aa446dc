"""`esimmon networks` where NetworkManager, ModemManager and the daemon are real."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import NEEDS as E2E_NEEDS
from tests.e2e.daemon import QUICK, wait_for
from tests.networks.at_modem import ROAMING, TRAVEL, AtModem
from tests.networks.stage import ANDROID, INTERNET

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.networks.stage import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.needs(*E2E_NEEDS, "ping")]

ROUTER = "192.168.43.1/24"
CONFIG = f"""{QUICK}
[interfaces]
include = ["cable*", "wwan*"]
[[plan]]
id = "trip"
quota = "1 GB"
every = "month"
iccid = "{TRAVEL.iccid}"
"""


def networks(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What is shown to programs."""
    done = esimmon.call("networks", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["networks"]
    return found


def wait_for_network(esimmon: Esimmon, **facts: object) -> dict[str, Any]:
    """Wait until one is shown like this."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found[:] = [each for each in networks(esimmon) if facts.items() <= each.items()]
        return bool(found)

    try:
        wait_for(is_there, f"a network with {facts}")
    except AssertionError as error:
        raise AssertionError(f"{error}; there are {networks(esimmon)}") from error
    return found[0]


def test_a_phone_at_a_cable_gets_a_name_and_keeps_it_when_it_is_gone(
    stage: Stage, esimmon: Esimmon
) -> None:
    esimmon.configure(CONFIG)
    daemon = esimmon.start()
    stage.plug("cable0", ROUTER, ANDROID)
    uuid = stage.connect("Anna's phone", "cable0")
    found = wait_for_network(esimmon, attached=True, interface="cable0", metered=True)
    assert (found["key"], found["uuid"]) == (f"ethernet:{uuid}", uuid)
    assert (found["name"], found["metered_by"]) == ("Anna's phone", "guess")
    assert (found["tether"], found["plan"]) == ("ethernet", None)
    stage.run("ping", "-q", "-c", "3", "-i", "0.2", INTERNET)
    (moved,) = [each for each in networks(esimmon) if each["key"] == found["key"]]
    assert moved["today"]["rx_bytes"] >= 3 * 84

    shown = esimmon.call("networks").stdout
    assert "NO PLAN" in shown
    named = esimmon.plainly(
        *("networks", "name", "Anna's phone", "Phone"),
        *("--config", esimmon.config, "--store", esimmon.store),
    )
    assert named.stdout == 'Ethernet Anna\'s phone is now called "Phone".\n'

    stage.unplug("cable0")
    found = wait_for_network(esimmon, attached=False, label="Phone")
    assert (found["key"], found["interface"]) == (f"ethernet:{uuid}", "cable0")
    names = {
        row["network"]: row["network_name"] for row in esimmon.report("network")["rows"]
    }
    assert names[f"ethernet:{uuid}"] == "Phone"
    assert daemon.stop() == 0


def test_a_sim_abroad_with_its_operator_and_its_plan(
    stage: Stage, esimmon: Esimmon
) -> None:
    stage.near.ip("link add wwan0 type veth peer name behind", "link set behind up")
    stage.near.ip("link set wwan0 up")
    esimmon.configure(CONFIG)
    daemon = esimmon.start()
    with AtModem(stage.folder, "modem0", "wwan0") as modem:
        stage.add_modem("one", modem)
        stage.mmcli("--enable")
        found = wait_for_network(esimmon, attached=True, kind="sim", roaming=False)
        assert (found["iccid"], found["key"]) == (TRAVEL.iccid, f"sim:{TRAVEL.iccid}")
        assert (found["name"], found["plan"]) == (TRAVEL.operator, "trip")
        assert (found["operator_code"], found["mcc"]) == ("45400", "454")
        assert (found["metered"], found["metered_by"]) == (True, "modem")
        modem.register(ROAMING, "41001", "Jazz")
        wait_for_network(esimmon, attached=True, roaming=True, operator_name="Jazz")
        shown = esimmon.call("networks").stdout
        assert TRAVEL.iccid not in shown
        (line,) = [line for line in shown.split("\n") if line.startswith("SIM …6789")]
        assert "in 410 Jazz" in line
        assert " trip " in line
        assert esimmon.call("status").stdout.startswith("trip  wwan0 (Airalo-HK)  ")
    assert daemon.stop() == 0
