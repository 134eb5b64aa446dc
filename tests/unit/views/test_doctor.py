"""Findings as text and as JSON."""

from __future__ import annotations

import json

from monitor.checks.findings import Finding, Level, has_error
from monitor.views.doctor import as_json, as_text
from monitor.views.table import Layout

FINDINGS = (
    Finding("tier", Level.OK, "The daemon has the tier ebpf."),
    Finding(
        "two-daemons",
        Level.WARN,
        "Two daemons count on this machine, and each of them warns by itself, as often "
        "as there is anything to be warned of.",
        "sudo kill -INT 12",
    ),
)
HOSTILE = Finding("store", Level.ERROR, "a\x1b[31m\nb", "x\x1b" + "y" * 90)


def test_text_is_aligned_wrapped_and_counted() -> None:
    assert as_text(FINDINGS, Layout(width=60)).splitlines() == [
        "ok     tier         The daemon has the tier ebpf.",
        "warn   two-daemons  Two daemons count on this machine, and",
        "                    each of them warns by itself, as often",
        "                    as there is anything to be warned of.",
        "                    $ sudo kill -INT 12",
        "",
        "1 warning. What begins with $ is a command that mends it.",
    ]


def test_a_long_command_is_not_broken_and_nothing_is_obeyed_by_a_terminal() -> None:
    lines = as_text((HOSTILE,), Layout(width=60)).splitlines()
    assert lines[0] == "error  store  a\\x1b[31m\\nb"
    assert lines[1] == f"$ x\\x1b{'y' * 90}"
    assert lines[-1].startswith("1 error. ")


def test_colour_is_only_where_it_is_wanted() -> None:
    assert "\x1b" not in as_text(FINDINGS, Layout())
    assert "\x1b[33mwarn " in as_text(FINDINGS, Layout(has_colour=True))


def test_good_findings_end_with_good_news() -> None:
    assert as_text(FINDINGS[:1], Layout()).endswith("\n\nCounting works.")


def test_json_is_versioned_and_whole() -> None:
    text = as_json((*FINDINGS, HOSTILE), "ebpf")
    assert text.isascii()
    found = json.loads(text)
    assert (found["version"], found["tier"]) == (1, "ebpf")
    assert found["findings"][1] == {
        "id": "two-daemons",
        "level": "warn",
        "text": FINDINGS[1].text,
        "remedy": "sudo kill -INT 12",
    }
    assert found["findings"][2]["text"] == HOSTILE.text


def test_only_an_error_is_an_error() -> None:
    assert not has_error(FINDINGS)
    assert has_error((*FINDINGS, HOSTILE))
