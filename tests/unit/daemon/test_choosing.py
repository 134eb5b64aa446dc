"""What a click does: a plan's file names one more network, or it is said why not."""

from __future__ import annotations

import fcntl
import os
import tomllib
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.config import parse_config
from monitor.config.plan_files import with_plan_files
from monitor.daemon.choosing import Meant, bind, choices, find, known_by
from monitor.errors import ConfigError
from monitor.networks.uplink import ETHERNET, SIM, USB, WIFI, Network
from monitor.plans.status import Status
from monitor.store import networks as stored
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from tests.alerting import looked_at, plan

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config import Config

ICCID = "8985200012345674321"
UUID = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11"
PHONE = "usb:05ac:12a8:1"
NAMELESS = Network("if:wwan0", metered=True)
WWAN = Meant(NAMELESS, "wwan0")
MONTH = 'every = "month"\nbilling_day = 1\n'


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A database with two plans in files beside it."""
    folder = tmp_path / "plans.d"
    folder.mkdir(mode=0o755)
    (folder / "cn.toml").write_text(f'{MONTH}match.interface = ["eth*"]\n')
    (folder / "pk.toml").write_text(f"# of the airport\n{MONTH}")
    return tmp_path / "usage.db"


def config_of(store: Path, text: str = "") -> Config:
    """All plans, as a daemon reads them."""
    config = parse_config(text, "config.toml")
    file = store.parent / "config.toml"
    return with_plan_files(config, file, store.parent / "plans.d", ZoneInfo("UTC"))


def test_the_file_of_the_plan_names_the_network_and_keeps_the_rest(
    store: Path,
) -> None:
    file = store.parent / "plans.d/pk.toml"
    told = bind(store, config_of(store), WWAN, "pk")
    assert told == f"wwan0: interface in {file}. Undo: esimmon plan edit pk"
    assert file.read_text().startswith("# of the airport\n")
    assert tomllib.loads(file.read_text())["match"] == {"interface": ["wwan0"]}
    (pk,) = [each for each in config_of(store).plans if each.id == "pk"]
    assert pk.match is not None
    assert pk.match.interface == ("wwan0",)


@pytest.mark.parametrize(
    ("plan_id", "why"),
    [
        ("z", r'"z" is in the configuration file: add interface = \["wwan0"\] to its'),
        ("nobody", 'no plan is called "nobody"'),
        ("../pk", "no plan is called"),
        ("", "no plan is called"),
    ],
)
def test_a_plan_without_a_file_is_left_alone(
    store: Path, plan_id: str, why: str
) -> None:
    config = config_of(store, f'[[plan]]\nid = "z"\n{MONTH}')
    with pytest.raises(ConfigError, match=why):
        bind(store, config, WWAN, plan_id)


def test_what_another_plan_names_already_is_refused_and_nothing_is_written(
    store: Path,
) -> None:
    other = f'[[plan]]\nid = "z"\n{MONTH}match.interface = ["wwan0"]\n'
    before = (store.parent / "plans.d/pk.toml").read_text()
    with pytest.raises(ConfigError, match="pk"):
        bind(store, config_of(store, other), WWAN, "pk")
    assert (store.parent / "plans.d/pk.toml").read_text() == before


def test_a_command_at_work_is_not_waited_for(store: Path) -> None:
    descriptor = os.open(store.parent / "plans.d", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another command is changing plans"):
            bind(store, config_of(store), WWAN, "pk")
    finally:
        os.close(descriptor)


def test_an_interface_that_would_be_a_pattern_is_refused(store: Path) -> None:
    with pytest.raises(ConfigError, match="is a pattern"):
        bind(store, config_of(store), Meant(Network("if:w*n0"), "w*n0"), "pk")


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (Network(f"sim:{ICCID}", SIM, iccid=ICCID, uuid=UUID), ("iccid", ICCID)),
        (Network(f"wifi:{UUID}", WIFI, uuid=UUID, ssid=b"x"), ("uuid", UUID)),
        (Network(f"ethernet:{UUID}", ETHERNET, uuid=UUID), ("uuid", UUID)),
        (Network(PHONE, USB, uuid=UUID, tether="usb/apple"), ("tether", "usb/apple")),
        (Network(PHONE, USB, uuid=UUID), ("uuid", UUID)),
        (Network(f"wifi:{UUID}", WIFI, uuid=UUID, tether="wifi"), ("uuid", UUID)),
        (Network(PHONE, USB), ("interface", "wwan0")),
        (NAMELESS, ("interface", "wwan0")),
    ],
)
def test_the_most_certain_of_what_is_known_names_a_network(
    network: Network, expected: tuple[str, str]
) -> None:
    assert known_by(network, "wwan0") == expected


def test_a_network_that_only_its_interface_names_cannot_be_bound_when_it_is_gone() -> (
    None
):
    with pytest.raises(ConfigError, match=r"usb:05ac:12a8:1 is not there any more\."):
        known_by(Network(PHONE, USB))


def test_a_network_is_found_by_its_key_while_it_is_there_and_later(
    tmp_path: Path,
) -> None:
    phone = Network(PHONE, USB, tether="usb/apple")
    gone = Network(f"wifi:{UUID}", WIFI, "Gone", uuid=UUID)
    path = tmp_path / "usage.db"
    with open_store(path, writable=True, create=True) as store:
        batch = Batch(networks={gone.key: gone})
        with store.begin() as connection:
            stored.write(connection, batch)
        present = {"wwan0": NAMELESS, "eth1": phone}
        assert find(store, present, phone.key) == (phone, "eth1")
        assert find(store, {}, gone.key) == (gone, "")
        assert find(store, {}, "if:wwan0") == (Network("if:wwan0"), "wwan0")
        for key in ("wifi:other", "", "if:", "if:0123456789abcdef", "None"):
            with pytest.raises(ConfigError, match="no network is known as"):
                find(store, {}, key)


def test_plans_that_are_over_or_without_a_file_are_no_choice(store: Path) -> None:
    states = {"pk": "active", "cn": "expired", "z": "active"}
    plans = [
        looked_at(plan(name), Status(state=state))  # type: ignore[arg-type]
        for name, state in states.items()
    ]
    assert choices(store, plans) == ("pk",)
