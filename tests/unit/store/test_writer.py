"""A run begins, flushes and ends; what a restart finds is what was committed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreError
from monitor.store import queries
from monitor.store.batch import Batch, Event, ProcessHour, ProcessRow, Unplaced
from monitor.usage import (
    Attachment,
    Bill,
    Interval,
    Traffic,
)
from tests.unit.store.builders import (
    BOOT,
    CURL,
    FIREFOX,
    KERNEL,
    T0,
    WLAN,
    WWAN,
    bill,
    billed,
    contents,
    explained,
    process,
    share,
    traffic,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from pathlib import Path

ALWAYS = Interval(0, 2 * T0)


def spans(path: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT from_s, to_s FROM spans ORDER BY span_id"
        ).fetchall()


def test_flushes_that_touch_continue_one_span_inside_a_slot(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        for from_s in range(T0, T0 + 600, 30):
            writer.flush(usage_batch(from_s, from_s + 30), from_s + 30, trusted=True)
        assert billed(store, T0, T0 + 600) == bill(20 * 100_000)
        assert explained(store, T0, T0 + 600) == traffic(20 * 90_000)
    assert spans(path) == [(T0, T0 + 300), (T0 + 300, T0 + 600)]


def test_a_hole_or_a_cut_begins_a_new_span(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        writer.flush(usage_batch(T0 + 40, T0 + 60), T0 + 60, trusted=True)
        cut = usage_batch(T0 + 60, T0 + 90)
        cut.cut = True
        writer.flush(cut, T0 + 90, trusted=True)
        writer.flush(usage_batch(T0 + 90, T0 + 120), T0 + 120, trusted=True)
    assert spans(path) == [(T0, T0 + 30), (T0 + 40, T0 + 60), (T0 + 60, T0 + 120)]


def test_a_new_run_or_another_network_begins_a_new_span(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
    with writing(path, T0 + 30) as (_, writer):
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        elsewhere = usage_batch(T0 + 60, T0 + 90, where=WLAN)
        writer.flush(elsewhere, T0 + 90, trusted=True)
    assert spans(path) == [
        (T0, T0 + 30),
        (T0 + 30, T0 + 60),
        (T0 + 60, T0 + 90),
    ]


@pytest.mark.parametrize(
    ("from_s", "to_s"),
    [(T0 + 290, T0 + 310), (T0 + 30, T0), (T0, T0 + 301), (-10, 5)],
)
def test_usage_that_is_not_inside_a_slot_is_refused_whole(
    tmp_path: Path, from_s: int, to_s: int
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        before = contents(path)
        batch = usage_batch(T0, T0 + 30)
        batch.bill[Interval(from_s, to_s), WLAN] = bill(5)
        with pytest.raises(StoreError, match="5-minute slot") as caught:
            writer.flush(batch, T0 + 30, trusted=True)
        assert caught.value.reason == "refused"
        assert contents(path) == before


def test_an_amount_beyond_64_bits_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        before = contents(path)
        with pytest.raises(StoreError, match="cannot be stored") as caught:
            writer.flush(usage_batch(T0, T0 + 30, rx=10**25), T0 + 30, trusted=True)
        assert caught.value.reason == "refused"
        assert contents(path) == before


def test_a_process_keeps_its_first_name_and_follows_its_last(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    where = ProcessHour(T0, WWAN, FIREFOX, process())
    renamed = ProcessHour(T0, WWAN, CURL, process())
    with writing(path) as (store, writer):
        for key, comm, from_s in (
            (where, "firefox", T0),
            (renamed, "Web Content", T0 + 40),
        ):
            piece = Interval(from_s, from_s + 10)
            row = ProcessRow(piece, comm, traffic(1000, 10))
            writer.flush(Batch(processes={key: row}), from_s + 10, trusted=True)
        (usage,) = queries.process_usage(store, ALWAYS)
    assert (usage.pid, usage.comm, usage.application) == (77, "Web Content", "curl")
    assert usage.started_s == T0 - 1000 + 5
    assert usage.argv == ("firefox", "--new tab")
    assert usage.traffic == traffic(2000, 20)
    assert usage.interval == Interval(T0, T0 + 50)
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT comm_first, comm_last FROM processes")
        assert names.fetchall() == [("firefox", "Web Content")]


def test_events_come_back_in_order_with_hostile_text(tmp_path: Path) -> None:
    hostile = "wlan0\0\udcff\n\x1b[31m: counters restarted"
    events = [Event(T0 + 5, "counter-restart", hostile), Event(T0 + 5, "tier", "x")]
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(Batch(events=events), T0 + 30, trusted=True)
        assert queries.events(store, Interval(T0 + 5, T0 + 6)) == events
        assert queries.events(store, Interval(T0, T0 + 5)) == []


def test_an_attachment_says_everything_it_was_told(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    sim = Attachment(
        "sim:8931\udcff",
        "wwan0",
        billed=True,
        metered=True,
        tethered=True,
        iccid="8931440400000000000",
        mcc="410",
        roaming=False,
        l3_exact=True,
    )
    with writing(path) as (_, writer):
        for from_s, where in ((T0, sim), (T0 + 30, replace(sim, roaming=None))):
            batch = usage_batch(from_s, from_s + 30, where=where)
            writer.flush(batch, from_s + 30, trusted=True)
    assert [row[3:12] for row in contents(path)["attachments"]] == [
        (1, 1, 1, "8931440400000000000", "410", 0, 1, T0, T0 + 30),
        (1, 1, 1, "8931440400000000000", "410", -1, 1, T0 + 30, T0 + 60),
    ]


def test_usage_without_a_time_waits_until_it_is_placed(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    waiting = [
        Unplaced(10 * 10**9, 40 * 10**9 + 5, WWAN, bill(300_000), None, Traffic()),
        Unplaced(10 * 10**9, 40 * 10**9, WWAN, None, share(), traffic(240_000)),
        Unplaced(40 * 10**9, 40 * 10**9, WWAN, None, KERNEL, traffic(7)),
    ]
    with writing(path) as (store, writer):
        writer.flush(Batch(unplaced=waiting), T0, trusted=False)
        assert queries.recorded(store) is None
        assert billed(store, 0, 2 * T0) == bill(0)
        assert writer.place("no such boot", T0) == 0
        # Boottime 10..40 s is now the 20 s before a slot mark and the 10 s after it.
        assert writer.place(BOOT, T0 + 300 - 30) == 3
        assert writer.place(BOOT, T0 + 300 - 30) == 0
        assert queries.recorded(store) == Interval(T0 + 280, T0 + 310)
        assert billed(store, T0, T0 + 300).l3 == traffic(200_000)
        assert billed(store, T0, T0 + 600) == bill(300_000)
        assert explained(store, T0 + 300, T0 + 600) == traffic(80_000) + traffic(7)
    assert contents(path)["unplaced"] == []


def test_placing_that_fails_moves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    waiting = [Unplaced(0, 10**9, WWAN, bill(3000), None, Traffic())]
    with writing(path) as (_, writer):
        writer.flush(Batch(unplaced=waiting), T0, trusted=False)
        before = contents(path)
        with pytest.raises(StoreError, match="5-minute slot"):
            writer.place(BOOT, -T0)
        assert contents(path) == before


def test_ids_are_looked_up_again_when_somebody_else_wrote(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("DELETE FROM process_hours")
            other.execute("DELETE FROM processes")
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        (usage,) = queries.process_usage(store, ALWAYS)
    assert usage.interval == Interval(T0 + 30, T0 + 60)


def test_the_memory_of_ids_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.ids._REMEMBERED", 5)
    with writing(tmp_path / "usage.db") as (store, writer):
        for number in range(20):
            batch = usage_batch(T0, T0 + 30)
            batch.explanation = {
                (Interval(T0, T0 + 30), WWAN, share(uid=uid)): traffic(1)
                for uid in range(number, number + 2)
            }
            writer.flush(batch, T0 + 30, trusted=True)
        assert len(writer._ids._ids) <= 9
        assert billed(store, T0, T0 + 30) == Bill(
            bill(2_000_000).counter, bill(2_000_000).l3
        )
        assert explained(store, T0, T0 + 30) == traffic(40)
