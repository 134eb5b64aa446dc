"""The monthly table: by day as csv, with who paid and what a plan did not count."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.accounts import agreements
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Application, Attachment, Bill, Interval, Share, Traffic
from tests.unit.commands.plan_stores import GB, MB, Prompt, agreement, second

if TYPE_CHECKING:
    from pathlib import Path

ZONE = "Asia/Kathmandu"
NOW = "2025-05-31T18:00Z"  # the last minutes of May there
FIELD = {
    "plan": {
        "id": "field",
        "cycle": {"kind": "month", "billing_day": 1},
        "tz": ZONE,
        "zones": {"included": ["429"]},
        "buckets": [
            {"id": "main", "bytes": 5 * GB},
            {"id": "free", "zero_rated": True, "scope": {"apps": ["music"]}},
        ],
    },
    "patterns": ["wwan*"],
}
WEEK = {
    "plan": {
        "id": "week",
        "validity": {"kind": "elapsed", "days": 7},
        "activated_at": "2025-05-10T06:00:00Z",
        "tz": ZONE,
        "buckets": [{"id": "main", "bytes": GB}],
    },
    "patterns": ["usb0"],
}
FILED = 'every = "month"\nmatch.interface = ["wwan*"]\n'
HOME = Attachment("sim:1", "wwan0", billed=True, mcc="429")
ABROAD = Attachment("sim:1", "wwan0", billed=True, mcc="404")
SECOND = Attachment("sim:2", "wwan0", billed=True, mcc="404")
PHONE = Attachment("if:usb0", "usb0", billed=True)
CABLE = Attachment("if:eth0", "eth0", billed=True)
# Where, when, by whom, received, sent; a minute each.
MOVED = (
    (HOME, "2025-04-30T18:14Z", "browser", 7, 0),  # 23:59 of April there
    (HOME, "2025-04-30T18:15Z", "browser", 100 * MB, 9 * MB),
    (HOME, "2025-05-01T03:00Z", "music", 40 * MB, MB),
    (ABROAD, "2025-05-01T17:00Z", "music", 3 * MB, 0),
    (ABROAD, "2025-05-01T19:00Z", "browser", 2 * MB, MB),
    (SECOND, "2025-05-01T19:01Z", "browser", 5 * MB, 0),
    (HOME, "2025-05-09T10:00Z", "", 6 * MB, 0),
    (PHONE, "2025-05-10T05:00Z", "browser", 11 * MB, 0),
    (PHONE, "2025-05-11T05:00Z", "browser", 50 * MB, 0),
    (PHONE, "2025-05-17T05:59Z", "browser", 60 * MB, 0),
    (PHONE, "2025-05-17T06:00Z", "browser", 8 * MB, 2 * MB),
    (CABLE, "2025-05-20T12:00Z", "browser", 500 * MB, 5 * MB),
    (HOME, "2025-05-31T17:00Z", "browser", 1, 0),
)


def day_of(at: str) -> str:
    """Which local day that was."""
    return str(datetime.fromtimestamp(second(at), ZoneInfo(ZONE)).date())


@pytest.fixture
def prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    """One laptop of many, at the end of the month."""
    path = tmp_path / "usage.db"
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        plans = [agreement(FIELD), agreement(WEEK, 1)]
        agreements.keep(store, plans, 0)
        begin_s = second("2025-04-01T00:00Z")
        writer.start("boot", begin_s, "ebpf", "0.1.0", begin_s)
        for where, at, app, rx_bytes, tx_bytes in MOVED:
            when = Interval(second(at), second(at) + 60)
            moved = Traffic(rx_bytes, tx_bytes, 1, 1)
            batch = Batch(bill={(when, where): Bill(moved, moved)})
            if app:
                share = Share(Application(app, "executable"))
                batch.explanation[when, where, share] = moved
            writer.flush(batch, when.to_s, trusted=True)
    found = Prompt(path, monkeypatch, capsys)
    found.is_at(NOW)
    return found


def table(prompt: Prompt, *more: str) -> list[dict[str, str]]:
    """The donor's table."""
    words = ["--month", "2025-05", "--tz", ZONE, "--csv", *more]
    text = prompt.type("report", "--by=day", *words)
    return list(csv.DictReader(io.StringIO(text)))


