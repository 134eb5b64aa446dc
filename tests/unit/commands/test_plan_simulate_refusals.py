"""What `esimmon plan simulate` refuses, and how it says that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plans.casebook import ANSWER, GOOD, simulated, simulated_of

_DAILY = {"kind": "elapsed", "days": 1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.json"


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
    status, answers, _ = simulated_of(path, {"cases": [{"id": "x"} | case]})
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
    status, answers, said = simulated_of(path, text)
    assert (status, answers) == (1, {})
    assert said.startswith(f"esimmon: {path}: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_an_interface_is_never_two_plans_at_a_time(path: Path) -> None:
    def said(*spans: tuple[str, str | None, str | None]) -> str:
        bindings = [
            {"iface": "a", "plan": plan, "from": from_, "to": to}
            for plan, from_, to in spans
        ]
        config = {"plans": [{"id": "p"}, {"id": "q"}], "bindings": bindings}
        ask = {"what": "status", "at": "2025-06-01T00:00:00Z", "plan": "p"}
        case = {"id": "x", "config": config, "ask": ask}
        return str(simulated_of(path, {"cases": [case]})[1]["x"].get("error", ""))

    one, two, three = (f"2025-0{month}-01T00:00:00Z" for month in (1, 2, 3))
    assert said(("p", one, two), ("q", two, None), ("p", None, one)) == ""
    assert said(("p", one, three), ("p", None, two)) == ""
    assert said(("q", two, three), ("p", None, None), ("p", one, two)) == (
        'config.bindings[0]: gives "a" to two plans at the same time, see '
        "config.bindings[1]."
    )
    assert said(("p", two, two)) == "config.bindings[0].to: must be after from."


@pytest.mark.parametrize(
    ("config", "plan", "sentence"),
    [
        ({}, None, "config: has no plan."),
        ({"plan": {"id": "p"}, "plans": []}, None, "config: has both plan and plans"),
        ({"plans": [{"id": "p"}, {"id": "q"}]}, None, "ask.plan: is missing; one of p"),
        ({"plans": [{"id": "p"}, {"id": "p"}]}, "p", "config.plans: two of them have"),
        ({"plan": {"id": "p"}}, "q", 'ask.plan = "q": must be one of p.'),
        (
            {"plan": {"id": "p", "bucktes": []}},
            None,
            'config.plan: unknown key "bucktes". Did you mean buckets? Allowed: id, ',
        ),
        (
            {"plan": {"id": "p", "cycle": {"kind": "weekly"}}},
            None,
            'config.plan.cycle.kind = "weekly": must be one of month, week, day, ',
        ),
        (
            {"plan": {"id": "p", "cycle": {"kind": "month", "billing_day": 32}}},
            None,
            "config.plan.cycle.billing_day = 32: must be a whole number at most 31.",
        ),
        (
            {"plan": {"id": "p", "tz": "../../etc/passwd"}},
            None,
            'config.plan.tz = "../../etc/passwd": must be the name of a time zone, ',
        ),
        (
            {"plan": {"id": "p", "buckets": [{"id": "a", "bytes": -1}]}},
            None,
            "config.plan.buckets[0].bytes = -1: must be from 0 to 10000",
        ),
        (
            {"plan": {"id": "p", "buckets": [{"id": "a", "bytes": 1.5}]}},
            None,
            "config.plan.buckets[0].bytes = 1.5: must be whole bytes, or a size",
        ),
        (
            {"plan": {"id": "p", "buckets": [{"id": "a"}, {"id": "a"}]}},
            None,
            "config.plan.buckets[1].id: must be another than that of buckets[0]: a.",
        ),
        (
            {"plan": {"id": "p"}, "members": [{"id": "a", "reserve_bytes": None}]},
            None,
            "config.members[0].reserve_bytes = null: must be whole bytes",
        ),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_with_its_place(
    path: Path, config: dict[str, Any], plan: str | None, sentence: str
) -> None:
    ask = {"what": "status", "at": "2025-06-01T00:00:00Z", "plan": plan}
    _, answers, _ = simulated_of(
        path, {"cases": [{"id": "x", "config": config, "ask": ask}]}
    )
    assert sentence in answers["x"]["error"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {"usage": [["2025-06-01T00:00:00Z", "a", None, 1, "2.5 B", {}]]},
            'usage[0][4] = "2.5 B": must be whole bytes, or a size such as "10 GB".',
        ),
        (
            {"usage": [["2025-06-01T00:00:00Z", "a", 5, 1, 2]]},
            "usage[0][2] = 5: must be a text or null.",
        ),
        (
            {"usage": [["2025-06-01T00:00:00Z", "a", None, 1, 2, {"awake": [[1]]}]]},
            "usage[0][5].awake[0] = [...]: must be a list of length 2.",
        ),
        ({"usage": {}}, "usage = {}: must be a list."),
        ({"usage": [5]}, "usage[0] = 5: must be a list."),
        (
            {"ledger": [{"id": "a", "ts": "now", "kind": "topup", "bytes": 1}]},
            'ledger[0].ts = "now": must be an instant with its offset, such as',
        ),
        (
            {"ledger": [{"id": "a", "ts": "2025-06-01T00:00:00Z", "kind": "topup"}]},
            "ledger[0].bytes: is missing.",
        ),
        (
            {"ledger": [{"id": "a", "ts": "2025-06-01T00:00:00Z", "kind": "sync"}]},
            "ledger.a: must be one with either used_bytes or remaining_bytes.",
        ),
        (
            {"ask": {"what": "boundaries", "from": "2025-06-01T00:00:00Z", "n": 10**5}},
            "ask.n = 100000: must be a whole number at most 10000.",
        ),
        (
            {
                "ask": {"what": "boundaries", "from": "2025-06-01T00:00:00Z", "n": 1},
                "config": {
                    "plan": {"id": "p", "cycle": {"kind": "elapsed", "days": 1}}
                },
            },
            "config: plan p: its cycles count from the activation, which is not known",
        ),
        (
            {
                "ask": {"what": "counters"},
                "config": {"persisted": {"a": {"rx": 1, "tx": 1, "boot_id": 5}}},
            },
            "config.persisted[...].boot_id",
        ),
    ],
)
def test_what_is_wrong_with_the_rest_is_said_with_its_place(
    path: Path, parts: dict[str, Any], sentence: str
) -> None:
    case = {
        "id": "x",
        "config": {"plan": {"id": "p"}},
        "ask": {"what": "status", "at": "2025-06-01T00:00:00Z"},
    }
    _, answers, _ = simulated_of(path, {"more": 5, "cases": [case | parts]})
    assert sentence in answers["x"]["error"]


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
    status, answers, said = simulated_of(path, text)
    assert (status, said) == (1, "")
    assert answers.pop("good") == ANSWER
    assert answers["\ud800"] == {"error": "ask.what: is no valid Unicode."}
    assert "ask.unit_base = NaN" in answers["nan"]["error"]
    assert "ask.inputs[0] = -Infinity" in answers["inf"]["error"]
    assert "ask" in answers["long"]["error"]
    assert answers["twice"] == {"error": 'ask: the key "what" is there twice.'}
    assert "config" in answers["key"]["error"]


def test_a_hostile_text_is_harmless_on_the_terminal(path: Path) -> None:
    status, answers, _ = simulated_of(
        path, {"cases": [{"id": "x", "ask": "\x1b[31m\n" * 99}]}
    )
    assert status == 1
    assert "\x1b" not in answers["x"]["error"]
    assert len(answers["x"]["error"]) < 150
