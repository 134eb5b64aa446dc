"""Usage that comes after its time was dropped, and what is left of such a time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.store.batch import Batch
from monitor.store.retention import Limits, purge
from monitor.store.rollups import roll_up
from monitor.usage import Interval
from tests.unit.store.builders import (
    DAY_S,
    HOUR_S,
    T0,
    WWAN,
    bill,
    billed,
    contents,
    traffic,
    usage_batch,
    writing,
)
from tests.unit.store.history import (
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
    from pathlib import Path
    from zoneinfo import ZoneInfo


@pytest.mark.parametrize("zone", [UTC_ZONE, KOLKATA])
def test_usage_that_comes_late_adds_to_what_is_left_of_its_time(
    tmp_path: Path, zone: ZoneInfo
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, zone)
        purge(store, NOW_S, SHORT)
        spans = counted(path)["spans"]
        bytes_before, shares_before = whole(store)
        late = history(T0 - 3 * DAY_S - 100 * 60, T0 + 6 * DAY_S)
        writer.flush(late, NOW_S, trusted=True)
        expected = (
            bytes_before + bill(len(late.bill) * 100_000),
            shares_before + traffic(len(late.bill) * 90_000),
        )
        assert counted(path)["spans"] == spans
        assert whole(store) == expected
        while roll_up(store, NOW_S + DAY_S, zone):
            assert whole(store) == expected
        assert contents(path)["stale_days"] == []
        purge(store, NOW_S, SHORT)
        assert whole(store) == expected
    ends, starts = column(path, "days.to_s"), column(path, "days.from_s")
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_an_hour_whose_spans_are_gone_is_never_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(history(), NOW_S, trusted=True)
        roll_up(store, NOW_S, UTC_ZONE)
        purge(store, NOW_S, SHORT)
        before = contents(path)
        dropped_s = NOW_S - 6 * DAY_S
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO stale_hours VALUES (?)", (dropped_s,))
        assert roll_up(store, NOW_S, UTC_ZONE) == 1
        assert contents(path) == before


def test_a_new_day_does_not_begin_inside_an_hour_that_cannot_be_cut(
    tmp_path: Path,
) -> None:
    """Midnight in Kolkata is half past six in the evening of UTC."""
    path = tmp_path / "usage.db"
    midnight_s = T0 + 5 * DAY_S + 18 * HOUR_S + 1800
    quiet = dict(history().bill.items())
    batch = Batch(
        bill={
            (when, where): amount
            for (when, where), amount in quiet.items()
            if abs(when.from_s - midnight_s) > 2 * DAY_S
        }
    )
    with writing(path) as (store, writer):
        writer.flush(batch, NOW_S, trusted=True)
        roll_up(store, NOW_S, KOLKATA)
        purge(store, NOW_S, Limits(slots_s=2 * DAY_S))
        late = Batch()
        for from_s in range(midnight_s - 1800, midnight_s + 1800, 300):
            late.bill[Interval(from_s, from_s + 300), WWAN] = bill(1000)
        writer.flush(late, NOW_S, trusted=True)
        expected = bill(len(batch.bill) * 100_000).l3 + bill(12_000).l3
        while roll_up(store, NOW_S + DAY_S, KOLKATA):
            assert billed(store, 0, 2 * T0).l3 == expected
        assert contents(path)["stale_days"] == []
        hour = (midnight_s - 1800, midnight_s + 1800)
        assert billed(store, *hour).l3 == bill(12_000).l3
    starts = column(path, "days.from_s")
    assert hour[0] in starts
    assert midnight_s not in starts


def test_a_period_inside_a_dropped_hour_gets_its_part_by_time(tmp_path: Path) -> None:
    with writing(tmp_path / "usage.db") as (store, writer):
        writer.flush(usage_batch(T0, T0 + 300, rx=3_600_000), T0 + 300, trusted=True)
        roll_up(store, NOW_S, UTC_ZONE)
        assert billed(store, T0 + 300, T0 + HOUR_S) == bill(0)
        purge(store, NOW_S, Limits(slots_s=0))
        assert billed(store, T0, T0 + 600).l3 == traffic(600_000)
