"""`esimmon status` before click: the same answer, and only when that is simple."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor import __main__, config, quick
from monitor.cli import main
from monitor.client.statusfile import status_path
from monitor.config import places
from tests.unit.standings import GB, PACK, WWAN, document, keep

ROOT = Path(__file__).parents[2]
USER = 1000
RUNTIME = "XDG_RUNTIME_DIR"


@pytest.fixture(autouse=True)
def _no_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system of this machine is not looked at."""
    monkeypatch.setattr(quick, "SYSTEM_CONFIG", str(tmp_path / "etc.toml"))
    monkeypatch.setattr(quick, "SYSTEM_STATUS", str(tmp_path / "system.json"))


@pytest.mark.parametrize(
    "arguments",
    [
        *("", "--check", "--json", "--format=json --check", "--quiet", "-q"),
        *("--json -q", "--format=oneline", "--oneline --check", "--waybar"),
        "--format=waybar",
    ],
)
def test_it_is_the_answer_of_the_command(
    arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(os.environ[RUNTIME], document([WWAN, PACK], 4 * GB))
    words = ["status", *arguments.split()]
    done = quick.answer(words, os.environ, USER)
    monkeypatch.setattr(os, "geteuid", lambda: USER)
    status = main(words)
    assert done == (capsys.readouterr().out, status)


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["report"], ["status", "--help"], ["status", "wwan"], ["-q", "status"]),
        *(["status", "--store", "/x"], ["status", "--config", "/x"], ["status", "-x"]),
        ["status", "--format", "json"],
    ],
)
def test_what_is_not_simple_is_left_to_the_command(arguments: list[str]) -> None:
    keep(os.environ[RUNTIME], document())
    assert quick.answer(arguments, os.environ, USER) is None


@pytest.mark.parametrize(
    "variable", ["ESIMMON_CONFIG", "STATE_DIRECTORY", "RUNTIME_DIRECTORY"]
)
def test_an_environment_that_moves_the_places_is_left_to_the_command(
    variable: str,
) -> None:
    keep(os.environ[RUNTIME], document())
    assert quick.answer(["status"], os.environ | {variable: "/x"}, USER) is None
    without = {RUNTIME: os.environ[RUNTIME]}
    assert quick.answer(["status"], without, USER) is None
    assert quick.answer(["status"], os.environ, USER) is not None


@pytest.mark.parametrize(
    ("text", "is_simple"),
    [
        ("", True),
        ('[store]\npath = ""\n', True),
        ('# path = "/x"\n[[plan]]\nid = "a"\n', True),
        ('[store]\npath = "/x"\n', False),
        ('store.path="/x"', False),
        ('store = { path = "/x" }', False),
        ('store."p\\u0061th" = "/x"', False),
    ],
)
def test_a_configuration_that_may_move_the_store_is_left_to_the_command(
    text: str,
    is_simple: bool,  # noqa: FBT001 - a column of the table
) -> None:
    keep(os.environ[RUNTIME], document())
    own = Path(os.environ["XDG_CONFIG_HOME"]) / "esimmon/config.toml"
    own.parent.mkdir()
    own.write_text(text)
    assert (quick.answer(["status"], os.environ, USER) is not None) == is_simple
    own.unlink()
    own.mkdir()
    assert quick.answer(["status"], os.environ, USER) is None


def test_what_is_missing_or_stale_is_left_to_the_command() -> None:
    assert quick.answer(["status"], os.environ, USER) is None
    keep(os.environ[RUNTIME], document(age_s=1000))
    assert quick.answer(["status"], os.environ, USER) is None


def test_root_reads_the_systems_status_and_a_user_his_own_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(str(tmp_path), document([PACK]))
    system = str(tmp_path / "esimmon/esimmon.json")
    monkeypatch.setattr(quick, "SYSTEM_STATUS", system)
    for uid, has_own, expected in (
        *((0, False, "pk"), (USER, False, "pk")),
        *((0, True, "pk"), (USER, True, "wwan")),
    ):
        if has_own:
            keep(os.environ[RUNTIME], document([WWAN]))
        done = quick.answer(["status"], os.environ, uid)
        assert done is not None
        assert done[0].startswith(expected), (uid, has_own)


def test_the_places_are_those_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    assert str(config.SYSTEM_CONFIG) == quick.SYSTEM_CONFIG
    assert status_path(config.SYSTEM_SOCKET) == quick.SYSTEM_STATUS


def test_almost_nothing_is_imported() -> None:
    """Pathlib, typing, dataclasses and click each cost a part of the budget."""
    keep(os.environ[RUNTIME], document())
    code = (
        "import os, sys; from monitor import __main__, quick;"
        "before = os.geteuid;"
        f"assert quick.answer(['status'], os.environ, {USER}) is not None;"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'click',"
        " 'typing', 'pathlib', 'dataclasses', 'datetime', 'zoneinfo', 'msgspec',"
        " 'tomllib', 'socket', 'ctypes', 'hashlib', 'argparse', 'logging'}))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {str(ROOT)!r});{code}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_program_begins_with_the_quick_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(os.environ[RUNTIME], document([WWAN], 5 * GB))
    monkeypatch.setattr(os, "geteuid", lambda: USER)
    monkeypatch.setattr(sys, "argv", ["esimmon", "status", "--check"])
    assert __main__.main() == 11
    assert capsys.readouterr().out.startswith("wwan ")
    monkeypatch.setattr(sys, "argv", ["esimmon", "status", "--help"])
    assert __main__.main() == 0
    assert "Usage: esimmon status" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("output", "status", "sentence"),
    [
        (
            "/dev/full",
            1,
            "esimmon: cannot write the output: No space left on device.\n",
        ),
        ("pipe", 141, ""),
        ("closed", 0, ""),
    ],
)
def test_an_output_that_fails_is_met_as_by_every_command(
    output: str, status: int, sentence: str
) -> None:
    keep(os.environ[RUNTIME], document())
    code = (
        "import os, sys; from pathlib import Path; from monitor import quick;"
        "from monitor.config import places;"
        f"quick.SYSTEM_CONFIG = {quick.SYSTEM_CONFIG!r};"
        f"places.SYSTEM_CONFIG = Path({quick.SYSTEM_CONFIG!r});"
        f"places.SYSTEM_STORE = Path({str(places.SYSTEM_STORE)!r});"
        "os.geteuid = lambda: 1000; sys.argv = ['esimmon', 'status'];"
        "from monitor.__main__ import main; sys.exit(main())"
    )
    reading, writing = os.pipe()
    os.close(reading)
    target = os.open(output, os.O_WRONLY) if output.startswith("/") else writing
    close = ">&-" if output == "closed" else ""
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {close}', sys.executable, code],
        cwd=ROOT,
        stdout=target,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    for descriptor in {target, writing}:
        os.close(descriptor)
    assert (done.returncode, done.stderr) == (status, sentence)
