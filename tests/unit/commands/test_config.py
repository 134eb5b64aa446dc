"""`esimmon config`: what is in force, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.config import load_config

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"


def test_a_good_file_is_ok(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", str(EXAMPLE)]) == 0
    assert main(["config", "check", "--config", str(EXAMPLE)]) == 0
    assert capsys.readouterr().out == f"OK: {EXAMPLE}.\n" * 2


def test_without_a_file_the_defaults_are_ok(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["config", "check"]) == 0
    assert capsys.readouterr().out == "OK: no file, all defaults.\n"


def test_a_bad_file_is_named_with_line_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[sampling]\ntick = '2 min'\n")
    assert main(["config", "check", str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f'esimmon: {path}: line 2: sampling.tick = "2 min": must be from "1 s" to '
        '"1 min".\n'
    )


def test_a_good_file_can_be_checked_while_a_bad_one_is_in_force(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("nonsense = 1\n")
    monkeypatch.setenv("ESIMMON_CONFIG", str(bad))
    assert main(["config", "check", str(EXAMPLE)]) == 0
    assert main(["config", "check"]) == 1
    assert "nonsense: unknown key" in capsys.readouterr().err


@pytest.mark.parametrize(
    "paid", ['match.ssid = ["Home"]', 'iccid = "8944500102030404321"', "match = {}"]
)
def test_a_plan_that_pays_for_a_network_needs_no_interface(
    paid: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given.toml"
    given.write_text(f'[[plan]]\nid = "a"\nevery = "month"\n{paid}\n')
    own = ["--config", str(given), "--store", str(tmp_path / "usage.db")]
    assert main(["config", "check", *own]) == 0
    assert ("pays for no" in capsys.readouterr().out) is (paid == "match = {}")


def test_plans_of_files_are_checked_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, plans = tmp_path / "given.toml", tmp_path / "plans.d"
    given.write_text('[[plan]]\nid = "a"\nevery = "month"\nmatch.interface = ["a"]\n')
    plans.mkdir()
    (plans / "b.toml").write_text('every = "month"\n')
    own = ["--config", str(given), "--store", str(tmp_path / "usage.db")]
    assert main(["config", "check", *own]) == 0
    assert capsys.readouterr().out == (
        f"OK: {given}, and 1 plan in {plans}.\n"
        "b: pays for no interface yet: esimmon plan bind b INTERFACE\n"
    )
    assert main(["config", "show", *own]) == 0
    text = capsys.readouterr().out
    assert f"# Plans: {plans}\n" in text
    assert '[[plan]]\nid = "b"\nevery = "month"' in text
    assert main(["config", "show", "--json", *own]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [plan["id"] for plan in shown["plans"]] == ["a", "b"]
    assert shown["plans_directory"] == str(plans)
    (plans / "b.toml").write_text("nonsense")
    assert main(["config", "check", *own]) == 1
    assert f"{plans}/b.toml: not valid TOML" in capsys.readouterr().err


def test_what_is_shown_is_a_file_with_the_same_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, shown = tmp_path / "given.toml", tmp_path / "shown.toml"
    given.write_text("sampling.tick = '20 s'\ninterfaces.metered = ['usb*']\n")
    assert main(["config", "show", "--config", str(given), "--store", "/x.db"]) == 0
    text = capsys.readouterr().out
    shown.write_text(text)
    assert load_config(shown) == load_config(given)
    assert f"# Configuration: {given}." in text
    assert "# Store: /x.db" in text
    assert 'tick = "20 s"  # set' in text


def test_json_shows_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given.toml"
    given.write_text("store.size_limit = '1 GiB'\n")
    arguments = ["config", "show", "--config", str(given), "--store", "/x.db"]
    assert main([*arguments, "--json"]) == 0
    assert main([*arguments, "--format", "json"]) == 0
    first, second = capsys.readouterr().out.split("}\n{")
    shown = json.loads(first + "}")
    assert shown == json.loads("{" + second)
    assert shown["version"] == 1
    assert shown["file"] == str(given)
    assert shown["store"] == "/x.db"
    assert shown["socket"].endswith(".sock")
    assert shown["settings"]["store"]["size_limit"] == "1073741824 B"
    assert shown["settings"]["sampling"] == {"tick": "10 s", "flush": "30 s"}
