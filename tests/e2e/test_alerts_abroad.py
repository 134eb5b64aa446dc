"""A laptop with an eSIM on a journey: what its owner is told of networks."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.desktop.stack import session_bus
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import transfer
from tests.lab import DEVICE
from tests.mocked import (
    NEEDS,
    add_modem,
    modem_manager,
    modem_paths,
    network_manager,
    profile,
    save,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab
    from tests.mocked import Mocked

pytestmark = pytest.mark.needs(*NEEDS)

ICCID = "89852340000123456789"
ROOT = "/org/freedesktop/NetworkManager"
WLAN, POINT = f"{ROOT}/Devices/1", f"{ROOT}/AccessPoint/1"
UUID = "2d0b1f0e-7f5c-4d0a-9a55-3a1d6d1c0001"
SSID = b"Home\x1b[31m"
PLANS = f"""{QUICK}
[[plan]]
id = "usb"
quota = "1 GB"
every = "month"
billing_day = 1
match.interface = ["usb*"]
"""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[str]:
    """The system bus of that laptop."""
    with session_bus(tmp_path) as (environ, _):
        yield environ["DBUS_SESSION_BUS_ADDRESS"]


@pytest.fixture
def modems(bus: str) -> Iterator[Mocked]:
    """A modem that is at home."""
    with modem_manager(bus) as service:
        add_modem(service, 0, DEVICE, ICCID)
        yield service


@pytest.fixture
def manager(bus: str) -> Iterator[Mocked]:
    """A NetworkManager that knows a Wi-Fi, and hears nothing."""
    with network_manager(bus) as service:
        save(service, home=profile(UUID, SSID))
        device = {"IpInterface": ("s", "wlan0"), "DeviceType": ("u", 2)}
        wireless = {"Mode": ("u", 2), "AccessPoints": ("ao", [])}
        service.add(WLAN, Device=device, Device_Wireless=wireless)
        yield service


@pytest.fixture
def esimmon(make: Callable[[Place], Esimmon], root: Place, bus: str) -> Esimmon:
    """The program as root in the lab, on that bus."""
    esimmon = make(root.given(DBUS_SYSTEM_BUS_ADDRESS=bus))
    esimmon.configure(PLANS)
    return esimmon


def listed(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What `esimmon alerts list` has."""
    done = esimmon.plainly("alerts", "list", "--json", "--store", esimmon.store)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)["alerts"]
    return found


def move_until(lab: Lab, esimmon: Esimmon, *kinds: str) -> list[dict[str, Any]]:
    """Move bytes until these were told; all alerts."""

    def are_told() -> bool:
        transfer(lab, down=1000, up=1000)
        return [alert["kind"] for alert in listed(esimmon)] == list(kinds)

    wait_for(are_told, str(kinds))
    return listed(esimmon)


def test_a_journey_is_told_step_by_step_and_each_step_once(
    lab: Lab, esimmon: Esimmon, modems: Mocked, manager: Mocked
) -> None:
    daemon = esimmon.start()
    (uncovered,) = move_until(lab, esimmon, "network.uncovered")
    assert uncovered["network"] == f"sim:{ICCID}"
    assert uncovered["detail"] == DEVICE

    modem, _, _ = modem_paths(0)
    abroad = {"OperatorCode": ("s", "41001"), "OperatorName": ("s", "Jazz\u202e")}
    modems.set(modem, "Modem.Modem3gpp", **abroad, RegistrationState=("u", 5))
    _, roaming = move_until(lab, esimmon, "network.uncovered", "network.roaming")
    assert roaming["network"] == f"sim:{ICCID}"
    assert (roaming["detail"], roaming["plan"]) == ("mcc=410", None)

    manager.add(POINT, AccessPoint={"Ssid": ("ay", SSID)})
    manager.set(WLAN, "Device.Wireless", AccessPoints=("ao", [POINT]))
    told = ("network.uncovered", "network.roaming", "wifi.in_range")
    *_, in_range = move_until(lab, esimmon, *told)
    assert in_range["network"] == f"sim:{ICCID}"
    assert in_range["detail"] == f"wifi:{UUID}"

    before = listed(esimmon)
    for is_killed in (True, False):
        daemon.kill() if is_killed else daemon.stop()
        daemon = esimmon.start()
        for _ in range(3):
            transfer(lab, down=1000, up=1000)
            daemon.flush()
        assert listed(esimmon) == before
    shown = esimmon.plainly("alerts", "list", "--store", esimmon.store).stdout
    assert "Airalo …6789 is roaming in 410 (Jazz\\u202e)" in shown
    assert 'Wi-Fi "Home\\x1b[31m" is in range' in shown
    assert "\x1b" not in shown
    said = esimmon.daemons[0].said()
    assert "that no plan covers: Airalo …6789 (wwan0)" in said


def test_a_sim_is_bound_by_its_profile(
    lab: Lab, esimmon: Esimmon, modems: Mocked
) -> None:
    del modems
    file = esimmon.folder / "plans.d/pk.toml"
    file.parent.mkdir(mode=0o755)
    file.write_text('quota = "1 GB"\nevery = "month"\nbilling_day = 1\n')
    daemon = esimmon.start()
    (alert,) = move_until(lab, esimmon, "network.uncovered")
    answer = daemon.ask("networks.bind", network=alert["network"], plan="pk")
    told = f"Airalo …6789: iccid in {file}. Undo: esimmon plan edit pk"
    assert answer == {"told": told}
    assert tomllib.loads(file.read_text())["match"] == {"iccid": [ICCID]}
    wait_for(lambda: listed(esimmon)[0]["cleared_at"], "the alert to be over")
    transfer(lab, down=100_000, up=1000)
    daemon.flush()
    (row,) = esimmon.report("plan", "--period", "today")["rows"]
    assert row["plan"] == "pk"
