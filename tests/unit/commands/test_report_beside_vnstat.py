"""What `vnstat` shows of its history, `esimmon report` shows too, to the byte."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from monitor import clock
from monitor.cli import main
from tests import vnstats

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs("vnstat", "vnstatd")

DAY_S = 86_400
ZONE = ZoneInfo("Asia/Karachi")
BY = {"fiveminute": "5min", "hour": "hour", "day": "day", "month": "month"}
Moved = dict[tuple[int, ...], tuple[int, int]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Moved], Path]:
    """What vnStat says of forty days, and the same imported."""
    folder = tmp_path_factory.mktemp("both")
    database, until_s = vnstats.make(folder), clock.now_s() - 60
    updates = [
        vnstats.Update(at_s, 1_000_003 * (at_s // 3600 % 23 + 1), at_s % 70_001)
        for at_s in range(until_s - 40 * DAY_S, until_s, 1300)
    ]
    vnstats.fill(database, "wlan0", updates, ZONE)
    store = folder / "usage.db"
    given = ["import", "vnstat", str(database), "--store", str(store)]
    assert main([*given, "--tz", str(ZONE), "--yes"]) == 0
    return vnstats.told(database, "wlan0"), store


def _rows(
    store: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> list[dict[str, Any]]:
    capsys.readouterr()
    given = ["report", "--store", str(store), "--tz", str(ZONE), "--json"]
    assert main([*given, "--interface", "*", *words]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rows"]
    return rows


def _moved(rows: list[dict[str, Any]], parts: int) -> Moved:
    """By date, as vnStat dates it, what was moved at all."""
    found: Moved = {}
    for row in rows:
        local = datetime.fromisoformat(row["from"]).astimezone(ZONE)
        date = (local.year, local.month, local.day, local.hour, local.minute)[:parts]
        if row["rx_bytes"] or row["tx_bytes"]:
            found[date] = (row["rx_bytes"], row["tx_bytes"])
    return found


@pytest.mark.parametrize("table", BY)
def test_every_row_of_vnstat_is_one_of_ours(
    told: tuple[dict[str, Moved], Path],
    capsys: pytest.CaptureFixture[str],
    table: str,
) -> None:
    said, store = told
    rows = _rows(store, capsys, "--by", BY[table], "--since", "45d")
    parts = len(next(iter(said[table])))
    ours = _moved(rows, parts)
    # The oldest of its rows were dropped in part, as vnStat does.
    theirs = dict(sorted(said[table].items())[1:])
    assert theirs
    assert {date: ours.get(date) for date in theirs} == theirs


def test_years_are_as_vnstat_says_them(
    told: tuple[dict[str, Moved], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said, store = told
    rows = _rows(store, capsys, "--by", "year", "--since", "2000")
    assert _moved(rows, 1) == said["year"]


def test_its_top_days_are_our_top_days(
    told: tuple[dict[str, Moved], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said, store = told
    rows = _rows(store, capsys, "--by", "day", "--top", "10", "--since", "45d")
    kept = [row for row in rows if row["day"]]
    theirs = sorted(said["day"].values(), key=sum, reverse=True)[:10]
    assert [(row["rx_bytes"], row["tx_bytes"]) for row in kept] == theirs
