"""`esimmon alerts` and `esimmon notify` as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from monitor import cli
from monitor.commands import notify
from monitor.commands.options import find_setup
from monitor.config import SYSTEM_SOCKET
from monitor.store.batch import Batch
from tests.alerting import raised
from tests.desktop.stack import started, wait_for
from tests.unit.store.builders import T0, writing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one alert."""
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(Batch(alerts=[raised()]), T0, trusted=True)
    return path


@pytest.mark.parametrize("words", [["--json"], ["--format", "json"]])
def test_the_list_as_json(
    store: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["alerts", "list", "--store", str(store), *words]) == 0
    (alert,) = json.loads(capsys.readouterr().out)["alerts"]
    assert (alert["kind"], alert["plan"], alert["detail"]) == (
        "data.warning",
        "wwan",
        "80",
    )


def test_the_list_as_text_and_csv(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["alerts", "list", "--store", str(store)]) == 0
    assert "Plan wwan: 80 % of 10.00 GB used" in capsys.readouterr().out
    assert cli.main(["alerts", "list", "--store", str(store), "--csv"]) == 0
    assert capsys.readouterr().out.count("\n") == 2


def test_a_list_without_a_store_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.db"
    assert cli.main(["alerts", "list", "--store", str(missing)]) == 1
    assert "esimmon run" in capsys.readouterr().err


def test_a_test_says_what_came_of_each_channel_and_what_to_do(
    tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses, config = tmp_path / "push", tmp_path / "config.toml"
    config.write_text(f'[push]\naddresses = "{addresses}"\n', encoding="utf-8")
    addresses.write_text("json://127.0.0.1:1/", encoding="utf-8")
    words = ["alerts", "test", "--store", str(store), "--config", str(config)]

    def lines() -> list[str]:
        assert cli.main(words) == 1
        return capsys.readouterr().out.splitlines()

    assert lines() == [
        "daemon: none is running: nobody would raise an alert",
        "  next: sudo esimmon service install, or esimmon run",
        "this desktop: there is none here",
        *lines()[3:],
    ]
    assert "others may read it" in " ".join(lines())
    addresses.chmod(0o600)
    assert lines()[3:] == [
        "phone: not tried: only a daemon can",
        "  next: esimmon relay --test",
        "Nobody was shown anything: alerts are only in the log.",
    ]
    config.write_text("", encoding="utf-8")
    assert lines()[3].startswith("phone: not set up ([push] addresses")
    assert all(len(line) <= 80 for line in lines())


def test_notify_follows_the_systems_daemon_or_that_of_a_store(store: Path) -> None:
    assert notify.daemon_socket(find_setup(None, None)) == SYSTEM_SOCKET
    chosen = notify.daemon_socket(find_setup(None, str(store)))
    assert chosen != SYSTEM_SOCKET
    assert chosen.name.startswith("store-")


def test_of_two_notify_of_the_same_user_one_ends_without_a_fault(store: Path) -> None:
    command = [sys.executable, "-m", "monitor", "notify", "--store", str(store)]
    with (
        started(command, stderr=subprocess.PIPE) as one,
        started(command, stderr=subprocess.PIPE) as other,
    ):
        both = (one, other)
        wait_for(lambda: any(each.poll() is not None for each in both), "an end", 30)
        (ended,) = (each for each in both if each.poll() is not None)
        assert ended.returncode == 0
        assert ended.stderr is not None
        assert b"runs already" in ended.stderr.read()
