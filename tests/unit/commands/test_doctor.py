"""`esimmon doctor`: formats, exit statuses, and what cannot be used is a finding."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor.checks import remedies
from monitor.checks.findings import IDS
from monitor.checks.remedies import called_as
from monitor.cli import main
from monitor.config import places
from tests.unit.commands.listening import daemon_at
from tests.unit.commands.stores import make_store


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is logged in."""
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


def _doctor(
    capsys: pytest.CaptureFixture[str], *options: str | Path, expected: int = 0
) -> dict[str, dict[str, str]]:
    """Its findings by id."""
    assert main(["doctor", "--json", *map(str, options)]) == expected
    captured = capsys.readouterr()
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    assert list(found) == ["version", "tier", "findings"]
    for finding in found["findings"]:
        assert list(finding) == ["id", "level", "text", "remedy"]
        assert finding["level"] in ("ok", "note", "warn", "error")
        assert finding["text"]
    assert {each["id"] for each in found["findings"]} <= {*IDS}
    return {each["id"]: each for each in found["findings"]}


def test_a_healthy_database_is_examined_to_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _doctor(capsys, "--store", make_store(tmp_path / "usage.db"))
    for name in ("store", "store-integrity", "store-size", "backups"):
        assert found[name]["level"] == "ok", found[name]
    assert "schema 0" in found["store"]["text"]


def test_without_a_database_it_is_said_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _doctor(capsys, "--store", tmp_path / "none" / "usage.db")
    assert found["store"]["level"] == "note"
    assert f"run --store {tmp_path}/none/usage.db" in found["store"]["remedy"]
    assert not (tmp_path / "none").exists()


def test_a_damaged_database_is_an_error_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_store(tmp_path / "usage.db")
    with closing(sqlite3.connect(path)) as database:
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'bill'"
        ).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    found = _doctor(capsys, "--store", path, expected=1)
    worst = found.get("store-integrity", found["store"])
    assert worst["level"] == "error"
    assert "damaged" in worst["text"]
    assert path.read_bytes() == content


def test_a_broken_configuration_is_a_finding_and_the_rest_is_examined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[sampling]\ntick = 10\n")
    found = _doctor(capsys, "--config", config, expected=1)
    assert found["config"]["level"] == "error"
    assert str(config) in found["config"]["text"]
    assert "sampling.tick" in found["config"]["text"]
    assert found["config"]["remedy"].endswith(str(config))
    assert "kernel" in found


def test_a_daemon_that_answers_is_found_at_the_systems_socket(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with daemon_at(places.SYSTEM_SOCKET):
        found = _doctor(capsys)
    assert str(os.getpid()) in str(found)


def test_text_fits_80_columns_and_has_no_colour_in_a_pipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--store", str(make_store(tmp_path / "usage.db"))]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    for line in shown.splitlines():
        assert len(line) <= 80 or line.lstrip().startswith("$ ")


def test_a_plain_user_may_remove_what_is_his_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    folder = Path(os.environ["XDG_RUNTIME_DIR"], "esimmon")
    folder.mkdir()
    status = folder / "esimmon.json"
    status.write_text('{"version": 1, "store": "/home/x/usage.db"}')
    assert main(["doctor", "--remove-orphans"]) == 0
    assert f"removed {status}\n" in capsys.readouterr().out
    assert not status.exists()


@pytest.mark.parametrize(
    ("argv0", "expected"),
    [
        ("/usr/bin/esimmon", "esimmon"),
        ("/home/a b/.venv/bin/esimmon", "'/home/a b/.venv/bin/esimmon'"),
    ],
)
def test_a_remedy_calls_the_program_as_sudo_finds_it(
    argv0: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remedies, "_USUAL_PATH", "")
    assert called_as(argv0) == expected


def test_a_module_is_called_as_one() -> None:
    assert called_as("/x/monitor/__main__.py").endswith(" -m monitor")


def test_the_help_names_the_exit_status_examples_and_every_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--help"]) == 0
    shown = capsys.readouterr().out
    words = ("exit status is 1", "esimmon doctor --remove-orphans", *IDS)
    for word in words:
        assert word in " ".join(shown.split())
