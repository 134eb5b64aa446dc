"""The memory of networks at the other end is bounded, short, and gone when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.config import parse_config
from monitor.daemon.dates import Dates
from monitor.daemon.jobs import calendar_jobs
from monitor.store import remotes, sizecap
from monitor.store.backup import back_up
from monitor.store.batch import OTHER, Batch, RemoteHour
from monitor.store.engine import open_store
from monitor.store.pending import MOST_NETWORKS, Pending
from monitor.store.remotes import Met
from monitor.store.retention import Limits, purge
from monitor.usage import Interval
from tests.unit.store.builders import (
    CURL,
    DAY_S,
    FIREFOX,
    HOUR_S,
    T0,
    contents,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store
    from monitor.usage import Application

EVER = Interval(0, 2 * T0)
TOP = 20


def remembered(*rows: tuple[int, Application, str, int], kept_s: int = DAY_S) -> Batch:
    """A batch of networks: hour, application, network, received bytes."""
    moved = {
        RemoteHour(hour_s, application, remote): (rx_bytes, 1)
        for hour_s, application, remote, rx_bytes in rows
    }
    return Batch(remotes=moved, remotes_kept_s=kept_s)


def network(number: int) -> str:
    """One /24 of many."""
    return f"{1 + number // 65_536}.{number // 256 % 256}.{number % 256}.0/24"


def limits(kept_s: int = DAY_S) -> Limits:
    """What is kept, when it is on."""
    return Limits(remotes_s=kept_s, remotes_top=TOP)


def test_what_comes_twice_adds_up_by_name_and_network(tmp_path: Path) -> None:
    rows = [
        (T0, CURL, "192.0.2.0/24", 7),
        (T0 + HOUR_S, CURL, "192.0.2.0/24", 5),
        (T0, FIREFOX, "2001:db8::/48", 9),
    ]
    with writing(tmp_path / "usage.db") as (store, writer):
        for _ in range(2):
            writer.flush(remembered(*rows), T0, trusted=True)
        assert remotes.met(store, EVER) == [
            Met("curl", "192.0.2.0/24", 24, 4, "executable"),
            Met("firefox", "2001:db8::/48", 18, 2, "executable"),
        ]
        first = Interval(T0, T0 + HOUR_S)
        assert remotes.met(store, first)[1] == Met(
            "curl", "192.0.2.0/24", 14, 2, "executable"
        )


def test_of_100_000_networks_in_an_hour_the_largest_few_and_one_row_stay(
    tmp_path: Path,
) -> None:
    """Through the same memory as in the daemon, in flushes as they come."""
    path, number = tmp_path / "usage.db", 100_000
    with writing(path) as (store, writer):
        waiting = Pending()
        for at in range(number):
            # The last ones are the largest; firefox is not in curl's way.
            waiting.add_remote(T0 + 1, CURL, network(at), (at + 1, 1))
            if at % 5000 == 0:
                waiting.add_remote(T0 + 1, FIREFOX, network(at), (3, 3))
            if at % 800 == 799:
                writer.flush(waiting.batch, T0, trusted=True)
                waiting.take()
        assert len(_of(store, "curl")) <= MOST_NETWORKS + 1
        # While the hour runs nothing of that is final.
        assert purge(store, T0 + HOUR_S - 1, limits()).dropped["folded"] == 0
        assert purge(store, T0 + HOUR_S, limits()).dropped["folded"] == 980
        found = _of(store, "curl")
        assert len(found) == TOP + 1
        assert {row.remote: row.rx_bytes for row in found if row.remote != OTHER} == {
            network(at): at + 1 for at in range(number - TOP, number)
        }
        assert sum(row.rx_bytes for row in found) == number * (number + 1) // 2
        assert sum(row.tx_bytes for row in found) == number
        assert len(_of(store, "firefox")) == 20
    assert len(contents(path)["remote_hours"]) == TOP + 1 + 20


def _of(store: Store, application: str) -> list[Met]:
    return [row for row in remotes.met(store, EVER) if row.application == application]


def test_folding_is_bounded_work_that_never_changes_a_sum(tmp_path: Path) -> None:
    rows = [
        (T0 + hour * HOUR_S, application, network(at), at)
        for hour in range(3)
        for application in (CURL, FIREFOX)
        for at in range(50)
    ]
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(remembered(*rows), T0, trusted=True)
        whole = sum(row.bytes for row in remotes.met(store, EVER))
        rounds, more = 0, True
        while more:
            purged = purge(store, T0 + 3 * HOUR_S, limits(), max_rows=7)
            assert purged.dropped["folded"] <= 7
            assert sum(row.bytes for row in remotes.met(store, EVER)) == whole
            more, rounds = purged.more, rounds + 1
        assert rounds == 3 * 2 * 30 // 7 + 1
        assert len(_of(store, "curl")) == TOP + 1


def test_hours_go_when_all_of_them_is_too_old(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    rows = [(T0 + hour * HOUR_S, CURL, network(0), 1) for hour in range(30)]
    with writing(path) as (store, writer):
        writer.flush(remembered(*rows), T0, trusted=True)
        purge(store, T0 + 29 * HOUR_S + 60, limits())
        assert {row[0] for row in contents(path)["remote_hours"]} == {
            T0 + hour * HOUR_S for hour in range(5, 30)
        }
        purge(store, T0 + 60 * DAY_S, limits())
        assert contents(path)["remote_hours"] == []
        assert contents(path)["applications"] == []


def test_turned_off_all_of_them_go_with_the_next_flush(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(remembered((T0, CURL, network(7), 1)), T0, trusted=True)
        writer.flush(Batch(), T0, trusted=True)
        assert remotes.kept_s(store) == DAY_S
        assert contents(path)["remote_hours"]
        writer.flush(Batch(remotes_kept_s=0), T0, trusted=True)
        assert remotes.kept_s(store) == 0
        assert contents(path)["remote_hours"] == []
    # Not in a free page, either.
    assert network(7).encode() not in path.read_bytes()


def test_a_store_that_no_daemon_was_told_about_keeps_none(tmp_path: Path) -> None:
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        assert remotes.kept_s(store) == 0


def test_retention_follows_a_configuration_that_was_reloaded(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    config = parse_config("remotes.enabled = true", "file")
    with writing(path) as (store, writer):
        now_s = T0 + 30 * HOUR_S
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("monitor.clock.now_s", lambda: now_s)
            job = next(
                job
                for job in calendar_jobs(
                    store,
                    lambda: config,
                    Dates(lambda: now_s, lambda: now_s),
                    lambda: T0,
                    lambda: None,
                )
                if job.name == "retention"
            )
            rows = [(T0 + hour * HOUR_S, CURL, network(0), 1) for hour in range(30)]
            writer.flush(remembered(*rows), now_s, trusted=True)
            job.run()
            assert len(contents(path)["remote_hours"]) == 24
            text = "remotes.enabled = true\nremotes.keep = '2 h'"
            config = parse_config(text, "file")
            job.run()
            assert len(contents(path)["remote_hours"]) == 2


def test_no_backup_has_them(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        batch = usage_batch(T0, T0 + 30)
        batch.remotes = remembered((T0, CURL, network(7), 1)).remotes
        writer.flush(batch, T0, trusted=True)
        copy = back_up(store, T0)
        assert contents(path)["remote_hours"]
    assert contents(copy)["remote_hours"] == []
    assert contents(copy)["bill"] == contents(path)["bill"]
    assert network(7).encode() not in copy.read_bytes()


def test_they_are_the_first_to_go_when_the_database_is_too_large(
    tmp_path: Path,
) -> None:
    path, now_s = tmp_path / "usage.db", T0 + 3 * DAY_S
    with writing(path) as (store, writer):
        batch = usage_batch(T0, T0 + 30)
        batch.remotes = remembered(
            (now_s - HOUR_S, CURL, network(0), 1), (now_s, CURL, network(0), 1)
        ).remotes
        writer.flush(batch, now_s, trusted=True)
        assert sizecap.drop_oldest(store, now_s) == ("remote_hours", 1)
        assert sizecap.drop_oldest(store, now_s) == ("process_hours", 1)
    assert [row[0] for row in contents(path)["remote_hours"]] == [now_s]
