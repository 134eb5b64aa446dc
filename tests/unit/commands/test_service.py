"""`esimmon service` where nothing can be installed: it shows, refuses and says why."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from monitor.cli import main
from monitor.commands.service import install, status
from monitor.service import finding, scopes, standing
from monitor.service.installing import default_config
from monitor.service.marks import State, judge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that was called, on a machine of its own without systemd."""
    made = tmp_path / "bin/esimmon"
    made.parent.mkdir()
    made.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(made)])
    for module in (finding, standing):
        monkeypatch.setattr(module, "BOOTED", tmp_path / "no systemd")
    monkeypatch.setattr(finding, "RUNTIME", tmp_path / "nobody")
    monkeypatch.setattr(finding, "is_agent_enabled", lambda: False)
    return made


def test_a_dry_run_shows_every_file_in_full_and_every_command(
    program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "install", "--dry-run"]) == 1
    captured = capsys.readouterr()
    for target in scopes.SYSTEM.targets:
        assert f"write {target.path}" in captured.out
    assert f"ExecStart={program} run\n" in captured.out
    assert f"Exec={program} notify\n" in captured.out
    assert "run systemctl enable esimmon.service" in captured.out
    assert "Nothing was done: this was a dry run." in captured.out
    assert "would be refused: systemd does not run this machine" in captured.err
    assert "would be refused: " + str(program) in captured.err  # it is below /tmp


def test_nothing_is_done_where_systemd_is_not_in_charge(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for verb in ("install", "uninstall"):
        assert main(["service", verb]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "systemd does not run this machine" in captured.err


def test_without_root_the_line_to_type_is_said(
    program: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["service", "install"]) == 1
    said = capsys.readouterr().err
    assert f"sudo {program} service install" in said
    assert "esimmon service install --user" in said


def test_root_has_no_service_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert main(["service", "install", "--user"]) == 2
    assert "type it as yourself" in capsys.readouterr().err


def test_the_dry_run_for_oneself_names_ones_own_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["service", "install", "--user", "--dry-run"])
    shown = capsys.readouterr().out
    units = tmp_path / "xdg_config_home/systemd/user/esimmon.service"
    assert f"write {units}:" in shown
    assert "run systemctl --user enable esimmon.service" in shown
    assert "/etc/systemd" not in shown


def test_the_status_of_nothing_is_1_in_text_and_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for options in ([], ["--user"]):
        assert main(["service", "status", *options]) == 1
        assert "does not count" in capsys.readouterr().out
        assert main(["service", "status", "--json", *options]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["version"] == 1
        assert not found["counts"]
        assert found["scope"] == ("user" if options else "system")


def test_setup_replaces_the_untouched_default_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    call = ["setup", "--non-interactive", "--interface", "wwan*", "--quota", "1 GB"]
    call += ["--billing-day", "1", "--output", str(path)]
    path.write_text(default_config(), encoding="utf-8")
    assert judge(path) is State.INTACT
    assert main(call) == 0
    assert "quota" in path.read_text(encoding="utf-8")
    path.write_text(f"{default_config()}# mine\n", encoding="utf-8")
    assert main(call) == 1
    assert "is there already" in capsys.readouterr().err


def test_who_is_not_asked_joins_only_when_told_to() -> None:
    assert install._agreed("alice", adds=True, yes=False)
    assert not install._agreed("alice", adds=False, yes=True)
    assert install._agreed("alice", adds=None, yes=True)
    assert not install._agreed("alice", adds=None, yes=False)  # no terminal


def test_every_command_of_the_group_can_be_asked_for_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status.command.help
    for verb in ("install", "uninstall", "status"):
        assert main(["service", verb, "--help"]) == 0
        assert "esimmon service" in capsys.readouterr().out
