"""`esimmon plan simulate`: cases in, answers out, whatever is in the file."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import main
from monitor.plans import casefile
from tests.unit.plans.casebook import simulated

ROOT = Path(__file__).parents[3]
GOOD = {"id": "good", "ask": {"what": "parse_size", "inputs": ["1 GB"]}}
ANSWER = {"bytes": [10**9]}


def _run(path: Path, content: object) -> tuple[int, dict[str, Any], str]:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return simulated(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.json"


def test_a_case_that_cannot_be_answered_does_not_stop_the_others(path: Path) -> None:
    bad = {"id": "bad", "ask": {"what": "fly"}}
    status, answers, said = _run(path, {"cases": [bad, GOOD]})
    assert (status, said) == (1, "")
    assert answers["good"] == ANSWER
    assert answers["bad"]["error"].startswith(
        'ask.what = "fly": must be one of status, '
    )


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ({"ask": 5}, "ask = 5: must be an object."),
        ({"ask": {}}, "ask.what: is missing."),
        ({}, "ask: is missing."),
        ({"ask": GOOD["ask"], "leger": []}, "Did you mean ledger? Allowed: id, ask,"),
        (
            {"ask": {"what": "parse_size", "inputs": ["1", 2]}},
            "ask.inputs[1] = 2: must be a text.",
        ),
        (
            {"ask": {"what": "parse_size", "inputs": [], "unit_base": 1023}},
            "ask.unit_base = 1023: must be one of 1000, 1024.",
        ),
        (
            {"ask": {"what": "counters"}, "counters": [["2025-06-05T10:00:00Z", "a"]]},
            "counters[0] = [...]: must be a list of length 5.",
        ),
        (
            {
                "ask": {"what": "counters"},
                "counters": [["2025-06-05T10:00:00Z", "a", -1, 0, {}]],
            },
            "counters[0][2] = -1: must be a whole number from 0.",
        ),
        (
            {"ask": {"what": "clock"}, "config": {"last_trusted": "yesterday"}},
            'config.last_trusted = "yesterday": must be an instant with its offset, ',
        ),
        (
            {"ask": {"what": "clock"}, "clock": [["9999-12-31T23:59:59Z", 0, 1, "b"]]},
            "clock[0][2] = 1: must be true or false.",
        ),
        (
            {
                "ask": {"what": "clock"},
                "clock": [
                    ["2025-06-05T10:00:00Z", 9, True, "b"],
                    ["2025-06-05T10:00:00Z", 8, True, "b"],
                ],
            },
            "clock[1][1] = 8: must be not before that boot's last.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    path: Path, case: dict[str, Any], sentence: str
) -> None:
    status, answers, _ = _run(path, {"cases": [{"id": "x"} | case]})
    assert status == 1
    assert sentence in answers["x"]["error"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ": a case file is {"),
        ("[]", ": a case file is {"),
        ("{}", 'has no "cases"'),
        ('{"cases": {}}', '"cases" is no list'),
        ('{"cases": [', "not JSON at line 1, column 12"),
        ('{"cases": [\n{"id": "a"}\n{"id": "b"}]}', "not JSON at line 3, column 1"),
        ('{"cases": []} []', "not JSON at line 1, column 15"),
        ('{"cases": [], "cases": []}', "there twice"),
        ('{"cases": [], 5: 5}', "not JSON"),
        ('{"cases": [], "a" 5}', "not JSON"),
        ('{"cases": [5]}', "cases[0]: must be an object with an id."),
        ('{"cases": [{}]}', "cases[0]: has no id."),
        ('{"cases": [{"id": ""}]}', 'cases[0]: id = "": must be a text of 1 to 200'),
        ('{"cases": [{"id": 5}]}', "cases[0]: id = 5: must be"),
        ('{"cases": [{"id": "a", "id": "b"}]}', 'the key "id" is there twice.'),
        ('{"cases": [{"id": "a"}, {"id": "a"}]}', 'two cases have the id "a".'),
        ('{"cases": [' + "[" * 200_000, "nested too deeply"),
        ('{"x": ' + '{"a":' * 200_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_case_file_is_one_error(
    path: Path, text: str, sentence: str
) -> None:
    status, answers, said = _run(path, text)
    assert (status, answers) == (1, {})
    assert said.startswith(f"esimmon: {path}: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    for file, reason in (
        (tmp_path / "none", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (Path("\0"), "embedded null byte"),
    ):
        status, _, said = simulated(file)
        assert status == 1
        assert f"cannot be read: {reason}." in said


def test_what_is_no_text_is_said(path: Path) -> None:
    path.write_bytes(b'{"cases": [\xff]}')
    assert "not UTF-8 at byte 11." in simulated(path)[2]


def test_without_a_file_the_call_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "simulate"]) == 2
    assert "Missing argument 'FILE'" in capsys.readouterr().err


def test_broken_text_and_numbers_are_a_fault_of_their_case_only(path: Path) -> None:
    text = (
        '{"cases": ['
        '{"id": "\\ud800", "ask": {"what": "\\udfff"}},'
        '{"id": "nan", "ask": {"what": "parse_size", "inputs": [], "unit_base": NaN}},'
        '{"id": "inf", "ask": {"what": "parse_size", "inputs": [-Infinity, 1e999]}},'
        f'{{"id": "long", "ask": {{"what": "boundaries", "n": {"9" * 6000}}}}},'
        '{"id": "twice", "ask": {"what": "counters", "what": "clock"}},'
        '{"id": "key", "ask": {"what": "counters"}, "config": {"\\ud800": 1}},'
        f"{json.dumps(GOOD)}]}}"
    )
    status, answers, said = _run(path, text)
    assert (status, said) == (1, "")
    assert answers.pop("good") == ANSWER
    assert answers["\ud800"] == {"error": "ask.what: is no valid Unicode."}
    assert "ask.unit_base = NaN" in answers["nan"]["error"]
    assert "ask.inputs[0] = -Infinity" in answers["inf"]["error"]
    assert "ask" in answers["long"]["error"]
    assert answers["twice"] == {"error": 'ask: the key "what" is there twice.'}
    assert "config" in answers["key"]["error"]


def test_a_hostile_text_is_harmless_on_the_terminal(path: Path) -> None:
    status, answers, _ = _run(path, {"cases": [{"id": "x", "ask": "\x1b[31m\n" * 99}]})
    assert status == 1
    assert "\x1b" not in answers["x"]["error"]
    assert len(answers["x"]["error"]) < 150


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
        "import resource, sys; from monitor.cli import main;"
        f"status = main(['plan', 'simulate', {str(path)!r}]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr);"
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
    assert "too large, at most 0 MB are read. Split it." in _run(path, content)[2]
    monkeypatch.undo()
    monkeypatch.setattr(casefile, "MOST_VALUES", 3)
    assert "too many values, at most 3 are read." in _run(path, content)[2]
    monkeypatch.undo()
    monkeypatch.setattr(casefile, "MOST_CASES", 1)
    assert _run(path, content)[0] == 0
    content["cases"].append(GOOD | {"id": "b"})
    assert "too many cases, at most 1 are answered." in _run(path, content)[2]


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
    assert terminal.getvalue() == ("\r0 of 2 cases\x1b[K\r1 of 2 cases\x1b[K\r\x1b[K")
