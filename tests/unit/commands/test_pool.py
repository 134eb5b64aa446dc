"""`esimmon pool`: what it writes into folder and configuration, and what it carries."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from monitor.cli import main
from monitor.config import control_socket, load_config
from monitor.config.plan_files import read_plan_files
from tests.pooling import Standin
from tests.unit.commands.listening import daemon_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]

PLAN = """# Anna's own words.
[[plan]]
id = "family"
quota = "10 GB"
every = "month"
remind = ["72 h"]
match = { interface = "wwan*", uuid = "5f1c7a52-3e0e-4d4b-9c0b-0d5a4f8a7c11" }
bind = [{ interface = "usb0" }]
[[plan.member]]
id = "anna"
allocation_bytes = "4 GB"
[[plan.member]]
id = "ben"
allocation_bytes = "4 GB"
"""


class Person:
    """Somebody with a configuration and a store of his own."""

    def __init__(
        self, home: Path, config: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home.mkdir()
        self.home, self.capsys = home, capsys
        self.config = home / "config.toml"
        self.config.write_text(config)
        self.store = home / "usage.db"
        self.words = ["--config", str(self.config), "--store", str(self.store)]

    def run(self, *words: str, status: int = 0) -> str:
        """Call `esimmon pool`; its output, or what it complains of."""
        assert main(["pool", *words, *self.words]) == status
        captured = self.capsys.readouterr()
        return captured.err if status else captured.out

    @property
    def socket(self) -> Path:
        """Where his daemon answers."""
        is_root = os.geteuid() == 0
        return control_socket(self.store, os.environ, is_root=is_root, explicit=True)


@pytest.fixture
def anna(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Person:
    """Who has the plan."""
    return Person(tmp_path / "anna", PLAN, capsys)


@pytest.fixture
def ben(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Person:
    """Who will share it."""
    return Person(tmp_path / "ben", "", capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What both sync."""
    (tmp_path / "Sync").mkdir()
    return tmp_path / "Sync"


def init(person: Person, folder: Path, *more: str) -> str:
    """Begin the pool."""
    words = (str(folder), "--plan", "family", "--device", "annas", *more)
    return person.run("init", *words)


def standin(name: str) -> tuple[Standin, dict[str, Callable[..., dict[str, Any]]]]:
    """A daemon, and what it answers."""
    made = Standin(name)
    return made, {"pool.outbox": made.outbox, "pool.take": made.take}


def test_init_makes_the_folder_and_sets_only_its_own_table(
    anna: Person, folder: Path
) -> None:
    said = init(anna, folder, "--member", "anna")
    assert f"{folder}: a new pool, and this device is annas in it." in said
    config = load_config(anna.config)
    assert (config.pool.folder, config.pool.device) == (str(folder), "annas")
    assert (config.pool.member, config.pool.plans) == ("anna", ("family",))
    assert anna.config.read_text().startswith(PLAN)
    pool = json.loads((folder / "esimmon-pool.json").read_text())
    assert (pool["version"], pool["plans"]) == (1, ["family"])
    shared = (folder / "plans" / "family.toml").read_text()
    assert 'remind = ["3 days"]' in shared
    assert "tz = " in shared
    for own in ("match", "wwan", "usb0", "5f1c7a52"):
        assert own not in shared


def test_join_takes_the_plan_and_binds_it_here(
    anna: Person, ben: Person, folder: Path
) -> None:
    init(anna, folder)
    words = (str(folder), "--device", "bens", "--member", "ben", "--bind", "usb*")
    said = ben.run("join", *words)
    assert "family: taken from the pool." in said
    (file,) = read_plan_files(ben.home / "plans.d", ZoneInfo("UTC"))
    assert file.table.match.interface == ("usb*",)
    assert [str(each.id) for each in file.table.all_members] == ["anna", "ben"]
    assert load_config(ben.config).pool.device == "bens"


def test_join_leaves_a_plan_as_it_is_here_and_says_what_is_not_bound(
    anna: Person, ben: Person, folder: Path
) -> None:
    init(anna, folder)
    own = '[[plan]]\nid = "family"\nquota = "1 GB"\nevery = "month"\n'
    ben.config.write_text(own)
    assert "taken" not in ben.run("join", str(folder), "--device", "bens")
    assert not list((ben.home / "plans.d").iterdir())
    third = Person(ben.home / "third", "", ben.capsys)
    said = third.run("join", str(folder), "--device", "thirds")
    assert "esimmon plan bind family INTERFACE" in said


