"""The page's figures are those of `report`, `status`, `networks` and `alerts`."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from monitor.cli import main
from monitor.escapes import visible
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Bill, Interval, Traffic
from monitor.web.documents import harmless
from tests.unit.standings import PACK, WWAN, document
from tests.web.stage import RIGHT_TO_LEFT, ZONE, make_past, now_s, web, write_status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.stage import Past, Web


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands look at the clock that the server looks at."""
    monkeypatch.setenv("TZ", ZONE)


def _asked(
    capsys: pytest.CaptureFixture[str], past: Past, *words: str
) -> dict[str, Any]:
    assert main([*words, "--store", str(past.store), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def _by_name(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        name = visible(row["application"] or f"({row['reason']})")
        rx, tx = found[name]
        found[name] = rx + row["rx_bytes"], tx + row["tx_bytes"]
    return dict(found)


@pytest.mark.parametrize("period", ["today", "week", "month", "night", "years"])
def test_usage_is_what_report_says(
    server: Web, past: Past, capsys: pytest.CaptureFixture[str], period: str
) -> None:
    day = datetime.fromtimestamp(past.end_s - 86_400, UTC).date()
    periods = {
        "night": f"{day}T01:00Z..{day}T05:30Z",  # bars of 5 minutes
        "years": f"{day.year - 2}-01-01..{day}",  # bars of months
    }
    period = periods.get(period, period)
    page = server.json(f"/api/usage?period={period}")
    report = _asked(capsys, past, "report", "--period", period)
    assert report["rows"]
    names = ("from", "to", "timezone", "l3", "interfaces", "gaps", "counted_until")
    assert {name: page[name] for name in names if name != "gaps"} == {
        name: report[name] for name in names if name != "gaps"
    }
    assert [gap["from"] for gap in page["gaps"]] == [
        gap["from"] for gap in report["gaps"]
    ]
    shown = {
        row["label"]: (row["rx_bytes"], row["tx_bytes"]) for row in page["applications"]
    }
    assert shown == _by_name(report["rows"])
    in_time = _asked(capsys, past, "report", "--period", period, "--by", page["step"])
    parts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in in_time["rows"]:
        at = parts[int(datetime.fromisoformat(row["from"]).timestamp())]
        at[0] += row["rx_bytes"]
        at[1] += row["tx_bytes"]
    assert {part[0]: part[2:4] for part in page["parts"]} == parts


def test_one_network_one_plan_and_one_hour(
    server: Web, past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    key = server.json("/api/networks")["networks"][0]["key"]
    page = server.json(f"/api/applications?period=week&network={key}")
    report = _asked(capsys, past, "report", "--period", "week", "--network", key)
    assert page["interfaces"] == report["interfaces"] != []
    page = server.json("/api/applications?period=week&plan=home")
    report = _asked(capsys, past, "report", "--period", "week", "--plan", "home")
    assert page["interfaces"] == report["interfaces"] != []
    from_s = past.end_s - past.end_s % 3600 - 7200
    page = server.json(f"/api/applications?from={from_s}&to={from_s + 3600}")
    hour = "..".join(
        datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for at_s in (from_s, from_s + 3600)
    )
    report = _asked(capsys, past, "report", "--period", hour)
    assert page["interfaces"] == report["interfaces"] != []


def test_what_nobody_counted_is_said_of_each_part(server: Web, past: Past) -> None:
    gap_s = past.gap
    page = server.json(f"/api/usage?from={gap_s.from_s - 7200}&to={gap_s.to_s + 7200}")
    unknown = {from_s: blind_s for from_s, _, _, _, blind_s in page["parts"]}
    assert sum(unknown.values()) == gap_s.to_s - gap_s.from_s
    assert min(unknown.values()) == 0
    assert max(unknown.values()) == 3600


def test_what_is_still_to_come_is_not_taken_for_a_gap(server: Web, past: Past) -> None:
    page = server.json("/api/usage?period=today")
    assert page["blind"][-1][0] == past.end_s
    unknown_s = sum(blind_s for _, _, _, _, blind_s in page["parts"])
    assert 0 <= unknown_s <= now_s() - past.end_s


def test_networks_and_alerts_are_those_of_the_commands(
    server: Web, past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    page = server.json("/api/networks")
    called = [each.pop("called") for each in page["networks"]]
    assert called[0].endswith("Airalo")
    assert page == harmless(_asked(capsys, past, "networks"))
    page = server.json("/api/alerts")
    assert page == _asked(capsys, past, "alerts", "list")


def test_without_a_daemon_plans_stand_as_the_records_say(
    server: Web, past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    page = server.json("/api/standing")
    assert not page["running"]
    home, pack = page["status"]["plans"]
    shown = _asked(capsys, past, "plan", "show", "home")
    for name in ("used_bytes", "limit_bytes", "remaining_bytes", "state", "cycle_end"):
        assert home[name] == shown[name]
    assert home["forecast"]["today_bytes"] == shown["forecast"]["today_bytes"]
    assert page["words"]["home"]["left"].startswith("left ")
    assert pack["state"] == "expired"


def test_with_a_daemon_plans_stand_as_status_says(
    past: Past,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "esimmon"))
    with web(past.store, tmp_path) as running:
        before = running.json("/api/standing")
        write_status(past, tmp_path, document([WWAN, PACK]))
        page = running.json("/api/standing")
    assert (before["running"], page["running"]) == (False, True)
    assert page["status"] == _asked(capsys, past, "status")
    assert page["words"]["pk"]["left"] == "left 19.90 GB"


def test_no_character_of_a_name_is_obeyed(server: Web) -> None:
    body = server.get("/api/usage?period=week")[2].decode()
    assert json.dumps(RIGHT_TO_LEFT)[1:-1] not in body
    labels = [row["label"] for row in json.loads(body)["applications"]]
    assert visible(RIGHT_TO_LEFT) in labels
    assert all(label.isprintable() for label in labels)


def test_what_is_written_meanwhile_is_in_the_next_answer(tmp_path: Path) -> None:
    past = make_past(tmp_path / "usage.db", now_s() - 3600)
    with web(past.store, tmp_path) as running:
        before = running.json("/api/usage?period=week")
        with (
            open_store(past.store, writable=True) as store,
            Writer(store) as writer,
        ):
            at_s = past.end_s + 60
            writer.start("b007b007-0000-4000-8000-00000000000c", at_s, "ebpf", "1", 0)
            for count in range(1, 6):
                (where, _), *_ = _last_bill(store)
                when = Interval(at_s + count, at_s + count + 1)
                bill = Bill(Traffic(10**6), Traffic(10**6))
                writer.flush(Batch(bill={(when, where): bill}), when.to_s, trusted=True)
                page = running.json("/api/usage?period=week")
                grown = page["total"]["rx_bytes"] - before["total"]["rx_bytes"]
                assert grown == count * 10**6
                assert (
                    sum(part[2] for part in page["parts"])
                    == (page["total"]["rx_bytes"])
                )


def _last_bill(store: Any) -> list[Any]:  # noqa: ANN401 - an open store
    from monitor.store import queries  # noqa: PLC0415 - for this one

    bills = queries.interface_bills(store, Interval(0, 1 << 40))
    return [(bill.where, bill.l3) for bill in bills]


@pytest.mark.parametrize("name", ["standing", "usage", "networks", "alerts"])
def test_without_a_store_it_says_what_to_do(tmp_path: Path, name: str) -> None:
    with web(tmp_path / "none.db", tmp_path) as running:
        status, _, body = running.get(f"/api/{name}")
    assert status == 503
    assert json.loads(body)["reason"] == "missing"
    assert "esimmon run" in json.loads(body)["error"]
