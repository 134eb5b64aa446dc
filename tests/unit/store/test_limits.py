"""Too many rows and too large a file: what goes, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.daemon.jobs import purge_all
from monitor.store import queries, sizecap
from monitor.store.batch import Batch, ProcessHour, ProcessRow
from monitor.store.engine import open_store
from monitor.store.retention import Limits, purge
from monitor.store.rollups import roll_up
from monitor.usage import Interval, total
from tests.unit.store.builders import (
    CURL,
    DAY_S,
    FIREFOX,
    HOUR_S,
    T0,
    WWAN,
    billed,
    contents,
    process,
    share,
    traffic,
    writing,
)
from tests.unit.store.history import (
    NOW_S,
    UTC_ZONE,
    column,
    counted,
    history,
    whole,
)

if TYPE_CHECKING:
    from pathlib import Path


def many_processes(hours: int, each: int) -> Batch:
    """Short processes of two applications; the n-th of an hour moved n kB."""
    batch = Batch()
    for hour_s in range(NOW_S - hours * HOUR_S, NOW_S, HOUR_S):
        for number in range(each):
            application = FIREFOX if number % 2 else CURL
            pid = hour_s // HOUR_S * 1000 + number
            key = ProcessHour(hour_s, WWAN, application, process(pid, "sh"))
            when = Interval(hour_s + number, hour_s + number + 60)
            batch.processes[key] = ProcessRow(when, "sh", traffic(number * 1000))
    return batch


def test_too_many_processes_melt_into_one_for_each_application(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    always = Interval(0, 2 * T0)
    with writing(path) as (store, writer):
        writer.flush(many_processes(hours=3, each=20), NOW_S, trusted=True)
        before = total(row.traffic for row in queries.process_usage(store, always))
        limits = Limits(process_rows=30)
        purged = purge(store, NOW_S, limits)
        assert purged.dropped["melted"] == 36
        rows = queries.process_usage(store, always)
        assert total(row.traffic for row in rows) == before
        assert len(contents(path)["process_hours"]) <= 30
        others = [row for row in rows if row.pid == 0]
        assert {(row.comm, row.application) for row in others} == {
            ("other processes of firefox", "firefox"),
            ("other processes of curl", "curl"),
        }
        assert all(row.started_s is None and row.uid == -1 for row in others)
        kept = [row.traffic.bytes for row in rows if row.pid]
        assert min(kept) >= 11_000
        assert len(contents(path)["processes"]) == len(rows)
        writer.flush(many_processes(hours=3, each=20), NOW_S, trusted=True)
        purge(store, NOW_S, limits)
        rows = queries.process_usage(store, always)
        assert total(row.traffic for row in rows) == before + before
        assert len([row for row in rows if row.pid == 0]) == 2


def test_the_hourly_job_melts_more_than_one_run_of_it_does(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(many_processes(hours=1, each=60), NOW_S, trusted=True)
        limits = Limits(process_rows=10)
        purge_all(store, NOW_S, limits, max_rows=20)
        assert counted(path)["process_hours"] == 10


def test_rows_that_stand_for_many_are_never_melted(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(many_processes(hours=3, each=4), NOW_S, trusted=True)
        purged = purge(store, NOW_S, Limits(process_rows=1))
        assert not purged.more
        assert counted(path)["process_hours"] == 6
        assert purge(store, NOW_S, Limits(process_rows=1)).dropped["melted"] == 0


def test_what_nothing_refers_to_goes_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    when = Interval(NOW_S - 300, NOW_S)
    key = ProcessHour(NOW_S - HOUR_S, WWAN, CURL, process())
    batch = Batch(processes={key: ProcessRow(when, "curl", traffic(5))})
    with writing(path) as (store, writer):
        for _ in range(2):
            writer.flush(batch, NOW_S, trusted=True)
            assert counted(path)["applications"] == 1
            purged = purge(store, NOW_S + 30 * DAY_S, Limits())
            assert purged.dropped["processes"] == purged.dropped["applications"] == 1
            assert counted(path)["processes"] == counted(path)["applications"] == 0


def test_a_store_that_is_too_large_loses_the_oldest_details_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    now_s = T0 + 100 * DAY_S
    with writing(path) as (store, writer):
        writer.flush(history(T0, now_s, every_s=DAY_S), now_s, trusted=True)
        roll_up(store, now_s, UTC_ZONE)
        before = billed(store, 0, 2 * T0)
        order: list[str] = []
        limits = Limits(slots_s=90 * DAY_S, processes_s=90 * DAY_S)
        purge(store, now_s, limits)
        while step := sizecap.drop_oldest(store, now_s)[0]:
            if step not in order[-1:]:
                order.append(step)
            assert billed(store, 0, 2 * T0) == before
        assert order == ["process_hours", "spans", "hours", "days_explanation"]
        found = contents(path)
        assert column(path, "spans.from_s")[0] >= now_s - 2 * DAY_S
        assert column(path, "hours.from_s")[0] >= now_s - 32 * DAY_S
        assert len(found["days"]) == len(found["days_bill"]) == 100
        assert column(path, "process_hours.hour_s")[0] >= now_s - DAY_S


def test_the_size_has_a_cap_and_the_file_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    now_s = T0 + 60 * DAY_S
    with writing(path) as (store, writer):
        for _ in range(3):
            batch = history(T0, now_s, every_s=DAY_S)
            batch.explanation = {
                (when, where, share(uid=uid)): amount
                for (when, where, _), amount in batch.explanation.items()
                for uid in range(90)
            }
            writer.flush(batch, now_s, trusted=True)
        roll_up(store, now_s, UTC_ZONE)
        size = sizecap.used_bytes(store)
        before = whole(store)
        purged = purge(store, now_s, Limits(size_bytes=size * 3 // 4))
        assert sizecap.used_bytes(store) <= size * 3 // 4
        assert not purged.over_size
        assert whole(store) == before
        purged = purge(store, now_s, Limits(size_bytes=1), max_rows=10)
        assert purged.more
        purged = purge(store, now_s, Limits(size_bytes=1))
        assert purged.over_size
        assert not purged.more
        assert whole(store)[0] == before[0]
    with open_store(path, writable=True) as store:
        pass
    assert path.stat().st_size < size * 4 // 5  # with a page of each empty table


def test_what_only_a_wrong_clock_calls_old_stays(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(many_processes(hours=1, each=5), NOW_S, trusted=True)
        years_on_s = NOW_S + 10 * 365 * 86_400
        purge_all(store, years_on_s, Limits(surely_s=NOW_S))
        assert counted(path)["process_hours"] == 5
        purge_all(store, years_on_s, Limits(surely_s=years_on_s))
        assert counted(path)["process_hours"] == 0
