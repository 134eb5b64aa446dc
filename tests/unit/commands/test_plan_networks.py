"""Plans and networks at the prompt, without a daemon: bound, shown, reported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store.batch import Batch
from monitor.store.labels import put_label
from monitor.usage import Interval
from tests.networking import CABLE, ESIM, ICCID, TETHER, attachment, wifi
from tests.unit.store.builders import T0, bill, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]

NOW_S = T0 + 12 * 3600
PHONE, TWIN = wifi(b"Phone", is_phone=True), wifi(b"Twin", 2)
OTHER_TWIN, EVIL = wifi(b"Twin", 3), wifi(b"\x1b[31mwwan0\xff", 4)
NAMED_LIKE_IT = wifi(b"eth0", 5)
USED = (
    (ESIM, "wwan0", 1000),
    (PHONE, "wlan0", 200),
    (TWIN, "wlan0", 30),
    (OTHER_TWIN, "wlan0", 4),
    (EVIL, "wlan0", 50_000),
    (NAMED_LIKE_IT, "wlan0", 600_000),
    (TETHER, "usb0", 7_000_000),
    (CABLE, "eth0", 80_000_000),
)
ADD_ALL = ("add", "all", "--size", "20GB", "--every", "month", "--bind", "w*")
ADD_PK = ("add", "pk", "--size", "5GB", "--every", "month")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store in which several networks moved bytes, one after the other."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(clock, "now_s", lambda: NOW_S)
    (tmp_path / "config.toml").touch()
    with writing(tmp_path / "usage.db") as (store, writer):
        batch = Batch()
        for number, (network, device, amount) in enumerate(USED):
            when = Interval(T0 + 60 * number, T0 + 60 * (number + 1))
            batch.bill[when, attachment(network, device)] = bill(amount)
            batch.networks[network.key] = network
        writer.flush(batch, NOW_S, trusted=True)
        put_label(store, TETHER.key, "My phone")
        writer.stop(NOW_S)
    return tmp_path


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call a command; its output, or what it complains of."""

    def call(*words: str, status: int = 0) -> str:
        own = ["--config", f"{home}/config.toml", "--store", f"{home}/usage.db"]
        assert main([*words, *own]) == status
        captured = capsys.readouterr()
        return captured.err if status else captured.out

    return call


def by_plan(run: Run) -> dict[str | None, int]:
    """What each plan paid for, by the report."""
    report: Any = json.loads(run("report", "--by", "plan", "--json"))
    found: dict[str | None, int] = {}
    for row in report["rows"]:
        found[row["plan"]] = found.get(row["plan"], 0) + row["rx_bytes"]
    return found


def used(run: Run, plan: str) -> int:
    """What a plan was charged, by its account."""
    found: Any = json.loads(run("plan", "show", plan, "--json"))
    return int(found["used_bytes"])


def test_a_sim_is_bound_by_its_key_and_counts_from_the_plans_beginning(
    home: Path, run: Run
) -> None:
    run("plan", *ADD_ALL)
    run("plan", *ADD_PK)
    assert by_plan(run) == {"all": 651_234, None: 87_000_000 - 651_234 + 651_234}
    said = run("plan", "bind", "pk", f"sim:{ICCID}")
    assert said == (
        "eSIM …4321 Airalo: pk pays from now on, on any interface; before: all.\n"
        "What it moved before is counted there too, as far as cycles are judged anew.\n"
    )
    assert f'[match]\niccid = ["{ICCID}"]\n' in (home / "plans.d/pk.toml").read_text()
    assert by_plan(run)["pk"] == used(run, "pk") == 1000
    assert by_plan(run)["all"] == used(run, "all") == 650_234
    again = run("plan", "bind", "pk", f"sim:{ICCID}")
    assert again == "eSIM …4321 Airalo: pk pays, as before.\n"


@pytest.mark.parametrize(
    ("target", "key", "paid"),
    [
        (PHONE.key, f'uuid = ["{PHONE.uuid}"]', 200),
        ("Phone", f'uuid = ["{PHONE.uuid}"]', 200),
        (PHONE.uuid, f'uuid = ["{PHONE.uuid}"]', 200),
        ('Wi-Fi "Phone"', f'uuid = ["{PHONE.uuid}"]', 200),
        ("My phone", 'tether = ["usb"]', 7_000_000),
        (TETHER.key, 'tether = ["usb"]', 7_000_000),
        (CABLE.key, f'uuid = ["{CABLE.uuid}"]', 80_000_000),
        (EVIL.key, f'uuid = ["{EVIL.uuid}"]', 50_000),
        (ICCID, f'iccid = ["{ICCID}"]', 1000),
        ("Airalo", f'iccid = ["{ICCID}"]', 1000),
    ],
)
def test_a_network_is_bound_by_key_identity_or_name(
    home: Path, run: Run, target: str, key: str, paid: int
) -> None:
    run("plan", *ADD_PK)
    assert "pk pays from now on" in run("plan", "bind", "pk", target)
    assert f"[match]\n{key}\n" in (home / "plans.d/pk.toml").read_text()
    assert by_plan(run)["pk"] == used(run, "pk") == paid


def test_the_name_of_an_interface_is_the_interface_whatever_wifi_is_called_so(
    home: Path, run: Run
) -> None:
    run("plan", *ADD_PK)
    assert run("plan", "bind", "pk", "eth0").startswith("eth0: pk at all times")
    assert '[[bind]]\ninterface = "eth0"' in (home / "plans.d/pk.toml").read_text()


