"""A run begins, flushes and ends; what a restart finds is what was committed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.errors import StoreError, StoreMissingError
from monitor.store import queries
from monitor.store.batch import Batch, Event, ProcessHour, ProcessRow, Unplaced
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import (
    Attachment,
    Bill,
    DeviceCounters,
    Interval,
    SocketCounters,
    Traffic,
)
from tests.unit.store.builders import (
    BOOT,
    CURL,
    FIREFOX,
    HOUR_S,
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


def test_the_first_run_of_a_store_takes_a_baseline(tmp_path: Path) -> None:
    with (
        open_store(tmp_path / "usage.db", writable=True, create=True) as store,
        Writer(store) as writer,
    ):
        resume = writer.start(BOOT, T0, "ebpf", "0.1.0", T0 - 1000)
    assert resume.first
    assert (resume.devices, resume.sockets, resume.last_s) == ({}, {}, None)


def test_a_run_killed_before_its_first_flush_has_recorded_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    with writing(path):
        pass
    with open_store(path, writable=True) as store, Writer(store) as writer:
        assert writer.start(BOOT, T0 + 60, "ebpf", "0.1.0", T0 - 1000).first


def test_a_restart_finds_the_counters_of_the_last_flush(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    batch = usage_batch(T0, T0 + 30)
    huge = DeviceCounters("wlan0", 3, Traffic(2**64 - 1, 2**63, 0, 1))
    batch.devices = (*batch.devices, huge)
    with writing(path) as (_, writer):
        writer.flush(batch, T0 + 30, trusted=True)
    with open_store(path, writable=True) as store, Writer(store) as writer:
        assert writer.known_instance() == "map-1"
        resume = writer.start(BOOT, T0 + 90, "ebpf", "0.1.0", T0 - 1000)
    assert not resume.first
    assert resume.boot_id == BOOT
    assert resume.devices == {device.ifindex: device for device in batch.devices}
    assert resume.sockets_instance == "map-1"
    assert resume.sockets == batch.sockets_changed
    assert (resume.last_s, resume.last_trusted_s) == (T0 + 30, T0 + 30)


def test_a_time_that_is_not_trusted_is_not_remembered_as_true(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        writer.flush(Batch(), T0 + 9999, trusted=False)
        writer.flush(Batch(), T0 + 60, trusted=True)
        writer.flush(Batch(), T0 + 20, trusted=True)
    with open_store(path, writable=True) as store, Writer(store) as writer:
        resume = writer.start(BOOT, T0 + 90, "ebpf", "0.1.0", T0 - 1000)
    assert resume.last_trusted_s == T0 + 60


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


def test_the_time_between_two_runs_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        writer.stop(T0 + 35)
    with writing(path, T0 + 100) as (_, writer):
        writer.flush(Batch(), T0 + 130, trusted=True)  # and then it is killed
    with (
        open_store(path, writable=True) as store,
        Writer(store) as writer,
    ):
        writer.start("another boot", T0 + 500, "interface", "0.2.0", T0 + 400)
        first, second = queries.gaps(store, ALWAYS)
        newest = queries.last_run(store)
        runs = queries.runs(store, ALWAYS)
        assert queries.gaps(store, Interval(T0 + 100, T0 + 130)) == []
        assert queries.gaps(store, Interval(T0 + 99, T0 + 130)) == [first]
    assert (first.interval, first.clean, first.same_boot) == (
        Interval(T0 + 35, T0 + 100),
        True,
        True,
    )
    assert (second.interval, second.clean, second.same_boot) == (
        Interval(T0 + 130, T0 + 500),
        False,
        False,
    )
    assert [run.clean for run in runs] == [True, False, False]
    assert newest == runs[-1]
    assert (newest.tier, newest.version, newest.interval) == (
        "interface",
        "0.2.0",
        Interval(T0 + 500, T0 + 500),
    )


def test_a_clock_set_back_makes_no_gap_and_no_negative_run(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
    with writing(path, T0 - HOUR_S) as (store, writer):
        writer.flush(Batch(), T0 - 2 * HOUR_S, trusted=False)
        assert queries.gaps(store, ALWAYS) == []
        run = queries.last_run(store)
    assert run is not None
    assert run.interval == Interval(T0 - 2 * HOUR_S, T0 - 2 * HOUR_S)


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


def test_another_kernel_map_drops_the_counters_of_the_one_before(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    (key,) = usage_batch(T0, T0 + 30).sockets_changed
    other = replace(key, ifindex=9)
    negative = SocketCounters(Traffic(-5, -(2**63), 0, 0), 3)
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        newer = Batch(sockets_instance="map-2", sockets_changed={other: negative})
        writer.flush(newer, T0 + 60, trusted=True)
    with writing(path, T0 + 60) as (store, writer):
        resume = Writer(store).start(BOOT, T0 + 61, "ebpf", "0.1.0", T0)
        assert (resume.sockets_instance, resume.sockets) == ("map-2", {other: negative})
        gone = Batch(sockets_instance="map-2", sockets_removed={other})
        writer.flush(gone, T0 + 90, trusted=True)
        resume = Writer(store).start(BOOT, T0 + 91, "ebpf", "0.1.0", T0)
        assert resume.sockets == {}


def test_a_batch_without_a_kernel_map_says_nothing_about_sockets(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    batch = usage_batch(T0, T0 + 30)
    with writing(path) as (store, writer):
        writer.flush(batch, T0 + 30, trusted=True)
        writer.flush(Batch(), T0 + 60, trusted=True)
        resume = Writer(store).start(BOOT, T0 + 61, "ebpf", "0.1.0", T0)
    assert resume.sockets == batch.sockets_changed
    assert resume.devices == {}


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
    )
    with writing(path) as (_, writer):
        for from_s, where in ((T0, sim), (T0 + 30, replace(sim, roaming=None))):
            batch = usage_batch(from_s, from_s + 30, where=where)
            writer.flush(batch, from_s + 30, trusted=True)
    assert [row[3:11] for row in contents(path)["attachments"]] == [
        (1, 1, 1, "8931440400000000000", "410", 0, T0, T0 + 30),
        (1, 1, 1, "8931440400000000000", "410", -1, T0 + 30, T0 + 60),
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


def test_a_clean_stop_is_told_from_a_kill(tmp_path: Path) -> None:
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.stop(T0 + 77)
        run = queries.last_run(store)
    assert run is not None
    assert (run.clean, run.to_s) == (True, T0 + 77)


def test_a_database_that_was_taken_away_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(StoreMissingError, match="removed or replaced"):
            writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        (tmp_path / "elsewhere.db").rename(path)
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
    assert spans(path) == [(T0, T0 + 60)]


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
