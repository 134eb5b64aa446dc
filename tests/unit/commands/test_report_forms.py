"""`esimmon report`: filters, comparison, files and pictures, on a real database."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import (
    Application,
    Attachment,
    Bill,
    Interval,
    Share,
    Traffic,
)
from monitor.users import user_name
from monitor.views.question import SUBJECTS
from tests.unit.commands.stores import BOOT, START_S

if TYPE_CHECKING:
    from pathlib import Path

DAY_S, HOUR_S = 86_400, 3600
NOW_S = START_S + 12 * HOUR_S
SIM = Attachment("if:wwan0", "wwan0", billed=True, metered=True)
LAN = Attachment("if:eth0", "eth0", billed=True, metered=False)
FIREFOX, APT = (Application(name, "executable") for name in ("firefox", "apt"))
SHARES = {
    Share(FIREFOX, app_class="interactive", uid=0): 6000,
    Share(APT, app_class="background", uid=1): 3000,
    Share(None, "forwarded", via="ap0"): 500,
}
HOUR_BYTES = 10_000
PLAN = """
[[plan]]
id = "home"
every = "month"
match.interface = ["wwan*"]
[[plan.member]]
id = "root"
[[plan.member]]
id = "nobody-here"
"""
TODAY = ("--period", "2025-06-11", "--tz", "UTC")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yesterday the same each hour, and twice as much in the first half of today."""
    path = tmp_path_factory.mktemp("store") / "usage.db"
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        begin_s = START_S - DAY_S
        writer.start(BOOT, begin_s, "ebpf", "0.1.0", begin_s - 1000)
        for at_s in range(begin_s, NOW_S, HOUR_S):
            factor = 2 if at_s >= START_S else 1
            writer.flush(_batch(at_s, factor), at_s + HOUR_S, trusted=True)
        writer.stop(NOW_S)
    return path


