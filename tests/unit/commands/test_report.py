"""`esimmon report` on a real database: periods, forms, faults, a running daemon."""

from __future__ import annotations

import csv
import io
import json
import os
import selectors
import threading
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from monitor.cli import main
from monitor.config import places
from monitor.daemon.control import Access, Control, Method
from monitor.store.engine import open_store
from monitor.usage import Interval, Traffic
from monitor.views.text import report_text
from tests.unit.commands.stores import (
    APPLICATIONS,
    HOSTILE,
    HOURS,
    SLOT_BILL,
    SLOTS,
    START_S,
    make_store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DAY = "2025-06-11"
BILL = SLOT_BILL.l3.part(SLOTS, 1)
BAR = "█" * 19


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of two hours; nobody writes into it any more."""
    return make_store(tmp_path_factory.mktemp("store") / "usage.db")


def _report(
    store: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> dict[str, Any]:
    status = main(["report", "--store", str(store), "--json", *arguments])
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    answer: dict[str, Any] = json.loads(captured.out)
    return answer


def _sum(rows: list[dict[str, Any]]) -> Traffic:
    names = ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
    return Traffic(*(sum(row[name] for row in rows) for name in names))


@pytest.mark.parametrize(
    "by", ["application", "process", "interface", "network", "user", "hour", "day"]
)
@pytest.mark.parametrize(
    "period", [DAY, "2025-06", "2025-06-11T00:07..2025-06-11T01:23:45", "run"]
)
def test_the_rows_add_up_to_the_bill_to_the_byte(
    made: Path, capsys: pytest.CaptureFixture[str], by: str, period: str
) -> None:
    answer = _report(made, capsys, "--by", by, "--period", period, "--tz", "UTC")
    (interface,) = answer["interfaces"]
    assert _sum(answer["rows"]) == _sum([interface])
    if "T" not in period:
        assert _sum([interface]) == BILL
        assert interface["rx_counter_bytes"] == SLOT_BILL.counter.rx_bytes * SLOTS
        assert interface["coverage_pct"] == 90.0


def test_parts_of_a_period_add_up_to_it_to_the_byte(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marks = ["00:00", "00:03", "00:59", "01:00:01", "02:00"]
    parts = [
        _report(made, capsys, "--tz", "UTC", "--period", f"{DAY}T{a}..{DAY}T{b}")
        for a, b in pairwise(marks)
    ]
    assert _sum([part["interfaces"][0] for part in parts]) == BILL


def test_applications_have_the_bytes_that_were_written(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = _report(made, capsys, "--period", DAY, "--tz", "UTC")
    found = {row["application"]: row["rx_bytes"] for row in answer["rows"]}
    for name, rx_bytes in APPLICATIONS.items():
        assert found[name] == rx_bytes * SLOTS
    assert answer["store"] == str(made)
    assert answer["counted_until"] == "2025-06-11T02:00:00Z"


def test_processes_are_complete_and_named(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--period", DAY, "--tz", "UTC", "--by", "process")
    rows = _report(made, capsys, *arguments)["rows"]
    assert {row["pid"] for row in rows if row["application"]} == {100, 101, 102}
    (hostile,) = (row for row in rows if row["application"] == HOSTILE)
    assert hostile["exe"] == f"/opt/{HOSTILE}"
    assert {row["reason"] for row in rows if row["pid"] is None} == {
        "kernel",
        "unattributed",
    }


def test_a_local_day_is_asked_for_in_its_zone(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--period", DAY, "--by", "day", "--tz", "America/New_York")
    assert _report(made, capsys, *arguments)["rows"] == []
    arguments = ("--period", "2025-06-10", *arguments[2:])
    (row,) = _report(made, capsys, *arguments)["rows"]
    assert (row["day"], row["from"]) == ("2025-06-10", "2025-06-10T04:00:00Z")


def test_only_billed_interfaces_are_shown_unless_others_are_named(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def names(*patterns: str) -> list[str]:
        answer = _report(made, capsys, "--period", DAY, "--tz", "UTC", *patterns)
        return [interface["name"] for interface in answer["interfaces"]]

    assert names() == ["wwan0"]
    assert names("--interface", "dock*") == ["docker0"]
    assert names("--interface", "dock*", "--interface", "*0") == ["docker0", "wwan0"]
    assert names("--interface", "x*") == []


def test_csv_and_text_are_the_same_report(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    arguments = ["report", "--store", str(made), "--period", DAY, "--tz", "UTC"]
    assert main([*arguments, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(int(row["rx_bytes"]) for row in rows) == BILL.rx_bytes
    assert main([*arguments, "--format", "csv"]) == 0
    capsys.readouterr()
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert text.startswith("11 Jun 2025 (UTC)  wwan0\n")
    assert "\x1b" not in text
    assert "counted until 11 Jun 2025 02:00:00" in text


def test_hours_and_days_are_listed_in_order_of_time(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["report", "--store", str(made), "--period", DAY, "--tz", "UTC"]
    assert main([*arguments, "--by", "hour"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[2:6] == [
        "hour                 down       up   total    rate    share",
        "11 Jun 2025 00:00  120 kB  24.0 kB  144 kB  40 B/s   50.0 %  " + BAR,
        "11 Jun 2025 01:00  120 kB  24.0 kB  144 kB  40 B/s   50.0 %  " + BAR,
        "total              240 kB  48.0 kB  288 kB  40 B/s  100.0 %",
    ]
    assert main([*arguments, "--by", "day"]) == 0
    assert "\nWed 11 Jun 2025  240 kB" in capsys.readouterr().out


def test_without_any_run_the_last_run_is_a_wrong_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "usage.db"
    open_store(path, writable=True, create=True).close()
    assert main(["report", "--store", str(path), "--period", "run"]) == 2
    assert "no run is recorded yet" in capsys.readouterr().err
    assert main(["report", "--store", str(path)]) == 0
    assert "Nothing is recorded yet. Start counting" in capsys.readouterr().out


def test_the_text_of_a_run_is_made_from_an_open_store(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Karachi")
    monkeypatch.setenv("COLUMNS", "80")
    with open_store(made, writable=False) as store:
        text = report_text(store, Interval(START_S, START_S + HOURS * 3600))
    assert text.startswith("11 Jun 2025 05:00 - 07:00 (Asia/Karachi)  wwan0")
    assert "coverage 90.0 %" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--period", "foo"], 'period "foo" is not understood. Use today, yesterday'),
        (["--period", "cycle"], "no plan yet"),
        (["--since", "foo"], 'period "foo" is not understood'),
        (["--since", "2099-01-01"], "is in the future"),
        (["--period", "today", "--since", "2h"], "exclude each other"),
        (["--tz", "Nowhere"], "is no time zone known here"),
    ],
)
def test_a_wrong_question_is_said_before_the_database_is_looked_for(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--store", "/nowhere/usage.db", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("output_format", ["text", "json", "csv"])
def test_without_a_database_the_next_step_is_named(
    output_format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--store", str(tmp_path / "none.db"), "--format", output_format]
    assert main(["report", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "none.db" in captured.err
    assert "esimmon run" in captured.err


def test_a_period_without_data_is_no_error(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--store", str(made), "--period", "2020"]) == 0
    assert "Nothing is recorded of billed interfaces" in capsys.readouterr().out
    answer = _report(made, capsys, "--period", "2020")
    assert (answer["interfaces"], answer["rows"]) == ([], [])


def test_a_damaged_database_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "usage.db"
    path.write_bytes(b"this is no database\n" * 1000)
    assert main(["report", "--store", str(path)]) == 1
    assert str(path) in capsys.readouterr().err


def test_a_database_that_may_not_be_read_is_named_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As another user: root may read everything."""
    path = make_store(tmp_path / "usage.db")
    path.chmod(0)
    uid = os.geteuid()
    if uid == 0:
        for folder in (tmp_path, *list(tmp_path.parents)[:2]):
            folder.chmod(0o755)
        os.seteuid(65_534)
    try:
        status = main(["report", "--store", str(path)])
    finally:
        os.seteuid(uid)
    assert status == 1
    captured = capsys.readouterr()
    assert str(path) in captured.err
    assert "sudo" in captured.err
    assert captured.err.count("\n") == 1


@contextmanager
def _daemon(socket: Path, flushed: list[str]) -> Iterator[None]:
    """A process's worth of the daemon's socket: it only notes that it was asked."""

    def flush(_: Mapping[str, Any]) -> dict[str, Any]:
        flushed.append(socket.name)
        return {"flushed": True}

    stop = threading.Event()
    selector = selectors.DefaultSelector()
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    control = Control(socket, {"flush": Method(Access.ANYBODY, flush)}, selector)

    def loop() -> None:
        while not stop.is_set():
            for key, _ in selector.select(0.02):
                key.data()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        control.close()
        selector.close()


def _as_system(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SYSTEM_STORE", folder / "system/usage.db")
    monkeypatch.setattr(places, "SYSTEM_SOCKET", folder / "r/esimmon.sock")


def test_a_running_daemon_is_asked_to_write_down_what_it_has(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path_factory.mktemp("d")
    _as_system(folder, monkeypatch)
    store = make_store(places.SYSTEM_STORE)
    flushed: list[str] = []
    with _daemon(places.SYSTEM_SOCKET, flushed):
        assert main(["report", "--period", DAY, "--json"]) == 0
    assert flushed == ["esimmon.sock"]
    assert json.loads(capsys.readouterr().out)["store"] == str(store)


def test_a_report_does_not_need_the_daemon(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _as_system(tmp_path, monkeypatch)
    make_store(places.SYSTEM_STORE)
    places.SYSTEM_SOCKET.parent.mkdir()
    places.SYSTEM_SOCKET.write_text("not a socket")
    assert main(["report", "--period", DAY, "--tz", "UTC"]) == 0
    assert "coverage 90.0 %" in capsys.readouterr().out


def test_the_store_of_the_daemon_that_runs_is_read_first(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A user's own trial of last month must not hide the service."""
    folder = tmp_path_factory.mktemp("d")
    _as_system(folder, monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "u"))
    system = make_store(places.SYSTEM_STORE)
    own = make_store(folder / "state/esimmon/usage.db")
    flushed: list[str] = []
    assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["store"] == str(own)
    with _daemon(places.SYSTEM_SOCKET, flushed):
        assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["store"] == str(system)
    with _daemon(folder / "u/esimmon/esimmon.sock", flushed):
        assert main(["report", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["store"] == str(own)
