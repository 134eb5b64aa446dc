"""Findings about modems: their profiles, and whether they count as we do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from monitor.checks import modems
from monitor.checks.modems import Counted, Modems
from monitor.checks.probes import modems as probe
from monitor.networks.uplink import Bearer, Modem
from monitor.usage import SLOT_S
from tests.desktop.stack import session_bus
from tests.mocked import NEEDS, add_modem, modem_manager, modem_paths
from tests.unit.checks.reading import levels, only
from tests.unit.store.builders import WLAN, WWAN, usage_batch, writing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.checks.findings import Finding
    from tests.mocked import Mocked

ICCID = "89852340000123456789"
PATH = "/org/freedesktop/ModemManager1/Modem/3"


def of(*found: Modem, counted: tuple[Counted, ...] = ()) -> list[Finding]:
    """What is said of them."""
    return list(modems.judge(Modems(found=found, counted=counted)))


def drift(modem_bytes: int, own_bytes: int | None) -> list[Finding]:
    """What is said of these counts."""
    counted = (Counted("wwan0", modem_bytes, own_bytes),)
    found = list(modems.judge(Modems(counted=counted)))
    return [each for each in found if each.id == "modem-bytes"]


def test_a_modem_is_named_with_the_last_digits_of_its_profile() -> None:
    bearers = (Bearer("wwan0", is_connected=True),)
    found = only(
        of(Modem(PATH, ICCID, home=("45400", "csl"), bearers=bearers)), "modem"
    )
    assert found.level == "ok"
    assert found.text == "The modem wwan0 has the SIM profile ...6789 (csl)."


def test_a_modem_without_a_profile_is_noted_with_what_to_do() -> None:
    found = only(of(Modem(PATH)), "modem")
    assert found.level == "note"
    assert "The modem number 3 shows no SIM profile" in found.text
    assert "a plan goes by its interface" in found.text


def test_no_modem_is_no_fault_and_two_are_two_findings() -> None:
    assert levels(of()) == {}
    assert "No modem is seen" in only(of(), "modem").text
    assert len(of(Modem(PATH, ICCID), Modem("/other/4", ICCID))) == 2


def test_names_from_outside_are_harmless() -> None:
    bearers = (Bearer("ww\x1b[31m", is_connected=True),)
    (found,) = of(Modem(PATH, "8985\x1b]0", home=("", "a\u202eb"), bearers=bearers))
    assert found.text.isprintable()


def test_a_modem_manager_that_does_not_answer_is_noted() -> None:
    found = modems.judge(Modems(failure="ModemManager does not answer"))
    assert levels(found) == {"modem": "note"}


@pytest.mark.parametrize(
    ("modem_bytes", "own_bytes", "expected"),
    [
        (100_000_000, None, []),
        (9_000_000, 100, []),
        (10_000_000, 9_500_000, ["ok"]),
        (10_000_000, 9_499_999, ["warn"]),
        (95_000_000, 100_000_000, ["ok"]),
        (94_999_999, 100_000_000, ["warn"]),
        (0, 50_000_000, ["warn"]),
    ],
)
def test_over_five_percent_of_at_least_ten_megabytes_is_a_warning(
    modem_bytes: int, own_bytes: int | None, expected: list[str]
) -> None:
    assert [each.level for each in drift(modem_bytes, own_bytes)] == expected


def test_a_warning_says_how_much_and_what_to_do() -> None:
    (found,) = drift(1_100_000_000, 1_000_000_000)
    assert "1.10 GB, 100 MB more than esimmon (1.00 GB)" in found.text
    assert found.text.endswith("what the carrier says (esimmon plan sync).")
    (found,) = drift(900_000_000, 1_000_000_000)
    assert "900 MB, 100 MB less than esimmon" in found.text


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[dict[str, str], Mocked]]:
    """A ModemManager, and the environment in which it is found."""
    with session_bus(tmp_path) as (environ, _):
        address = environ["DBUS_SESSION_BUS_ADDRESS"]
        with modem_manager(address) as service:
            yield {"DBUS_SYSTEM_BUS_ADDRESS": address}, service


def counts(service: Mocked, rx_bytes: int, tx_bytes: int, since_s: int) -> None:
    """What the modem says of its connection."""
    counted = {"rx-bytes": rx_bytes, "tx-bytes": tx_bytes, "start-date": since_s}
    facts = {name: ("t", value) for name, value in counted.items()}
    _, _, bearer = modem_paths(0)
    service.set(bearer, "Bearer", Stats=("a{sv}", facts))


@pytest.mark.needs(*NEEDS)
def test_a_modem_that_counts_is_compared_with_the_database(
    service: tuple[dict[str, str], Mocked], tmp_path: Path
) -> None:
    environ, manager = service
    store, now_s = tmp_path / "usage.db", int(time.time())
    since_s = (now_s // SLOT_S - 10) * SLOT_S
    add_modem(manager, 0, "wwan0", ICCID)
    counts(manager, 20_000_000, 1_000_000, since_s)
    # Nobody counted when the connection began.
    assert probe.look(environ, store).counted == (Counted("wwan0", 21_000_000, None),)
    with writing(store, since_s - 600) as (_, writer):
        for from_s, rx_bytes, where in (
            (since_s - 200, 7_000_000, WWAN),
            (since_s + 100, 30_000_000, WWAN),
            (since_s + 100, 5_000_000, WLAN),
        ):
            batch = usage_batch(from_s, from_s + 100, rx_bytes, where)
            writer.flush(batch, from_s + 100, trusted=True)
    looked = probe.look(environ, store)

    assert looked.counted == (Counted("wwan0", 21_000_000, 30_000_000),)
    found = list(modems.judge(looked))
    assert levels(found) == {"modem-bytes": "warn"}
    assert "9.00 MB less than esimmon" in only(found, "modem-bytes").text
    assert "...6789 (Airalo)" in only(found, "modem").text


@pytest.mark.needs(*NEEDS)
def test_a_modem_that_does_not_count_is_not_compared(
    service: tuple[dict[str, str], Mocked], tmp_path: Path
) -> None:
    environ, manager = service
    add_modem(manager, 0, "wwan0", ICCID)
    _, _, bearer = modem_paths(0)
    manager.set(bearer, "Bearer", ReloadStatsSupported=("b", False))
    looked = probe.look(environ, tmp_path / "usage.db")
    assert [each.iccid for each in looked.found] == [ICCID]
    assert looked.counted == ()


@pytest.mark.needs(*NEEDS)
def test_a_modem_manager_that_hangs_or_is_not_there_is_a_fact(
    service: tuple[dict[str, str], Mocked], tmp_path: Path
) -> None:
    environ, manager = service
    manager.hang()
    assert probe.look(environ, tmp_path).failure == "ModemManager does not answer"
    manager.go_on()
    absent = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nobody"}
    assert probe.look(absent, tmp_path) == Modems()