def _batch(at_s: int, factor: int) -> Batch:
    batch = Batch()
    span = Interval(at_s, at_s + 300)
    for where, part in ((SIM, 1), (LAN, 2)):
        moved = Traffic(HOUR_BYTES * factor // part, 0, 10, 0)
        batch.bill[span, where] = Bill(moved, moved)
        for share, rx_bytes in SHARES.items():
            batch.explanation[span, where, share] = Traffic(rx_bytes * factor // part)
    return batch


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock shows noon of that day."""
    monkeypatch.setattr(clock, "now_s", lambda: NOW_S)


class Reporter:
    """A person who asks."""

    def __init__(
        self, store: Path, config: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """With a plan."""
        config.write_text(PLAN)
        self.given = ["report", "--store", str(store), "--config", str(config)]
        self._capsys = capsys

    def text(self, *arguments: str) -> str:
        """What is written."""
        status = main([*self.given, *arguments])
        captured = self._capsys.readouterr()
        assert (status, captured.err) == (0, "")
        return captured.out

    def json(self, *arguments: str) -> dict[str, Any]:
        """The same for programs."""
        answer: dict[str, Any] = json.loads(self.text("--json", *arguments))
        return answer

    def refused(self, *arguments: str) -> str:
        """Why not."""
        assert main([*self.given, *arguments]) in (1, 2)
        captured = self._capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        return captured.err


@pytest.fixture
def report(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Reporter:
    """`esimmon report` on that database."""
    return Reporter(made, tmp_path / "config.toml", capsys)


def _rx(rows: list[dict[str, Any]]) -> int:
    return sum(row["rx_bytes"] for row in rows)


TODAY_BYTES = 12 * 2 * HOUR_BYTES * 3 // 2


@pytest.mark.parametrize("by", SUBJECTS)
@pytest.mark.parametrize(
    ("filters", "rx_bytes"),
    [
        ((), TODAY_BYTES),
        (("--metered",), TODAY_BYTES * 2 // 3),
        (("--network", "if:eth0"), TODAY_BYTES // 3),
        (("--plan", "home"), TODAY_BYTES * 2 // 3),
        (("--interface", "eth*"), TODAY_BYTES // 3),
        (("--app", "fire*"), TODAY_BYTES * 6 // 10),
        (("--background",), TODAY_BYTES * 3 // 10),
        (("--app", "a*", "--metered", "--top", "1"), TODAY_BYTES * 2 // 10),
    ],
)
def test_every_report_adds_up_to_what_the_filters_leave(
    report: Reporter, by: str, filters: tuple[str, ...], rx_bytes: int
) -> None:
    found = report.json("--by", by, *TODAY, *filters)
    assert _rx(found["rows"]) == rx_bytes
    assert found["shown"]["rx_bytes"] == rx_bytes
    assert found["billed"]["rx_bytes"] == TODAY_BYTES
    rows = list(csv.DictReader(io.StringIO(report.text("--csv", "--by", by, *TODAY))))
    assert sum(int(row["rx_bytes"]) for row in rows) == TODAY_BYTES


@pytest.mark.parametrize("by", ["5min", "hour", "day", "week", "month", "year"])
def test_parts_of_a_longer_time_add_up_too(report: Reporter, by: str) -> None:
    found = report.json("--by", by, "--period", "2025", "--tz", "Asia/Kathmandu")
    assert _rx(found["rows"]) == TODAY_BYTES * 2
    one = report.json("--by", by, "--period", "2025", "--tz", "UTC", "--app", "apt")
    assert _rx(one["rows"]) == TODAY_BYTES * 2 * 3 // 10


def test_members_of_a_plan_are_users_of_this_machine(report: Reporter) -> None:
    rows = report.json("--by", "member", *TODAY)["rows"]
    found = {
        (row["plan"], row["member"], row["reason"]): row["rx_bytes"] for row in rows
    }
    sim_bytes = TODAY_BYTES * 2 // 3
    assert found["home", user_name(0), None] == sim_bytes * 6 // 10
    assert found["home", None, "no_member"] == sim_bytes * 35 // 100
    assert "(nobody who shares it)" in report.text("--by", "member", *TODAY)


def test_today_is_compared_with_yesterday_until_now(report: Reporter) -> None:
    found = report.json("--period", "today", "--tz", "UTC", "--compare")
    assert found["before"]["from"] == "2025-06-10T00:00:00Z"
    assert found["before"]["to"] == "2025-06-10T12:00:01Z"
    # A second of what began at noon is in it: a 300th of an hour's bytes.
    assert found["before"]["rx_bytes"] == TODAY_BYTES // 2 + 33 + 16
    firefox = [row for row in found["rows"] if row["application"] == "firefox"]
    assert sum(row["before_rx_bytes"] for row in firefox) == 12 * 9000 + 30
    text = report.text("--period", "today", "--tz", "UTC")
    assert "before, 10 Jun 2025 00:00 - 12:00:01 (UTC): 180 kB; now +100 %" in text
    assert "at this pace 720 kB by the end of 11 Jun 2025" in text
    text = report.text("--period", "today", "--tz", "UTC", "--compare")
    assert "application          down   up    share  change" in text


def test_what_was_not_counted_from_its_beginning_is_not_compared_with(
    report: Reporter,
) -> None:
    asked = ("--period", "yesterday", "--tz", "UTC")
    assert report.json(*asked)["before"] is None
    assert "nothing to compare with" in report.text(*asked, "--compare")


def test_the_busiest_hours_are_a_top(report: Reporter) -> None:
    rows = report.json("--by", "hour", "--top", "3", "--period", "2025-06")["rows"]
    kept = {row["hour"] for row in rows if row["hour"]}
    assert len(kept) == 3
    assert all(hour.startswith("2025-06-11T") for hour in kept)
    assert _rx(rows) == TODAY_BYTES * 2


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (("--by", "app"), ("--by", "application")),
        (("--by", "5m"), ("--by", "5min")),
        (("--month", "2025-06"), ("--period", "2025-06")),
        (("--last-night",), ("--period", "last-night")),
    ],
)
def test_short_words_mean_the_same(
    report: Reporter, short: tuple[str, ...], long: tuple[str, ...]
) -> None:
    assert report.json(*short) == report.json(*long)


@pytest.mark.parametrize("output_format", ["text", "json", "csv", "html", "png"])
def test_a_report_goes_into_a_file(
    report: Reporter, tmp_path: Path, output_format: str
) -> None:
    path = tmp_path / "report"
    form = ("--format", output_format, *TODAY)
    assert report.text(*form, "--output", str(path)) == ""
    written = path.read_bytes()
    if output_format == "png":
        assert written.startswith(b"\x89PNG")
    else:
        assert written.decode().count("firefox") > 0
        assert written.endswith(b"\n")
        if output_format != "html":  # which has the time in it
            assert written.decode() == report.text(*form)


def test_a_file_that_cannot_be_written_is_named(
    report: Reporter, tmp_path: Path
) -> None:
    path = tmp_path / "nowhere/report.html"
    refused = report.refused("--format", "html", "--output", str(path))
    assert f"{path} cannot be written: No such file or directory" in refused


def test_a_picture_is_not_written_to_a_terminal(
    report: Reporter, tmp_path: Path
) -> None:
    first, second = pty.openpty()
    command = [sys.executable, "-m", "monitor", *report.given, "--format", "png"]
    environ = {**os.environ, "HOME": str(tmp_path)}
    with os.fdopen(first, "rb"), os.fdopen(second, "wb") as terminal:
        done = subprocess.run(
            command, stdout=terminal, stderr=subprocess.PIPE, env=environ, check=False
        )
    assert done.returncode == 2
    assert b"a png is no text for a terminal" in done.stderr


def test_a_picture_goes_through_a_pipe(report: Reporter, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "monitor", *report.given, "--format", "png"]
    environ = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, env=environ, check=True)
    assert done.stdout.startswith(b"\x89PNG")
    assert done.stderr == b""


def test_a_report_imports_neither_plans_nor_pictures(
    report: Reporter, tmp_path: Path
) -> None:
    """What is not needed costs nothing."""
    script = (
        "import sys; from monitor.cli import main; main(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, *report.given]
    environ = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, env=environ, check=True)
    modules = {*done.stderr.decode().split()}
    assert "monitor.views.text" in modules
    assert not modules & {
        "alembic",
        "apscheduler",
        "matplotlib",
        "monitor.alerts.judging",
        "monitor.accounts.bookkeeping",
        "monitor.commands.asking",
        "monitor.views.as_html",
        "monitor.views.remotes",
        "numpy",
    }
