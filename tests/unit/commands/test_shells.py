"""Completion in the real shells, and the manual in the real man."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor import cli

ROOT = Path(__file__).parents[3]
PLAN = '[[plan]]\nid = "travel"\nquota = "5 GB"\nevery = "month"\nbilling_day = 1\n'


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A person who has a plan, and the program in his PATH."""
    program = tmp_path / "bin/esimmon"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m monitor "$@"\n'
    )
    program.chmod(0o755)
    config = tmp_path / "config.toml"
    config.write_text(PLAN)
    path = f"{program.parent}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "ESIMMON_CONFIG": str(config)}


def script(shell: str, environ: dict[str, str]) -> str:
    """What `esimmon completion` writes for a shell."""
    command = ["esimmon", "completion", shell]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def offered(words: str, environ: dict[str, str]) -> list[str]:
    """What bash offers after these words."""
    typed = words.split(" ")
    ask = (
        f'COMP_WORDS=({words}); [ -n "{typed[-1]}" ] || COMP_WORDS+=("")\n'
        f"COMP_CWORD={len(typed) - 1}\n"
        '_esimmon_completion esimmon\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script("bash", environ) + ask],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("esimmon re", ["relay", "report", "restore"]),
        ("esimmon plan show ", ["travel"]),
        ("esimmon plan edit tr", ["travel"]),
        ("esimmon status t", ["travel"]),
        ("esimmon plan bind x", []),
        ("esimmon completion ", ["bash", "fish", "zsh"]),
    ],
)
def test_bash_completes_commands_and_plans(
    words: str, expected: list[str], environ: dict[str, str]
) -> None:
    assert sorted(offered(words, environ)) == expected


def test_a_broken_configuration_completes_no_plans(environ: dict[str, str]) -> None:
    Path(environ["ESIMMON_CONFIG"]).write_text("nonsense = = 1")
    assert offered("esimmon plan show ", environ) == []


@pytest.mark.needs("fish")
def test_fish_completes_commands_with_their_help(environ: dict[str, str]) -> None:
    ask = script("fish", environ) + '\ncomplete -C "esimmon re"'
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "report\tShow which program moved which bytes." in done.stdout


@pytest.mark.needs("zsh")
def test_zsh_takes_its_script(environ: dict[str, str]) -> None:
    ask = f"autoload -Uz compinit; compinit -u -D\n{script('zsh', environ)}"
    ask += "\nprint -r -- ${_comps[esimmon]}"
    done = subprocess.run(
        ["zsh", "-f", "-c", ask],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("_esimmon_completion\n", "")


@pytest.mark.needs("groff")
def test_the_manual_has_every_command_and_option_and_no_fault(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert cli.main(["man"]) == 0
    page = capfdbinary.readouterr().out
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-Kutf8", "-P-cbou"],
        input=page,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    shown = done.stdout.decode()
    for name in cli.COMMANDS:
        assert re.search(rf"^   esimmon {name}\b", shown, re.MULTILINE), name
    for words in ("esimmon plan topup", "--waybar", "esimmon alerts snooze", "FILES"):
        assert words in shown
    # An example stays as it was written.
    assert "\n       esimmon status home               only this one" in shown
    assert r"\b" not in shown


@pytest.mark.needs("man")
def test_on_a_terminal_the_manual_is_shown_by_man(environ: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    more = {"MANPAGER": "cat", "MANWIDTH": "80", "TERM": "dumb"}
    with subprocess.Popen(
        ["esimmon", "man"], env=environ | more, stdout=theirs, stdin=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # EIO: the other end is closed, pty(7)
            pass
    os.close(ours)
    assert process.returncode == 0
    assert b"ESIMMON(1)" in shown
    assert b".SH" not in shown
