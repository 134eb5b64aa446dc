"""What is old goes, in short steps, and no sum ever changes by it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store import pool
from monitor.store.retention import Limits, purge
from monitor.store.rollups import roll_up
from monitor.usage import Bill, total
from tests.unit.store.builders import (
    DAY_S,
    HOUR_S,
    T0,
    bill,
    billed,
    contents,
    explained,
    usage_batch,
    writing,
)
from tests.unit.store.history import (
    DAYS,
    EVERY_S,
    KOLKATA,
    NOW_S,
    SHORT,
    UTC_ZONE,
    column,
    counted,
    history,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.mark.parametrize("zone", [UTC_ZONE, KOLKATA])
def test_each_tier_keeps_its_time_and_no_sum_changes(
    tmp_path: Path, zone: ZoneInfo
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, zone)
        before = whole(store)
        purged = purge(store, NOW_S, SHORT)
        assert not purged.more
        assert not purged.over_size
        assert whole(store) == before
        assert purge(store, NOW_S, SHORT).dropped == dict.fromkeys(purged.dropped, 0)
        found = contents(path)
    spans_from_s = column(path, "spans.from_s")[0]
    hours_from_s = column(path, "hours.from_s")[0]
    assert NOW_S - SHORT.slots_s <= spans_from_s < NOW_S - SHORT.slots_s + EVERY_S
    # Hours go by whole days.
    assert NOW_S - SHORT.hours_s - DAY_S < hours_from_s < NOW_S - SHORT.hours_s + DAY_S
    assert len(found["days"]) == DAYS
    assert column(path, "process_hours.hour_s")[0] >= NOW_S - 2 * DAY_S
    assert column(path, "events.at_s")[0] >= NOW_S - SHORT.hours_s
    assert len(found["spans"]) == len(found["bill"]) == len(found["explanation"]) / 2
    assert {row[0] for row in found["hours_bill"]} <= {row[0] for row in found["hours"]}


def test_what_a_pool_said_goes_with_the_hours(tmp_path: Path) -> None:
    with writing(tmp_path / "usage.db") as (store, _):
        phone = pool.Device("phone", "00")
        limit_s = NOW_S - SHORT.hours_s
        said = [
            pool.Said(pool.Key("family", from_s), pool.Amount(from_s + 9, 1, 1), place)
            for place, from_s in enumerate((limit_s - 1, limit_s), 1)
        ]
        with store.begin() as connection:
            pool.put_usage(connection, phone, said)
        assert purge(store, NOW_S, SHORT).dropped["pool_usage"] == 1
        with store.read() as connection:
            assert pool.said_after(connection, phone, 0, 9) == said[1:]


def test_what_is_not_summed_yet_stays(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        before = counted(path)
        purge(store, NOW_S + 900 * DAY_S, SHORT)
        assert counted(path)["spans"] == before["spans"]
        roll_up(store, T0 + 2 * DAY_S, UTC_ZONE)
        purge(store, NOW_S + 900 * DAY_S, SHORT)
        oldest_s = column(path, "spans.from_s")[0]
        assert T0 + 2 * DAY_S <= oldest_s < T0 + 2 * DAY_S + EVERY_S
        assert whole(store)[0] == bill(before["spans"] * 100_000)


def test_work_is_bounded_and_every_state_on_the_way_is_right(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, KOLKATA)
        before = whole(store)
        rounds = 0
        while True:
            purged = purge(store, NOW_S, SHORT, max_rows=7)
            assert max(purged.dropped.values()) <= 7
            assert whole(store) == before
            rounds += 1
            if not purged.more:
                break
    assert rounds > 4


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(-DAY_S, (DAYS + 1) * DAY_S), min_size=2, max_size=8),
    st.sampled_from([UTC_ZONE, KOLKATA, ZoneInfo("America/New_York")]),
    st.integers(0, 11 * DAY_S),
    st.integers(0, 11 * DAY_S),
)
def test_neighbouring_periods_add_up_whatever_was_dropped(
    tmp_path_factory: pytest.TempPathFactory,
    edges: list[int],
    zone: ZoneInfo,
    slots_s: int,
    hours_s: int,
) -> None:
    path = tmp_path_factory.mktemp("purge") / "usage.db"
    marks = sorted({T0 - DAY_S, NOW_S + DAY_S, *(T0 + edge for edge in edges)})
    with writing(path) as (store, writer):
        writer.flush(history(every_s=19 * HOUR_S), NOW_S, trusted=True)
        roll_up(store, NOW_S, zone)
        before = whole(store)
        purge(store, NOW_S, Limits(slots_s, hours_s, DAY_S))
        parts = [
            (billed(store, *period), explained(store, *period))
            for period in pairwise(marks)
        ]
    assert _added([bill_part for bill_part, _ in parts]) == before[0]
    assert total(share_part for _, share_part in parts) == before[1]


def _added(parts: Sequence[Bill]) -> Bill:
    return Bill(total(part.counter for part in parts), total(part.l3 for part in parts))


def test_a_purge_beside_a_flush_waits_for_nobody_long(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, UTC_ZONE)
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            rows = reader.execute("SELECT count(*) FROM spans").fetchone()
            purge(store, NOW_S, SHORT)
            writer.flush(usage_batch(NOW_S, NOW_S + 30), NOW_S + 30, trusted=True)
            assert reader.execute("SELECT count(*) FROM spans").fetchone() == rows


def test_what_a_plan_needs_stays_as_it_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, UTC_ZONE)
        needed_s = T0 + 2 * DAY_S
        purge(store, NOW_S, replace(SHORT, needed_since_s=needed_s))
        assert needed_s <= column(path, "spans.from_s")[0] < needed_s + EVERY_S
        # Hours whose spans are there stay as well.
        assert column(path, "hours.from_s")[0] < needed_s + EVERY_S
        purge(store, NOW_S, SHORT)
        assert column(path, "spans.from_s")[0] >= NOW_S - SHORT.slots_s


def test_the_size_wins_over_what_a_plan_needs_and_that_is_said_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    tight = replace(SHORT, size_bytes=1, needed_since_s=T0 + DAY_S)
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, UTC_ZONE)
        assert purge(store, NOW_S, replace(tight, size_bytes=10**9)).dropped["spans"]
        assert kinds(path).count("plan-rows-dropped") == 0
        for _ in range(2):
            purge(store, NOW_S, tight)
        assert column(path, "spans.from_s")[0] >= NOW_S - 2 * DAY_S
        assert kinds(path).count("plan-rows-dropped") == 1


def kinds(path: Path) -> list[str]:
    """Of all events."""
    with closing(sqlite3.connect(path)) as connection:
        return [kind for (kind,) in connection.execute("SELECT kind FROM events")]
