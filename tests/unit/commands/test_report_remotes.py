"""`esimmon report --by remote`, and `--app`, which asks of some programs only."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store.batch import OTHER, Batch, RemoteHour
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Application, Bill, Interval, Share, Traffic
from tests.unit.commands.stores import (
    APPLICATIONS,
    BOOT,
    HOSTILE,
    SLOTS,
    START_S,
    WWAN,
    make_store,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = START_S + 30 * 3600 + 90
HOUR_S = NOW_S - 90
DAY = "2025-06-11"
MET = {
    (HOUR_S, "firefox", "151.101.1.0/24"): (12_200_000, 310_000),
    (HOUR_S - 3600, "firefox", "151.101.1.0/24"): (800_000, 0),
    (HOUR_S - 3600, "firefox", "2a04:4e42::/48"): (5_000_000, 70_000),
    (HOUR_S, "firefox", OTHER): (400_000, 20_000),
    (HOUR_S, HOSTILE, "192.0.2.0/24"): (1000, 2000),
    # Too old to be kept, and not dropped yet.
    (HOUR_S - 25 * 3600, "firefox", "198.51.100.0/24"): (9_000_000, 0),
}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somewhat after the hours of the store."""
    monkeypatch.setattr(clock, "now_s", lambda: NOW_S)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without any network."""
    return make_store(tmp_path_factory.mktemp("off") / "usage.db")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, and some networks."""
    path = make_store(tmp_path_factory.mktemp("on") / "usage.db")
    remotes = {
        RemoteHour(hour_s, Application(name, "executable"), remote): moved
        for (hour_s, name, remote), moved in MET.items()
    }
    with open_store(path, writable=True) as store, Writer(store) as writer:
        writer.start(BOOT, NOW_S, "ebpf", "0.1.0", START_S - 1000)
        batch = Batch(remotes=remotes, remotes_kept_s=24 * 3600)
        writer.flush(batch, NOW_S, trusted=True)
        writer.stop(NOW_S)
    return path