def sums(rows: list[dict[str, str]], *names: str) -> Counter[tuple[str, ...]]:
    """Bytes by plan or day and the like, of both directions and all kinds."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        key = tuple(row[name] for name in names)
        found[key] += int(row["rx_bytes"]) + int(row["tx_bytes"])
    return found


def test_every_byte_is_in_one_row_of_its_day_and_plan(prompt: Prompt) -> None:
    rows = table(prompt)
    expected: Counter[tuple[str, ...]] = Counter()
    for where, at, _, rx_bytes, tx_bytes in MOVED[1:]:
        plan = {"wwan0": "field", "usb0": "week", "eth0": ""}[where.device]
        expected[plan, where.network, day_of(at)] += rx_bytes + tx_bytes
    assert +sums(rows, "plan", "network", "day") == expected
    assert {row["host"] for row in rows} == {os.uname().nodename}
    first = [row for row in rows if row["day"] == "2025-05-01"]
    assert {row["start_utc"] for row in first} == {"2025-04-30T18:15:00Z"}
    days = {str(date(2025, 5, 1) + timedelta(days=day)) for day in range(31)}
    assert {row["day"] for row in rows if row["plan"] == "field"} == days


def test_what_a_plan_did_not_count_is_what_its_engine_says(prompt: Prompt) -> None:
    rows = table(prompt)
    for plan in ("field", "week"):
        judged = prompt.json("show", plan)
        for name in ("zero_rated_bytes", "uncovered_bytes"):
            found = sum(int(row[name]) for row in rows if row["plan"] == plan)
            assert found == judged[name], (plan, name)
    assert prompt.json("show", "field")["zero_rated_bytes"] == 41 * MB
    assert prompt.json("show", "week")["uncovered_bytes"] == 10 * MB
    aside = {
        (row["day"], row["network"], row["plan"]): (
            int(row["zero_rated_bytes"]),
            int(row["uncovered_bytes"]),
        )
        for row in rows
        if row["zero_rated_bytes"] != "0" or row["uncovered_bytes"] != "0"
    }
    assert aside == {
        ("2025-05-01", "sim:1", "field"): (41 * MB, 3 * MB),
        ("2025-05-02", "sim:1", "field"): (0, 3 * MB),
        ("2025-05-02", "sim:2", "field"): (0, 5 * MB),
        ("2025-05-17", "if:usb0", "week"): (0, 10 * MB),
    }


def test_a_day_says_how_much_of_it_is_explained(prompt: Prompt) -> None:
    coverage = {
        (row["day"], row["network"]): row["coverage_pct"]
        for row in table(prompt)
        if row["coverage_pct"]
    }
    assert coverage["2025-05-01", "sim:1"] == "100.0"
    assert coverage["2025-05-09", "sim:1"] == "0.0"
    assert ("2025-05-03", "sim:1") not in coverage


def test_a_day_on_which_another_plan_takes_over_has_a_row_of_each(
    prompt: Prompt,
) -> None:
    folder = prompt.store.parent / "plans.d"
    folder.mkdir()
    (folder / "field.toml").write_text(FILED)
    (folder / "other.toml").write_text(FILED.replace("wwan*", "wlan*"))
    # In the middle of the first minute.
    prompt.plan("bind", "other", "wwan0", "--from", "2025-04-30T18:15:30Z")
    found = sums(table(prompt), "day", "interface", "plan")
    assert found["2025-05-01", "wwan0", "field"] == 109 * MB // 2
    assert found["2025-05-01", "wwan0", "other"] == 109 * MB // 2 + 44 * MB
    assert sum(found.values()) == sum(each[3] + each[4] for each in MOVED[1:])


def test_the_busiest_days_are_the_same_as_in_every_other_form(prompt: Prompt) -> None:
    """Whole days, also where two plans paid, or none."""
    top = [row for row in table(prompt, "--top", "2") if row["day"]]
    assert set(sums(top, "day")) == {("2025-05-20",), ("2025-05-01",)}
    assert sum(sums(top, "day").values()) == (505 + 109 + 44) * MB


def test_what_programs_moved_has_the_columns_and_no_account(prompt: Prompt) -> None:
    everything, music = table(prompt), table(prompt, "--app", "music")
    assert list(everything[0]) == list(music[0])
    assert {row["zero_rated_bytes"] for row in music} == {""}
    assert sum(sums(music, "day").values()) == 44 * MB
