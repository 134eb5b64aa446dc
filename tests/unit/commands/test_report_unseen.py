"""Processes in the background: those that are known, and the rest with its sum."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from monitor.cli import main
from monitor.store.batch import Batch, ProcessHour, ProcessRow
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import (
    Application,
    Attachment,
    Bill,
    Interval,
    Owner,
    Process,
    Share,
    Traffic,
    total,
)

if TYPE_CHECKING:
    from pathlib import Path

BEGIN_S = 1_749_600_000  # 2025-06-11T00:00:00Z
WWAN = Attachment("if:wwan0", "wwan0", billed=True)
# In which hour, whose process, of which user, how it was, how much.
MOVED = (
    (0, "sync", 1, 1000, "background", 50_000),
    (0, "sync", 2, 1000, "background", 20_000),
    (0, "mail", 3, 1000, "background", 7000),
    (0, "mail", 4, 1000, "interactive", 9000),
    (0, "mail", 5, 1001, "background", 300),
    (1, "mail", 4, 1000, "background", 4000),
    (1, "sync", 1, 1000, "unknown", 600),
    (1, "game", 6, 1000, "interactive", 80_000),
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two hours of a few processes."""
    path = tmp_path / "usage.db"
    with (
        open_store(path, writable=True, create=True) as opened,
        Writer(opened) as writer,
    ):
        writer.start("boot", BEGIN_S, "ebpf", "0.1.0", BEGIN_S - 100)
        for hour in (0, 1):
            begin_s = BEGIN_S + hour * 3600 + 600
            span = Interval(begin_s, begin_s + 60)
            writer.flush(_batch(span, hour), span.to_s, trusted=True)
        writer.stop(BEGIN_S + 7200)
    return path


def _batch(span: Interval, hour: int) -> Batch:
    batch, amounts = Batch(), []
    for _, name, pid, uid, app_class, rx_bytes in (m for m in MOVED if m[0] == hour):
        application, moved = Application(name, "executable"), Traffic(rx_bytes, 0, 1, 0)
        share = Share(application, "socket", app_class, uid)
        before = batch.explanation.get((span, WWAN, share), Traffic())
        batch.explanation[span, WWAN, share] = before + moved
        process = Process(
            Owner(pid * 10**9, pid, 1), name, f"/opt/{name}", (name,), uid, 1, "/"
        )
        key = ProcessHour(BEGIN_S + hour * 3600, WWAN, application, process)
        batch.processes[key] = ProcessRow(span, name, moved)
        amounts.append(moved)
    batch.bill[span, WWAN] = Bill(total(amounts), total(amounts))
    return batch


def asked(
    store: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> dict[str, Any]:
    """What was moved in the background by process."""
    words = ["report", "--by", "process", "--background", "--store", str(store)]
    words += ["--period", "2025-06-11", "--tz", "UTC", "--json"]
    assert main([*words, *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_process_is_named_where_all_of_its_program_was_in_the_background(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(store, capsys)
    rows = {
        (row["application"], row["pid"], row["reason"]): row["rx_bytes"]
        for row in found["rows"]
    }
    assert rows == {
        ("sync", 1, None): 50_000,
        ("sync", 2, None): 20_000,
        ("mail", 5, None): 300,
        ("mail", 4, None): 4000,
        ("mail", None, "other-processes"): 7000,  # or it was the other one's
    }
    assert {row["class"] for row in found["rows"]} == {"background"}
    expected = sum(each[-1] for each in MOVED if each[4] == "background")
    assert found["shown"]["rx_bytes"] == sum(rows.values()) == expected


def test_the_text_says_where_the_rest_is(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "--by", "process", "--background", "--store", str(store)]
    assert main([*words, "--period", "2025-06-11", "--tz", "UTC"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "(other processes of mail)" in said
    assert "the rest is in its (other processes)" in said


def test_other_filters_narrow_it_further(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(store, capsys, "--app", "ma*", "--top", "1")
    assert found["shown"]["rx_bytes"] == 11_300
