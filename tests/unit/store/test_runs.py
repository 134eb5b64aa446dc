"""A run begins and ends; the next one finds what was committed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from monitor.devices import DeviceCounters
from monitor.errors import StoreMissingError
from monitor.store import queries
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.writer import Writer
from monitor.usage import Interval, SocketCounters, Traffic
from tests.unit.store.builders import (
    BOOT,
    HOUR_S,
    T0,
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
        with pytest.raises(StoreMissingError, match="was removed"):
            writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
        (tmp_path / "elsewhere.db").rename(path)
        writer.flush(usage_batch(T0 + 30, T0 + 60), T0 + 60, trusted=True)
    assert spans(path) == [(T0, T0 + 60)]


def test_a_killed_run_is_remembered_until_its_tier_runs_again_or_the_boot_ends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    with (
        open_store(path, writable=True, create=True) as store,
        Writer(store) as writer,
    ):
        assert not writer.was_killed(BOOT, "ebpf")
        writer.start(BOOT, T0, "ebpf", "1", T0)  # and then it is killed
        assert writer.was_killed(BOOT, "ebpf")
        assert not writer.was_killed("another boot", "ebpf")
        writer.start(BOOT, T0 + 10, "interface", "1", T0)
        writer.stop(T0 + 20)
        assert writer.was_killed(BOOT, "ebpf")
        writer.start(BOOT, T0 + 30, "ebpf", "1", T0)
        writer.stop(T0 + 40)
        assert not writer.was_killed(BOOT, "ebpf")