def test_leave_takes_the_table_out_and_nothing_else(anna: Person, folder: Path) -> None:
    init(anna, folder)
    said = anna.run("leave")
    assert "What it told stays told" in said
    assert anna.config.read_text().strip() == PLAN.strip()
    assert "in no pool" in anna.run("leave", status=1)


def test_what_cannot_be_begun_or_joined_says_why_and_changes_nothing(
    anna: Person, ben: Person, folder: Path, tmp_path: Path
) -> None:
    gone = str(tmp_path / "gone")
    plan = ("--plan", "family")
    assert "no such folder" in anna.run("init", gone, *plan, status=1)
    assert 'called "x". There are: family' in anna.run(
        *("init", str(folder), "--plan", "x"), status=2
    )
    assert "nobody who shares the plan is called" in anna.run(
        *("init", str(folder), *plan, "--member", "cleo"), status=2
    )
    assert "cannot be a device's name" in anna.run(
        *("init", str(folder), *plan, "--device", "../x"), status=2
    )
    assert list(folder.iterdir()) == []
    assert anna.config.read_text() == PLAN
    assert "no pool is in it" in ben.run("join", str(folder), status=1)
    init(anna, folder)
    assert "is in the pool of" in anna.run("join", str(folder), status=1)
    (folder / "devices" / "annas").mkdir()
    taken = ("join", str(folder), "--device", "Annas")
    assert "give this one another name" in ben.run(*taken, status=2)
    stranger = ("join", str(folder), "--device", "bens", "--member", "cleo")
    assert "There are: anna, ben" in ben.run(*stranger, status=2)
    assert ben.config.read_text() == ""
    assert not list((ben.home / "plans.d").iterdir())
    ben.run(*taken, "--again")


def test_a_plan_in_the_folder_that_makes_no_sense_is_named(
    anna: Person, ben: Person, folder: Path
) -> None:
    init(anna, folder)
    (folder / "plans" / "family.toml").write_text("quota = 5\n")
    said = ben.run("join", str(folder), "--device", "bens", status=1)
    assert f"{folder}/plans/family.toml: line 1: quota = 5: must be" in said


def test_a_daemon_takes_it_at_once_and_one_that_cannot_is_said(
    anna: Person, folder: Path
) -> None:
    asked: list[object] = []

    def changed(params: object) -> dict[str, object]:
        asked.append(params)
        return {"refused": "config.toml: it is broken" if len(asked) > 1 else None}

    with daemon_at(anna.socket, {"plans.changed": changed}):
        init(anna, folder)
        assert len(asked) == 1
        assert "goes on with what it had" in anna.run("leave", status=1)


def test_sync_carries_by_the_daemons_socket_and_says_what_came(
    anna: Person, ben: Person, folder: Path
) -> None:
    init(anna, folder)
    ben.run("join", str(folder), "--device", "bens")
    of_anna, answers = standin("annas")
    for hour in range(700):
        of_anna.move(hour, 1000)
    with daemon_at(anna.socket, answers):
        assert anna.run("sync").startswith("annas: 700 new, 1")
        assert anna.run("sync") == "Nothing new.\n"
    of_ben, answers = standin("bens")
    with daemon_at(ben.socket, answers):
        assert ben.run("sync") == "from annas: 700 new.\n"
    assert of_ben.sum_of("annas") == 700_000
    assert "no daemon answers there" in ben.run("sync", status=1)
    ben.run("leave")
    assert "this device is in no pool" in ben.run("sync", status=1)


def test_relay_says_once_that_the_folder_is_gone_and_goes_on(
    anna: Person, folder: Path, tmp_path: Path
) -> None:
    init(anna, folder)
    folder.rename(tmp_path / "unmounted")
    words = [sys.executable, "-m", "monitor", "relay", *anna.words]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as relay:
        assert relay.stderr is not None
        first, complaint = (relay.stderr.readline() for _ in range(2))
        relay.send_signal(signal.SIGINT)
        assert relay.wait(timeout=60) == 130
    assert first == f"the pool: {folder}, every 10 min\n"
    gone = f"{folder}: No such file or directory. Is it mounted?"
    assert complaint == f"esimmon: the pool: {gone} Trying again.\n"
