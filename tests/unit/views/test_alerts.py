"""The list of alerts, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts import BACKGROUND_RATE
from monitor.store.alerts import AlertRow
from monitor.usage import Interval
from monitor.views.alert_states import Silences, Wanted, state_of
from monitor.views.alerts import (
    Shown,
    alert_as_line,
    alerts_as_csv,
    alerts_as_json,
    alerts_as_text,
)
from monitor.views.names import columns
from monitor.views.table import Layout
from tests.alerting import DAY_S, JUNE_S, raised

STORE = Path("/var/lib/esimmon/usage.db")
ZONE = ZoneInfo("Europe/Paris")
NONE = Silences()
HOSTILE = "evil\x1b[31m\n\udcff"
SHOWN = AlertRow(
    1,
    raised(),
    JUNE_S + 7,
    JUNE_S + 99,
    ("journal", "desktop"),
    {},
    {"journal": JUNE_S + 5, "desktop": JUNE_S + 7},
)
PUSHED = AlertRow(
    4,
    raised(),
    JUNE_S + DAY_S,
    None,
    ("journal", "push", "agent"),
    {"desktop": "the desktop hangs"},
    {"journal": JUNE_S + 5, "push": JUNE_S + DAY_S, "agent": JUNE_S + DAY_S},
)
LOGGED = AlertRow(2, raised(), None, None, ("journal",), {})
FAILED = AlertRow(
    3,
    raised(BACKGROUND_RATE, name=HOSTILE),
    None,
    None,
    ("journal",),
    {"desktop": "no notification daemon runs on this desktop"},
)


def test_json_has_the_names_that_scripts_rely_on() -> None:
    answer = json.loads(alerts_as_json([SHOWN, FAILED], STORE, NONE))
    assert (answer["version"], answer["store"]) == (1, str(STORE))
    first, second = answer["alerts"]
    expected = {
        "id": 1,
        "kind": "data.warning",
        "plan": "wwan",
        "application": None,
        "network": None,
        "detail": "80",
        "raised_at": "2025-06-01T00:00:05Z",
        "told_at": "2025-06-01T00:00:07Z",
        "cleared_at": "2025-06-01T00:01:39Z",
        "told_by": ["journal", "desktop"],
    }
    assert {name: first[name] for name in expected} == expected
    assert (second["application"], second["network"]) == (HOSTILE, "if:wwan0")
    assert (second["told_at"], second["cleared_at"]) == (None, None)
    assert (first["state"], second["state"]) == ("over", "failed")
    assert first["told"] == [
        {"by": "journal", "at": "2025-06-01T00:00:05Z"},
        {"by": "desktop", "at": "2025-06-01T00:00:07Z"},
    ]


def test_csv_has_a_line_an_alert_with_hostile_names_escaped() -> None:
    rows = list(csv.DictReader(io.StringIO(alerts_as_csv([SHOWN, FAILED], NONE))))
    assert [row["id"] for row in rows] == ["1", "3"]
    assert rows[0]["told_at"] == "2025-06-01T00:00:07Z"
    assert rows[0]["application"] == ""
    assert rows[1]["application"] == "evil\\x1b[31m\\n\\xff"


def test_text_says_how_it_was_told_and_how_it_stands() -> None:
    rows = Shown([SHOWN, PUSHED, LOGGED, FAILED])
    text = alerts_as_text(rows, STORE, ZONE, Layout(width=90))
    header, *lines = text.splitlines()
    assert header.split() == ["raised", "alert", "told", "state"]
    assert [" ".join(line.split()[3:]) for line in lines[:3]] == [
        "Plan wwan: 80 % of 10.00 GB used desktop 02:00 over",
        "Plan wwan: 80 % of 10.00 GB used desktop, phone 2 Jun 02:00 holds",
        "Plan wwan: 80 % of 10.00 GB used log only holds",
    ]
    assert "evil\\x1b[31m\\n\\xff moved 60.0 MB" in lines[3]
    assert lines[3].endswith("log only                    failed")
    assert lines[4:] == [
        "failed (desktop): no notification daemon runs on this desktop",
        "",
        f"store {STORE}",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_text_fits_the_terminal_whatever_names_are(width: int) -> None:
    long = replace(FAILED, failures={"desktop": HOSTILE * 50, "push": "x" * 500})
    text = alerts_as_text(
        Shown([SHOWN, PUSHED, LOGGED, FAILED, long], older=1000),
        STORE,
        ZONE,
        Layout(width=width),
    )
    assert all(columns(line) <= width for line in text.splitlines())


def test_no_alert_is_said_in_words() -> None:
    text = alerts_as_text(Shown([]), STORE, ZONE, Layout())
    assert text == f"No alert was ever raised.\nstore {STORE}"


def test_what_a_person_wants_to_hear_nothing_of_is_snoozed_while_it_holds() -> None:
    assert state_of(LOGGED, Silences(("data.warning",))) == "snoozed"
    assert state_of(LOGGED, Silences((), {"wwan": ("data.warning",)})) == "snoozed"
    assert state_of(LOGGED, Silences((), {"other": ("data.warning",)})) == "holds"
    assert state_of(SHOWN, Silences(("data.warning",))) == "over"


def test_what_quiet_hours_hold_back_waits_until_somebody_saw_it() -> None:
    waiting = Silences(waiting=(LOGGED.raised.handle, FAILED.raised.handle))
    assert [state_of(each, waiting) for each in (LOGGED, FAILED)] == ["waiting"] * 2
    assert state_of(PUSHED, waiting) == "holds"
    assert state_of(SHOWN, waiting) == "over"


def test_only_what_was_asked_for_is_listed() -> None:
    rows = [SHOWN, LOGGED, FAILED]
    assert Wanted().of(rows) == rows
    assert Wanted(kinds=("data.*",)).of(rows) == [SHOWN, LOGGED]
    assert Wanted(kinds=("app.new", "background.rate")).of(rows) == [FAILED]
    assert Wanted(holding=True).of(rows) == [LOGGED, FAILED]
    assert Wanted(plan="wwan").of(rows) == rows
    assert Wanted(plan="other").of(rows) == []
    assert Wanted(Interval(JUNE_S, JUNE_S + 5)).of(rows) == []
    assert Wanted(Interval(JUNE_S + 5, JUNE_S + 6)).of(rows) == rows


def test_the_text_says_that_there_are_older_ones_and_how_to_see_them() -> None:
    shown = Shown([LOGGED], older=2, is_all=False)
    lines = alerts_as_text(shown, STORE, ZONE, Layout()).splitlines()
    assert lines[2] == "2 older alerts are not shown: add --all"
    assert alerts_as_text(Shown([], is_all=False), STORE, ZONE, Layout()).startswith(
        "No such alert."
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_line_says_how_an_alert_stands_and_since_when(width: int) -> None:
    layout = Layout(width=width)
    texts = [alert_as_line(row, NONE, ZONE, layout) for row in (SHOWN, FAILED, LOGGED)]
    assert texts[0].startswith("1 Jun 02:01   over     Plan wwan: ")
    assert texts[0].endswith("  desktop 02:00")
    assert "failed (desktop): no notification" in texts[1]
    assert texts[2].startswith("1 Jun 02:00   holds    Plan wwan: ")
    for line in "\n".join(texts).splitlines():
        assert columns(line) <= width
