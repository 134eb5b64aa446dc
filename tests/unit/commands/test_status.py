"""`esimmon status`: which daemon is asked, what is written, what scripts are told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor import quick
from monitor.cli import main
from monitor.client import statusfile
from monitor.config import control_socket, places
from tests.unit.standings import GB, PACK, WWAN, document, keep

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture(autouse=True)
def _as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks is not root."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def _status(
    capsys: pytest.CaptureFixture[str], *arguments: str, expected: int = 0
) -> str:
    assert main(["status", *arguments]) == expected
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def _refused(capsys: pytest.CaptureFixture[str], arguments: Sequence[str] = ()) -> str:
    messages = set()
    for option in ((), ("--check",), ("--quiet",), ("--json",)):
        assert main(["status", *option, *arguments]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        messages.add(captured.err)
    (message,) = messages
    assert message.count("\n") == 1
    return message


def test_the_users_own_daemon_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    keep(os.environ["XDG_RUNTIME_DIR"], document([WWAN, PACK]))
    lines = _status(capsys).splitlines()
    assert [line.split()[0] for line in lines] == ["wwan", "today", "pk", "today"]
    assert json.loads(_status(capsys, "--json"))["version"] == 1
    assert _status(capsys, "--format", "json") == _status(capsys, "--json")


def test_only_the_plans_that_were_asked_for_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep(os.environ["XDG_RUNTIME_DIR"], document([WWAN, PACK], 4 * GB))
    assert _status(capsys, "pk", "pk").splitlines() == [
        "pk  usb0, active: 4.00 of 20.00 GB (20.0 %), left 16.00 GB",
        "    ends 28 Nov 22:00 PKT (28 Nov 17:00 UTC), in 3 days",
        "    today 4.00 GB, budget 6.67 GB: 2.67 GB left",
        "    at this pace 16.00 GB by then: enough",
    ]
    assert _status(capsys, "pk", "--quiet") == ""
    assert _status(capsys, "wwan", "--quiet", expected=10) == ""
    assert main(["status", "mars"]) == 2
    assert 'no plan "mars". There are: wwan, pk.' in capsys.readouterr().err


@pytest.mark.parametrize(("used_bytes", "status"), [(0, 0), (4 * GB, 10), (5 * GB, 11)])
def test_check_tells_scripts_how_things_stand(
    used_bytes: int, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(os.environ["XDG_RUNTIME_DIR"], document([WWAN], used_bytes))
    assert "wwan" in _status(capsys)
    assert "wwan" in _status(capsys, "--check", expected=status)
    assert _status(capsys, "--quiet", expected=status) == ""
    assert _status(capsys, "--quiet", "--json", expected=status) == ""


def test_the_systems_daemon_is_read_where_the_user_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places.SYSTEM_STORE.parent.mkdir()
    places.SYSTEM_STORE.touch()
    places.SYSTEM_SOCKET.parent.mkdir()
    path = statusfile.status_path(places.SYSTEM_SOCKET)
    statusfile.write(path, document([PACK]))
    assert _status(capsys).startswith("pk ")
    own = tmp_path / "xdg_state_home/esimmon/usage.db"
    own.parent.mkdir()
    own.touch()
    keep(os.environ["XDG_RUNTIME_DIR"], document([WWAN]))
    assert _status(capsys).startswith("wwan ")


def test_a_store_of_its_own_has_a_status_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(os.environ["XDG_RUNTIME_DIR"], document([WWAN]))
    store = tmp_path / "other.db"
    socket = control_socket(store, os.environ, is_root=False, explicit=True)
    statusfile.write(statusfile.status_path(socket), document([PACK]))
    assert _status(capsys, "--store", str(store)).startswith("pk ")
    config = tmp_path / "config.toml"
    config.write_text(f'store.path = "{store}"')
    assert _status(capsys, "--config", str(config)).startswith("pk ")


def test_without_a_daemon_the_next_step_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "no daemon is running. Start counting with: esimmon run" in _refused(capsys)


def test_what_a_dead_daemon_left_is_not_believed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    places.SYSTEM_STORE.parent.mkdir()
    places.SYSTEM_STORE.touch()
    keep(os.environ["XDG_RUNTIME_DIR"], document(age_s=95))
    own = Path(os.environ["XDG_STATE_HOME"]) / "esimmon/usage.db"
    own.parent.mkdir()
    own.touch()
    assert "the daemon last wrote 95 s ago (it should every 10 s)" in _refused(capsys)


def test_a_broken_configuration_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "bad.toml"
    config.write_text("nonsense = 1")
    assert "nonsense: unknown key" in _refused(capsys, ["--config", str(config)])


def test_a_bar_says_that_nothing_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status", "--oneline"]) == 1
    said = capsys.readouterr()
    assert said.out == "esimmon: not counting\n"
    assert said.err.startswith("esimmon: no daemon is running.")
    assert main(["status", "--waybar"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["class"], found["text"]) == ("stale", "esimmon: not counting")
    assert found["tooltip"].startswith("no daemon is running.")
    assert main(["status", "--waybar", "--quiet"]) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "spoilt",
    [
        *({"plans": [7]}, {"plans": [{"id": []}]}, {"plans": [{"id": "wwan"}]}),
        *({"alerts": [0]}, {"alerts": 7}, {"tick_s": float("inf")}),
    ],
)
def test_a_status_that_makes_no_sense_is_said_so(
    spoilt: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(os.environ["XDG_RUNTIME_DIR"], document([WWAN]))
    path = Path(os.environ["XDG_RUNTIME_DIR"]) / "esimmon" / "esimmon.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | spoilt))
    for words in ([], ["--oneline"], ["--check"]):
        assert main(["status", *words]) == 1
        assert _is_one_sentence(capsys.readouterr().err)
        assert quick.answer(["status", *words], os.environ, 1000) is None


def _is_one_sentence(text: str) -> bool:
    return text.startswith("esimmon: ") and text.count("\n") == 1
