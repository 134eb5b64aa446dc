"""The list of alerts, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.alerts import BACKGROUND_RATE
from monitor.store.alerts import AlertRow
from monitor.views.alerts import alerts_as_csv, alerts_as_json, alerts_as_text
from monitor.views.names import columns
from monitor.views.table import Layout
from tests.alerting import JUNE_S, raised

STORE = Path("/var/lib/esimmon/usage.db")
ZONE = ZoneInfo("Europe/Paris")
HOSTILE = "evil\x1b[31m\n\udcff"
SHOWN = AlertRow(1, raised(), JUNE_S + 7, JUNE_S + 99, ("journal", "desktop"), {})
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
    answer = json.loads(alerts_as_json([SHOWN, FAILED], STORE))
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


def test_csv_has_a_line_an_alert_with_hostile_names_escaped() -> None:
    rows = list(csv.DictReader(io.StringIO(alerts_as_csv([SHOWN, FAILED]))))
    assert [row["id"] for row in rows] == ["1", "3"]
    assert rows[0]["told_at"] == "2025-06-01T00:00:07Z"
    assert rows[0]["application"] == ""
    assert rows[1]["application"] == "evil\\x1b[31m\\n\\xff"


def test_text_says_when_it_was_seen_or_why_not() -> None:
    text = alerts_as_text([SHOWN, LOGGED, FAILED], STORE, ZONE, Layout())
    header, *lines = text.splitlines()
    assert header.split() == ["raised", "alert", "shown", "state"]
    assert [" ".join(line.split()[3:]) for line in lines[:2]] == [
        "Plan wwan: 80 % of 10.00 GB used 1 Jun 02:00 over",
        "Plan wwan: 80 % of 10.00 GB used log only holds",
    ]
    assert "evil\\x1b[31m\\n\\xff moved 60.0 MB" in lines[2]
    assert lines[2].endswith("failed       holds")
    assert lines[3:] == [
        "failed: no notification daemon runs on this desktop",
        "",
        f"store {STORE}",
    ]


def test_text_fits_a_narrow_terminal() -> None:
    text = alerts_as_text([SHOWN, LOGGED, FAILED], STORE, ZONE, Layout(width=60))
    assert all(columns(line) <= 60 for line in text.splitlines())


def test_no_alert_is_said_in_words() -> None:
    text = alerts_as_text([], STORE, ZONE, Layout())
    assert text == f"No alert was ever raised.\nstore {STORE}"
