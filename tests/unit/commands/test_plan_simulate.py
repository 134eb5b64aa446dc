"""`esimmon plan simulate`: cases in, answers out, whatever is in the file."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.commands.plan import simulate
from monitor.plans import asks, casefile
from tests.unit.plans.casebook import ANSWER, GOOD, simulated, simulated_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.json"


def test_a_case_that_cannot_be_answered_does_not_stop_the_others(path: Path) -> None:
    bad = {"id": "bad", "ask": {"what": "fly"}}
    status, answers, said = simulated_of(path, {"cases": [bad, GOOD]})
    assert (status, said) == (1, "")
    assert answers["good"] == ANSWER
    assert answers["bad"]["error"].startswith(
        'ask.what = "fly": must be one of status, '
    )


def test_the_case_of_the_help_is_answered(path: Path) -> None:
    text = simulate.command.help or ""
    example = text[text.index('{"cases"') : text.index("}}]}") + len("}}]}")]
    status, answers, said = simulated_of(path, example)
    assert (status, said) == (0, "")
    assert answers["june"]["lots"] == {"main": 7 * 10**9, "t1": 10**9}
    for what in re.findall(r'tag="(.*?)"', Path(asks.__file__).read_text()):
        assert what in text, what


def test_without_a_file_the_call_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "simulate"]) == 2
    assert "Missing argument 'FILE'" in capsys.readouterr().err


def test_a_mark_of_the_byte_order_does_no_harm(path: Path) -> None:
    path.write_text(json.dumps({"cases": [GOOD]}), encoding="utf-8-sig")
    assert simulated(path) == (0, {"good": ANSWER}, "")


def test_the_cases_may_come_from_standard_input() -> None:
    command = [sys.executable, "-m", "monitor", "plan", "simulate", "-"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        input=json.dumps({"cases": [GOOD]}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["answers"] == {"good": ANSWER}
    assert done.stderr == ""
    done = subprocess.run(
        command, cwd=ROOT, input="{", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("esimmon: standard input: not JSON")


def test_a_closed_input_is_said() -> None:
    shell = f"exec {sys.executable} -m monitor plan simulate - <&-"
    done = subprocess.run(
        ["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "esimmon: standard input: cannot be read: it is closed.\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_closed_output_is_no_error(path: Path, closed: str) -> None:
    path.write_text(json.dumps({"cases": [GOOD]}))
    shell = f"exec {sys.executable} -m monitor plan simulate {path} {closed}"
    done = subprocess.run(
        ["sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("good" in done.stdout) == (closed == "2>&-")


def test_fifty_megabytes_are_answered(path: Path) -> None:
    """In a process of its own, of which the memory is known."""
    case = json.dumps(GOOD | {"title": "x" * 9_950})
    with path.open("w") as file:
        file.write('{"cases": [' + case)
        for number in range(5_000):
            file.write("," + case.replace("good", str(number), 1))
        file.write("]}")
    assert path.stat().st_size > 50_000_000
    code = (
        "import sys; from monitor.cli import main;"
        f"status = main(['plan', 'simulate', {str(path)!r}]);"
        # Not ru_maxrss: what the parent had before exec(2) is part of that.
        "lines = open('/proc/self/status').read().splitlines();"
        "peak = [line.split()[1] for line in lines if line.startswith('VmHWM')];"
        "print(*peak, file=sys.stderr);"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    answers = json.loads(done.stdout)["answers"]
    assert len(answers) == 5_001
    assert answers["4999"] == ANSWER
    assert int(done.stderr) < 500_000  # KiB


def test_more_is_refused_before_it_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"cases": [GOOD]}
    monkeypatch.setattr(casefile, "LARGEST_BYTES", 20)
    assert (
        "too large, at most 0 MB are read. Split it." in simulated_of(path, content)[2]
    )
    monkeypatch.undo()
    monkeypatch.setattr(casefile, "MOST_VALUES", 3)
    assert "too many values, at most 3 are read." in simulated_of(path, content)[2]
    monkeypatch.undo()
    monkeypatch.setattr(casefile, "MOST_CASES", 1)
    assert simulated_of(path, content)[0] == 0
    content["cases"].append(GOOD | {"id": "b"})
    assert "too many cases, at most 1 are answered." in simulated_of(path, content)[2]


def test_a_case_made_to_be_computed_for_ever_is_given_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = [
        {"start": f"{hour:02}:{minute:02}", "end": f"{hour:02}:{minute + 1:02}"}
        for hour in range(24)
        for minute in range(0, 58, 2)
    ]
    spans = [
        ["2199-12-31T00:00:00Z", "a", None, 1, 1, {"from": "1990-01-01T00:00:00Z"}]
    ]
    plan = {"id": "p", "buckets": [{"id": "n", "scope": {"windows": windows}}]}
    endless = {
        "id": "endless",
        "config": {"plan": plan},
        "usage": spans,
        "ask": {"what": "status", "at": "2199-12-31T00:00:00Z"},
    }
    monkeypatch.setattr("monitor.commands.plan.simulate.MOST_S", 0.1)
    status, answers, _ = simulated_of(path, {"cases": [endless, GOOD]})
    assert status == 1
    assert answers["good"] == ANSWER
    assert "of computing allowed" in answers["endless"]["error"]


def test_who_waits_sees_how_far_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    now_s = iter(range(0, 100, 3))
    monkeypatch.setattr("time.monotonic", lambda: next(now_s))
    path.write_text(json.dumps({"cases": [GOOD, GOOD | {"id": "b"}]}))
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert main(["plan", "simulate", str(path)]) == 0
    assert terminal.getvalue() == (
        "\r0 cases read\x1b[K\r1 cases read\x1b[K"
        "\r0 of 2 cases\x1b[K\r1 of 2 cases\x1b[K\r\x1b[K"
    )