def _text(store: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["report", "--store", str(store), "--tz", "UTC", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def _lines(text: str) -> list[str]:
    """What stands before the path of the database."""
    return text.partition("\nstore ")[0].splitlines()


def _json(
    store: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_text(store, capsys, "--json", *arguments))
    return found


def test_it_reads_like_this(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _lines(_text(made, capsys, "--by", "remote")) == [
        "11 Jun 2025 06:00 - 12 Jun 2025 07:00 (UTC)",
        "",
        "application               network            down       up",
        f"firefox                   151.101.1.0/24  13.0 MB   310 kB  {'█' * 20}",
        "firefox                   2a04:4e42::/48  5.00 MB  70.0 kB  ███████▌",
        "firefox                   (others)         400 kB  20.0 kB  ▌",
        "ev\\x1b[31mil\\n\\u202e\\xff  192.0.2.0/24    1.00 kB  2.00 kB",
        "",
        "A memory of the last 24 h by whole hours, in no sum: what sockets of programs",
        "  exchanged, in containers too, with each /24 of IPv4 and /48 of IPv6.",
    ]


def test_json_and_csv_have_exact_numbers_and_stable_names(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(made, capsys, "--by", "remote")
    assert found["version"] == 1
    assert (found["by"], found["kept_s"], found["interfaces"]) == ("remote", 86_400, [])
    assert (found["from"], found["to"]) == (
        "2025-06-11T06:00:00Z",
        "2025-06-12T07:00:00Z",
    )
    assert found["rows"][0] == {
        "application": "firefox",
        "remote": "151.101.1.0/24",
        "rx_bytes": 13_000_000,
        "tx_bytes": 310_000,
    }
    assert [row["application"] for row in found["rows"]][-1] == HOSTILE
    text = _text(made, capsys, "--by", "remote", "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["remote"] for row in rows] == [row["remote"] for row in found["rows"]]
    assert rows[2] == {
        "application": "firefox",
        "remote": "other",
        "rx_bytes": "400000",
        "tx_bytes": "20000",
    }
    assert "\x1b" not in text


def test_an_hour_that_the_period_touches_is_shown_whole(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    period = "2025-06-12T05:30..2025-06-12T06:00"
    found = _json(made, capsys, "--by", "remote", "--period", period)
    assert (found["from"], found["to"]) == (
        "2025-06-12T05:00:00Z",
        "2025-06-12T06:00:00Z",
    )
    assert [row["rx_bytes"] for row in found["rows"]] == [5_000_000, 800_000]
    found = _json(made, capsys, "--by", "remote", "--since", "1 min")
    assert [row["rx_bytes"] for row in found["rows"]] == [12_200_000, 400_000, 1000]


def test_what_is_older_than_is_kept_is_not_shown_even_if_it_is_there(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _json(made, capsys, "--by", "remote", "--period", DAY)["rows"] == []
    text = _text(made, capsys, "--by", "remote", "--period", "2025-05")
    assert "Nothing is remembered of these hours." in text


def test_the_smallest_can_be_folded(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(made, capsys, "--by", "remote", "--top", "1")["rows"]
    assert found[1:] == [
        {
            "application": None,
            "remote": "other",
            "rx_bytes": 5_401_000,
            "tx_bytes": 92_000,
        }
    ]


def test_where_it_is_off_that_is_said_with_how_to_turn_it_on(
    off: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = _text(off, capsys, "--by", "remote")
    assert "The networks that programs talk to are not kept: that is off.\n" in text
    assert "set enabled = true under [remotes]" in text
    found = _json(off, capsys, "--by", "remote")
    assert (found["kept_s"], found["rows"]) == (0, [])
    csv_text = _text(off, capsys, "--by", "remote", "--csv")
    assert csv_text == "application,remote,rx_bytes,tx_bytes\n"


@pytest.mark.parametrize("by", ["application", "process", "remote"])
def test_one_program_can_be_asked_for(
    made: Path, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    period = () if by == "remote" else ("--period", DAY)
    found = _json(made, capsys, "--by", by, "--app", "fire*", *period)
    assert {row["application"] for row in found["rows"]} == {"firefox"}
    assert found["app"] == ["fire*"]
    none = _text(made, capsys, "--by", by, "--app", "x", *period)
    assert "that fits --app" in none


def test_a_report_of_one_program_says_what_it_is_a_part_of(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--app", "firefox", "--app", "=*", "--period", DAY)
    found = _json(made, capsys, *arguments)
    names = {row["application"]: row["rx_bytes"] for row in found["rows"]}
    assert names == {name: APPLICATIONS[name] * SLOTS for name in ("firefox", "=1+1")}
    assert _lines(_text(made, capsys, *arguments)) == [
        "11 Jun 2025 (UTC)  wwan0",
        "",
        "application     down       up   share",
        "firefox       144 kB  14.4 kB  55.0 %  ████████████████████",
        "=1+1         12.0 kB  1.20 kB   4.6 %  █▋",
        "total         156 kB  15.6 kB  59.6 %",
        "",
        (
            "only firefox, =*: this is 59.6 %; everything together is 240 kB down, "
            "48.0 kB up"
        ),
        "coverage 90.0 %: 28.8 kB without a known owner",
        "gap 11 Jun 2025 02:00 - 12 Jun 2025 06:01 (1 day 4 h): daemon stopped",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--by", "remote", "--interface", "wwan0"), "is over all interfaces"),
        (("--by", "remote", "--plan", "home"), "is over all interfaces"),
        (("--by", "remote", "--metered"), "is over all interfaces"),
        (("--by", "remote", "--format", "png"), "is text, json or csv"),
        (("--by", "hour", "--compare"), "not the same in two periods"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(
    off: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    assert main(["report", "--store", str(off), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_program_is_called_and_asked_for_as_people_know_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    entry = tmp_path / "applications" / "org.mozilla.firefox.desktop"
    entry.parent.mkdir()
    entry.write_text("[Desktop Entry]\nType=Application\nName=Firefox Web\n")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LANG", "C")
    path, application = tmp_path / "usage.db", ("org.mozilla.firefox", "desktop")
    key = RemoteHour(HOUR_S, Application(*application), "192.0.2.0/24")
    piece = Interval(HOUR_S, HOUR_S + 60)
    moved = Traffic(1000, 500, 1, 1)
    batch = Batch(
        bill={(piece, WWAN): Bill(moved, moved)},
        explanation={(piece, WWAN, Share(key.application)): moved},
        remotes={key: (1000, 500)},
        remotes_kept_s=3600,
    )
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        writer.start(BOOT, HOUR_S, "ebpf", "0.1.0", START_S)
        writer.flush(batch, NOW_S, trusted=True)
    for by in ("application", "remote"):
        for pattern in ("Firefox*", "*.firefox"):
            text = _text(path, capsys, "--by", by, "--app", pattern)
            assert "\nFirefox Web  " in text
        (row,) = _json(path, capsys, "--by", by, "--app", "Firefox*")["rows"]
        assert (row["application"], row["rx_bytes"]) == (key.application.name, 1000)
