"""`esimmon export`: every byte of the bill in one row, in stable columns."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from monitor.cli import main
from monitor.store import queries
from monitor.store.dropping import drop_spans
from monitor.store.engine import open_store
from monitor.store.rollups import roll_up
from monitor.usage import Interval, Traffic, total
from tests.unit.commands.stores import HOSTILE, HOURS, START_S, make_store

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = Interval(START_S, START_S + HOURS * 3600)
COLUMNS = [
    *("from", "to", "network", "interface", "application", "reason", "class", "uid"),
    *("via", "rx_bytes", "tx_bytes", "rx_packets", "tx_packets"),
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two hours of traffic."""
    return make_store(tmp_path / "usage.db")


def exported(store: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:  # noqa: ANN401 - JSON
    """What comes out."""
    assert main(["export", "--store", str(store), *words]) == 0
    return json.loads(capsys.readouterr().out)


def sum_of(rows: list[dict[str, Any]]) -> Traffic:
    """Of all four columns."""
    return total(Traffic(*(row[name] for name in COLUMNS[-4:])) for row in rows)


def billed(store: Path, period: Interval) -> Traffic:
    """What was billed in a time."""
    with open_store(store, writable=False) as opened:
        bills = queries.interface_bills(opened, period)
    return total(each.l3 for each in bills if each.billed)


@pytest.mark.parametrize("detail", ["5min", "hour", "day"])
@pytest.mark.parametrize("summed", [False, True])
def test_the_rows_add_up_to_the_bill(
    detail: str, store: Path, capsys: pytest.CaptureFixture[str], *, summed: bool
) -> None:
    if summed:
        with open_store(store, writable=True) as opened:
            roll_up(opened, START_S + 2 * 86_400, ZoneInfo("UTC"))
    document = exported(store, capsys, "--detail", detail)
    assert (document["version"], document["kind"]) == (1, "esimmon export")
    rows = document["rows"]
    assert sum_of(rows) == billed(store, WHOLE)
    assert all(list(row) == COLUMNS for row in rows)
    assert {row["reason"] for row in rows} == {None, "kernel", "unattributed"}
    lengths = {row["from"][11:16] + "-" + row["to"][11:16] for row in rows}
    hours = {"00:00-01:00", "01:00-02:00"}
    if detail == "5min" or not summed:
        assert len(lengths) == 24
    else:
        assert lengths == ({"00:00-00:00"} if detail == "day" else hours)
    (row, *_) = [row for row in rows if row["application"] == HOSTILE]
    assert (row["interface"], row["network"]) == ("wwan0", "if:wwan0")
    assert row["uid"] == 1


@pytest.mark.parametrize("dropped", [False, True])
def test_periods_side_by_side_add_up_whatever_is_cut(
    store: Path, capsys: pytest.CaptureFixture[str], *, dropped: bool
) -> None:
    if dropped:
        with open_store(store, writable=True) as opened:
            roll_up(opened, START_S + 2 * 86_400, ZoneInfo("UTC"))
            with opened.begin() as connection:
                assert drop_spans(connection, START_S + 86_400, 1000)
    sums = Traffic()
    for period in (
        "2025-06-11T00:00Z..2025-06-11T00:17Z",
        "2025-06-11T00:17Z..2025-06-12T00:00Z",
    ):
        rows = exported(store, capsys, "--period", period, "--detail", "5min")["rows"]
        assert rows
        sums += sum_of(rows)
    assert sums == billed(store, WHOLE)


def test_csv_has_the_same_rows(
    store: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = exported(store, capsys)["rows"]
    file = tmp_path / "all.csv"
    words = ["export", "--store", str(store), "--format", "csv", "--output", str(file)]
    assert main(words) == 0
    assert capsys.readouterr().out == ""
    assert file.stat().st_mode & 0o777 == 0o600
    lines = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [list(line) for line in lines] == [COLUMNS] * len(rows)
    for name in ("from", "rx_bytes", "reason"):
        expected = ["" if row[name] is None else str(row[name]) for row in rows]
        assert [line[name] for line in lines] == expected
    assert "\x1b" not in file.read_text()
    assert main(words) == 2
    assert "is there already: give --force" in capsys.readouterr().err
    assert main([*words, "--force"]) == 0


def test_a_copy_of_the_database_is_one(
    store: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["export", "--store", str(store), "--format", "sqlite"]
    assert main(words) == 2
    assert "give --output" in capsys.readouterr().err
    copy = tmp_path / "copy.db"
    assert main([*words, "--output", str(copy)]) == 0
    assert billed(copy, WHOLE) == billed(store, WHOLE)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.glob("copy*")) == ["copy.db"]


def test_of_a_time_without_usage_there_is_a_document_all_the_same(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exported(store, capsys, "--period", "2024-01")["rows"] == []


def test_a_folder_that_is_not_there_is_said_so(
    store: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "no" / "file"
    for words in ((), ("--format", "sqlite")):
        options = ("--store", str(store), "--output", str(file), *words)
        assert main(["export", *options]) == 1
        sentence = f"esimmon: {file}: there is no folder {file.parent}.\n"
        assert capsys.readouterr().err == sentence
