"""`esimmon report` and plans: who paid for what, in which cycle, adding up."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Attachment, Bill, Interval, Traffic
from tests.unit.commands.stores import (
    BOOT,
    HOURS,
    SLOT_BILL,
    SLOTS,
    START_S,
    make_store,
)

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2025-06-11"
NOON_S = START_S + 12 * 3600
WIFI = Attachment("if:wlan0", "wlan0", billed=True)
WIFI_BYTES = Traffic(7_000, 77, 7, 1)
BILL = SLOT_BILL.l3.part(SLOTS, 1)
MONTHLY = """
[[plan]]
id = "home"
every = "month"
billing_day = 5
tz = "Asia/Karachi"
match.interface = ["wwan*"]
"""
# From 00:37:11 to 01:37:11, off every mark of the store.
HOURLY = """
[[plan]]
id = "hour"
valid = "1 h"
starts_on = "2025-06-11T00:37:11Z"
match.interface = ["wwan0"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours on the modem, and an instant of Wi-Fi."""
    path = make_store(tmp_path_factory.mktemp("store") / "usage.db")
    with open_store(path, writable=True) as store, Writer(store) as writer:
        at_s = START_S + HOURS * 3600
        writer.start(BOOT, at_s, "ebpf", "0.1.0", START_S - 1000)
        writer.flush(_wifi(at_s), at_s + 10, trusted=True)
        writer.stop(at_s + 10)
    return path


def _wifi(at_s: int) -> Batch:
    batch = Batch()
    batch.bill[Interval(at_s, at_s + 10), WIFI] = Bill(WIFI_BYTES, WIFI_BYTES)
    return batch


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock shows noon of that day."""
    monkeypatch.setattr(clock, "now_s", lambda: NOON_S)


class Reporter:
    """`esimmon report` with a configuration of its own."""

    def __init__(
        self, store: Path, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Without any plan."""
        self._store = store
        self._config = folder / "plans.toml"
        self._capsys = capsys
        self.plans = ""

    def text(self, *arguments: str) -> str:
        """What is written."""
        self._config.write_text(self.plans)
        given = ["report", "--store", str(self._store), "--config", str(self._config)]
        status = main([*given, *arguments])
        captured = self._capsys.readouterr()
        assert (status, captured.err) == (0, "")
        return captured.out

    def json(self, *arguments: str) -> dict[str, Any]:
        """The same for programs."""
        answer: dict[str, Any] = json.loads(self.text("--json", *arguments))
        return answer

    def refused(self, *arguments: str, store: str = "/nowhere.db") -> str:
        """One line that says why not."""
        self._config.write_text(self.plans)
        given = ["report", "--store", store, "--config", str(self._config)]
        assert main([*given, *arguments]) == 2
        captured = self._capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        return captured.err


@pytest.fixture
def report(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Reporter:
    """A person who asks."""
    return Reporter(made, tmp_path, capsys)


def _sum(rows: list[dict[str, Any]]) -> Traffic:
    names = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
    return Traffic(*(sum(row[name] for row in rows) for name in names))


def test_each_plan_has_a_row_and_the_rest_has_one(report: Reporter) -> None:
    report.plans = MONTHLY
    answer = report.json("--by", "plan", "--period", DAY, "--tz", "UTC")
    home, rest = answer["rows"]
    assert (home["plan"], home["reason"], _sum([home])) == ("home", None, BILL)
    assert (rest["plan"], rest["reason"]) == (None, "no_plan")
    assert (rest["interface"], _sum([rest])) == ("wlan0", WIFI_BYTES)
    assert _sum(answer["rows"]) == _sum(answer["interfaces"])


def test_without_a_plan_all_of_it_is_in_none(report: Reporter) -> None:
    answer = report.json("--by", "plan", "--period", DAY, "--tz", "UTC")
    assert {row["reason"] for row in answer["rows"]} == {"no_plan"}
    assert _sum(answer["rows"]) == BILL + WIFI_BYTES


@pytest.mark.parametrize("period", [DAY, "2025-06-11T00:40Z..2025-06-11T01:33:33Z"])
def test_a_plan_pays_from_its_first_second_to_its_last(
    period: str, report: Reporter
) -> None:
    report.plans = HOURLY
    answer = report.json("--by", "plan", "--period", period, "--tz", "UTC")
    assert _sum(answer["rows"]) == _sum(answer["interfaces"])
    within = report.json("--tz", "UTC", "--period", _shared_with_plan(period))
    (paid,) = (row for row in answer["rows"] if row["plan"] == "hour")
    assert _sum([paid]) == _sum(within["interfaces"])
    if period == DAY:
        assert abs(paid["rx_bytes"] - BILL.rx_bytes // HOURS) <= 1


def _shared_with_plan(period: str) -> str:
    return "2025-06-11T00:37:11Z..2025-06-11T01:37:11Z" if period == DAY else period


def test_only_what_a_plan_pays_for_is_shown(report: Reporter) -> None:
    report.plans = MONTHLY + HOURLY
    whole = report.json("--plan", "home", "--period", DAY, "--tz", "UTC")
    assert [each["name"] for each in whole["interfaces"]] == ["wwan0"]
    assert whole["plan"] == "home"
    # The first plan that matches pays for the interface, the second for nothing.
    nothing = report.json("--plan", "hour", "--period", DAY, "--tz", "UTC")
    assert nothing["interfaces"] == []
    assert report.json("--period", DAY)["plan"] is None


def test_a_cycle_is_that_of_the_plan_in_its_zone(report: Reporter) -> None:
    report.plans = MONTHLY
    answer = report.json("--period", "cycle")
    assert (answer["from"], answer["to"]) == (
        *("2025-06-04T19:00:00Z", "2025-07-04T19:00:00Z"),
    )
    assert answer["timezone"] == "Asia/Karachi"
    assert _sum(answer["interfaces"]) == BILL + WIFI_BYTES
    answer = report.json("--period", "cycle", "--tz", "UTC", "--plan", "home")
    assert (answer["from"], answer["timezone"]) == ("2025-06-04T19:00:00Z", "UTC")
    assert _sum(answer["interfaces"]) == BILL
    answer = report.json("--since", "cycle")
    assert (answer["from"], answer["to"]) == (
        *("2025-06-04T19:00:00Z", "2025-06-11T12:00:01Z"),
    )


def test_text_and_csv_are_the_same_report(report: Reporter) -> None:
    report.plans = MONTHLY
    arguments = ("--by", "plan", "--period", DAY, "--tz", "UTC")
    lines = report.text(*arguments).splitlines()
    assert [line.split("  ")[0] for line in lines[2:6]] == [
        *("plan", "home", "(no plan)", "total"),
    ]
    rows = list(csv.DictReader(io.StringIO(report.text(*arguments, "--csv"))))
    assert [(row["plan"], row["reason"]) for row in rows] == [
        *(("home", ""), ("", "no_plan")),
    ]
    assert sum(int(row["rx_bytes"]) for row in rows) == (BILL + WIFI_BYTES).rx_bytes


def test_a_question_about_no_plan_is_explained(report: Reporter) -> None:
    sentence = 'no plan yet, so there is no "cycle". Make one with: esimmon setup'
    assert sentence in report.refused("--period", "cycle")
    assert sentence in report.refused("--since", "cycle")
    assert 'no plan "x". Make one with: esimmon setup' in report.refused("--plan", "x")
    report.plans = MONTHLY
    assert 'no plan "x". There are: home.' in report.refused("--plan", "x")
    assert "stands by itself" in report.refused("--period", "2025-01-01..cycle")
    report.plans = MONTHLY + HOURLY
    message = report.refused("--period", "cycle")
    assert "which plan's cycle? Name it: --plan with one of home, hour." in message


def test_a_plan_without_a_cycle_now_says_why(
    report: Reporter, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.plans = HOURLY.replace("valid", 'tz = "UTC"\nvalid')
    message = report.refused("--period", "cycle", store=str(made))
    assert "the plan hour has no cycle now: it is expired. Name a period" in message
    monkeypatch.setattr(clock, "now_s", lambda: START_S)
    message = report.refused("--period", "cycle", store=str(made))
    assert "it is pending until 11 Jun 00:37 UTC" in message