def test_what_cannot_be_bound_is_explained_and_changes_nothing(
    home: Path, run: Run
) -> None:
    run("plan", *ADD_PK)
    run("plan", "add", "cn", "--size", "1GB", "--every", "month")
    run("plan", "bind", "cn", PHONE.key)
    before = (home / "plans.d/pk.toml").read_text()
    for target, status, sentence in (
        ("Twin", 2, 'several networks are called "Twin": wifi:'),
        (PHONE.key, 1, "which the plan cn matches"),
        ("usb:1d6b:0001:x", 2, 'no network "usb:1d6b:0001:x" was met here'),
        ("sim:12", 1, "must be the number of a SIM profile"),
        ("wifi:\x1b[31m", 1, "must be the UUID of a connection"),
    ):
        said = run("plan", "bind", "pk", target, status=status)
        assert sentence in said
        assert "\x1b" not in said
    times = run("plan", "bind", "pk", ICCID, "--from", "10:00", status=2)
    assert "a network is its plan's at any time" in times
    assert (home / "plans.d/pk.toml").read_text() == before


def test_a_network_that_was_never_met_is_bound_by_its_key(home: Path, run: Run) -> None:
    run("plan", *ADD_PK)
    said = run("plan", "bind", "pk", "sim:8992000000000000001")
    assert said.startswith(
        "SIM …0001: pk pays from now on, on any interface; before: no"
    )
    uuid = "00000000-0000-4000-8000-000000000001"
    run("plan", "bind", "pk", f"ethernet:{uuid}", "--dry-run")
    assert uuid not in (home / "plans.d/pk.toml").read_text()


def test_the_file_keeps_its_comments_and_a_single_value_becomes_a_list(
    home: Path, run: Run
) -> None:
    run("plan", *ADD_PK)
    file = home / "plans.d/pk.toml"
    file.write_text(
        f'{file.read_text()}[match] # mine\nuuid = "{CABLE.uuid}" # cable\n'
    )
    run("plan", "bind", "pk", PHONE.key)
    assert "[match] # mine\n" in file.read_text()
    assert f'uuid = ["{CABLE.uuid}", "{PHONE.uuid}"]' in file.read_text()
    assert used(run, "pk") == 80_000_200


def test_a_plan_pays_for_its_own_profile_and_shows_it_shortened(run: Run) -> None:
    said = run("plan", *ADD_PK, "--iccid", ICCID)
    assert said.endswith("On SIM 8944…4321.\n")
    assert "not bound" not in run("plan", "list")
    assert used(run, "pk") == by_plan(run)["pk"] == 1000
    run("plan", "bind", "pk", PHONE.key)
    run("plan", "bind", "pk", "My phone")
    run("plan", "bind", "pk", "sim:8992000000000000001")
    for words in ("list", "show pk", "list --json", "show pk --json"):
        text = run("plan", *words.split())
        assert ICCID not in text
        assert "8992000000000000001" not in text
    assert "SIM 8944…4321, SIM 8992…0001, connection " in run("plan", "list")
    (listed,) = json.loads(run("plan", "list", "--json"))["plans"]
    assert listed["networks"] == [
        "SIM 8944…4321",
        "SIM 8992…0001",
        f"connection {PHONE.uuid}",
        "USB tether",
    ]
    assert "USB tether" in run("plan", "show", "pk")


def test_after_plan_replace_the_new_sim_is_the_plans(run: Run) -> None:
    run("plan", *ADD_PK, "--iccid", "8992000000000000001")
    run("plan", *ADD_ALL)
    assert used(run, "pk") == 0
    run("plan", "replace", "pk", "--iccid", ICCID)
    assert used(run, "pk") == by_plan(run)["pk"] == 1000
    assert by_plan(run)["all"] == used(run, "all") == 650_234
    report: Any = json.loads(run("report", "--plan", "pk", "--json"))
    assert sum(row["rx_bytes"] for row in report["rows"]) == 1000


def test_a_plan_is_written_down_with_its_networks(home: Path, run: Run) -> None:
    words = ("--wifi", "Phone", "--wifi", CABLE.uuid.upper(), "--tether", "usb")
    said = run("plan", *ADD_PK, *words, "--bind", "ww*")
    assert said.endswith(f"On connection {CABLE.uuid}, Wi-Fi Phone, USB tether, ww*.\n")
    assert (
        (home / "plans.d/pk.toml")
        .read_text()
        .endswith(
            f'[match]\nuuid = ["{CABLE.uuid.upper()}"]\nssid = ["Phone"]\n'
            'tether = ["usb"]\ninterface = ["ww*"]\n'
        )
    )
    assert by_plan(run)["pk"] == used(run, "pk") == 87_001_200


def test_any_tether_is_all_of_them(run: Run) -> None:
    said = run("plan", *ADD_PK, "--tether", "any", "--tether", "usb")
    assert said.endswith("On tether.\n")
    assert by_plan(run)["pk"] == used(run, "pk") == 7_000_200
    wrong = run("plan", "add", "x", *ADD_PK[2:], "--tether", "a b", status=1)
    assert "must be a way of tethering" in wrong


def test_without_a_store_a_key_says_enough(home: Path, run: Run) -> None:
    (home / "usage.db").unlink()
    run("plan", *ADD_PK)
    said = run("plan", "bind", "pk", f"sim:{ICCID}")
    assert said.startswith("SIM …4321: pk pays from now on, on any interface; before")
    assert run("plan", "bind", "pk", "Phone").startswith("Phone: pk at all times")
