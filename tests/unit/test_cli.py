"""The command line: errors become one line and a status, in one place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from monitor import __version__, cli, lazy
from monitor.errors import ConfigError, StoreMissingError, UsageError

ROOT = Path(__file__).parents[2]
GROUPS = ("config", "data", "alerts", "import", "plan", "pool", "service")
COMMAND = [sys.executable, "-m", "monitor"]


def _run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def _failing(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status when a command raises."""

    @click.command("report")
    def command() -> None:
        raise error

    monkeypatch.setattr(lazy, "imported", lambda _: command)
    return cli.main(["report"])


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert __version__ == project["version"]
    done = _run("--version")
    assert (done.returncode, done.stdout) == (0, f"esimmon {__version__}\n")


def test_help_names_every_command_without_importing_one() -> None:
    code = (
        "import sys; from monitor.cli import main; main(['--help']);"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('sqlalchemy', 'msgspec', 'psutil', 'apscheduler')"
        " or name.startswith('monitor.commands.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("[]\n")
    for name, (_, text) in cli.COMMANDS.items():
        assert f"{name} " in done.stdout
        assert text in done.stdout


def test_without_a_command_the_help_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main([]) == 0
    assert "Usage: esimmon" in capsys.readouterr().out


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_can_be_imported_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([name, "--help"]) == 0
    help_text = capsys.readouterr().out
    assert f"Usage: esimmon {name}" in help_text
    assert f"\n  esimmon {name}" in help_text.replace("sudo ", "") or name == "config"


@pytest.mark.parametrize(
    "name",
    [
        *sorted(set(cli.COMMANDS) - {*GROUPS, "completion", "man"}),
        "config show",
        "data forget",
        "alerts list",
        "import vnstat",
    ],
)
def test_every_command_takes_a_configuration_and_a_store(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main([*name.split(), "--help"])
    help_text = capsys.readouterr().out
    if name != "measure":  # it needs neither
        assert "--config FILE" in help_text
        assert "--store FILE" in help_text


def test_errors_are_one_line_and_their_class_decides_the_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _failing(StoreMissingError("no database yet"), monkeypatch) == 1
    assert _failing(ConfigError("bad\n\x1b[31mkey"), monkeypatch) == 1
    assert _failing(UsageError("no such period"), monkeypatch) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "esimmon: no database yet\n"
        "esimmon: bad\\n\\x1b[31mkey\n"
        "esimmon: no such period\n"
    )


def test_an_interrupt_is_130_and_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _failing(KeyboardInterrupt(), monkeypatch) == 128 + signal.SIGINT
    assert _failing(click.Abort(), monkeypatch) == 130
    assert capsys.readouterr().err == ""


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        _failing(ZeroDivisionError(), monkeypatch)
    with pytest.raises(FileNotFoundError):
        _failing(FileNotFoundError(2, "No such file", "/x"), monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["docter"],
            "No such command 'docter'. Did you mean 'doctor'? Try `esimmon --hel",
        ),
        (["config", "show", "--bar"], "Try `esimmon config show --help`."),
        (["--bar"], "No such option"),
        (["report", "--by", "colour"], "'process', 'interface', 'network'"),
        (["report", "--top", "0"], "Invalid value for '--top'"),
        (["config", "check", "a", "b"], "unexpected extra argument"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_way_to_the_right_help(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("esimmon: ")
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


@pytest.mark.parametrize("arguments", ["config show", "--help", "--version"])
def test_a_reader_that_goes_away_ends_the_command_quietly(arguments: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *arguments.split()],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_full_disk_under_the_output_is_said() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "config", "show"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        b"esimmon: cannot write the output: No space left on device.\n"
    )


def test_a_closed_output_is_no_error() -> None:
    for arguments in ("config check", "--help"):
        shell = f"exec {sys.executable} -m monitor {arguments} >&-"
        done = subprocess.run(
            ["sh", "-c", shell], cwd=ROOT, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_the_terminal_cannot_show_is_escaped() -> None:
    done = _run("config", "show", "--store", "/x/東.db", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "# Store: /x/\\u6771.db" in done.stdout


def test_the_shell_completes_commands_and_options() -> None:
    assert "complete" in _run(_ESIMMON_COMPLETE="bash_source").stdout
    commands = _run(
        _ESIMMON_COMPLETE="bash_complete", COMP_WORDS="esimmon r", COMP_CWORD="1"
    )
    assert commands.stdout.split() == [
        f"plain,{name}" for name in ("relay", "report", "restore", "run")
    ]
    options = _run(
        _ESIMMON_COMPLETE="bash_complete",
        COMP_WORDS="esimmon report --by ho",
        COMP_CWORD="3",
    )
    assert options.stdout.split() == ["plain,hour"]
