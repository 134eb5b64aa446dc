"""Hours are the sum of their spans, days of their hours: to the byte, however often."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.rollups import local_day, roll_up
from monitor.store.writer import Writer
from monitor.usage import Bill, Interval, Traffic, cut, slot_marks, total
from tests.unit.store.builders import (
    BOOT,
    DAY_S,
    HOUR_S,
    KERNEL,
    T0,
    WLAN,
    WWAN,
    bill,
    billed,
    contents,
    explained,
    share,
    traffic,
    usage_batch,
    writing,
)

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.usage import Attachment, Share

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
ZONES = [ZoneInfo("UTC"), BERLIN, KOLKATA, ZoneInfo("Asia/Kathmandu")]
TIERS = {
    "spans": ("spans", "bill", "explanation", "span_id"),
    "hours": ("hours", "hours_bill", "hours_explanation", "from_s"),
    "days": ("days", "days_bill", "days_explanation", "from_s"),
}


def sums(path: Path, tier: str) -> list[list[tuple[int, ...]]]:
    """What a tier says by attachment and share, over all time."""
    whens, bills, explanations, key = TIERS[tier]
    numbers = "sum(rx_bytes), sum(tx_bytes), sum(rx_packets), sum(tx_packets)"
    counters = "sum(rx_counter_bytes), sum(tx_counter_packets)"
    with closing(sqlite3.connect(path)) as connection:
        return [
            connection.execute(
                f"SELECT attachment_id, {what}, {numbers} FROM {whens} "  # noqa: S608 - our own names
                f"JOIN {table} USING ({key}) GROUP BY {by} ORDER BY {by}"
            ).fetchall()
            for table, what, by in (
                (bills, counters, "attachment_id"),
                (explanations, "share_id", "attachment_id, share_id"),
            )
        ]


def days_of(path: Path) -> list[tuple[int, int]]:
    """The days that are summed, in order."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT from_s, to_s FROM days ORDER BY from_s")
        return [(from_s, to_s) for from_s, to_s in rows]


def flush_at(writer: Writer, from_s: int, to_s: int, rx: int = 100_000) -> None:
    writer.flush(usage_batch(from_s, to_s, rx), to_s, trusted=True)


def test_closed_hours_and_days_are_summed_and_the_open_ones_left(
    tmp_path: Path,
) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        for from_s in range(T0, T0 + DAY_S + 2 * HOUR_S, HOUR_S // 2):
            flush_at(writer, from_s, from_s + 300)
        now_s = T0 + DAY_S + 2 * HOUR_S - 1
        assert roll_up(store, now_s, ZONES[0]) == 25 + 1
        assert roll_up(store, now_s, ZONES[0]) == 0
        found = contents(path)
        assert [row[:2] for row in found["days"]] == [(T0, T0 + DAY_S)]
        assert len(found["hours"]) == 25
        assert found["stale_hours"] == [(T0 + DAY_S + HOUR_S,)]
        assert found["stale_days"] == [(T0 + DAY_S,)]
        assert billed(store, 0, 2 * T0) == bill(52 * 100_000)
        assert roll_up(store, T0 + 2 * DAY_S, ZONES[0]) == 2
    assert sums(path, "spans") == sums(path, "hours") == sums(path, "days")


def test_an_hour_that_got_more_is_summed_again(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    later_s = T0 + 3 * DAY_S
    with writing(path) as (store, writer):
        flush_at(writer, T0 + 60, T0 + 90)
        roll_up(store, later_s, BERLIN)
        flush_at(writer, T0 + 120, T0 + 150)
        assert billed(store, T0, T0 + DAY_S) == bill(200_000)
        assert explained(store, T0, T0 + DAY_S) == traffic(180_000)
        assert roll_up(store, later_s, BERLIN) == 2
        assert billed(store, T0, T0 + DAY_S) == bill(200_000)
    assert sums(path, "spans") == sums(path, "hours") == sums(path, "days")


def test_a_roll_up_can_be_repeated_and_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        for from_s in range(T0, T0 + 2 * DAY_S, 7 * HOUR_S):
            flush_at(writer, from_s, from_s + 300)
        roll_up(store, T0 + 3 * DAY_S, KOLKATA)
        before = contents(path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "INSERT INTO stale_hours "
                "SELECT DISTINCT from_s - from_s % 3600 FROM hours"
            )
        assert roll_up(store, T0 + 3 * DAY_S, KOLKATA) > 0
        assert contents(path) == before


def test_work_is_bounded_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        for from_s in range(T0, T0 + 2 * DAY_S, 4 * HOUR_S):
            flush_at(writer, from_s, from_s + 300)
        counts = []
        while count := roll_up(store, T0 + 3 * DAY_S, BERLIN, max_hours=5):
            counts.append(count)
            assert billed(store, 0, 2 * T0) == bill(1_200_000)
        assert max(counts) <= 10
    assert sums(path, "spans") == sums(path, "hours") == sums(path, "days")


def test_a_day_begins_at_local_midnight_inside_an_hour(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    midnight_s = T0 + 18 * HOUR_S + 1800
    with writing(path) as (store, writer):
        for from_s in range(midnight_s - 600, midnight_s + 600, 300):
            flush_at(writer, from_s, from_s + 300)
        # The day ends half an hour before its last hour can be summed.
        roll_up(store, midnight_s + 60, KOLKATA)
        assert contents(path)["days"] == []
        roll_up(store, midnight_s + 1800, KOLKATA)
        assert contents(path)["days"] == [
            (midnight_s - DAY_S, midnight_s, "Asia/Kolkata")
        ]
        assert billed(store, midnight_s - DAY_S, midnight_s) == bill(200_000)
        assert billed(store, midnight_s, midnight_s + DAY_S) == bill(200_000)
        roll_up(store, midnight_s + 2 * DAY_S, KOLKATA)
        assert billed(store, midnight_s, midnight_s + DAY_S) == bill(200_000)
    assert sums(path, "spans") == sums(path, "hours") == sums(path, "days")


def test_days_of_different_zones_never_overlap(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    tokyo, honolulu = ZoneInfo("Asia/Tokyo"), ZoneInfo("Pacific/Honolulu")
    with writing(path) as (store, writer):
        for number, zone in enumerate((BERLIN, tokyo, honolulu, KOLKATA, BERLIN)):
            start_s = T0 + number * DAY_S
            for from_s in range(start_s, start_s + DAY_S, HOUR_S // 2):
                flush_at(writer, from_s, from_s + 300)
            roll_up(store, start_s + DAY_S, zone)
            assert billed(store, 0, 2 * T0) == bill((number + 1) * 48 * 100_000)
        roll_up(store, T0 + 9 * DAY_S, BERLIN)
        assert roll_up(store, T0 + 9 * DAY_S, BERLIN) == 0
        days = days_of(path)
    assert all(one[1] <= other[0] for one, other in pairwise(days))
    assert sums(path, "spans") == sums(path, "hours") == sums(path, "days")


@pytest.mark.parametrize(
    ("zone", "at", "hours"),
    [
        ("Europe/Berlin", "2025-03-30T12:00", 23),
        ("Europe/Berlin", "2025-10-26T00:30", 25),
        ("Europe/Berlin", "2025-07-01T00:00", 24),
        ("America/Sao_Paulo", "2018-11-04T12:00", 23),  # midnight did not exist
        ("Asia/Beirut", "2024-03-31T12:00", 23),
        ("America/Havana", "2024-11-03T12:00", 25),  # midnight came twice
        ("Pacific/Apia", "2011-12-29T12:00", 24),  # the 30th was left out
        ("Pacific/Apia", "2011-12-31T12:00", 24),
        ("Asia/Kathmandu", "2025-01-01T00:00", 24),
        ("Africa/Monrovia", "1971-06-01T12:00", 24),  # 44 min 30 s behind UTC
    ],
)
def test_a_local_day_is_as_long_as_the_clocks_make_it(
    zone: str, at: str, hours: int
) -> None:
    key = ZoneInfo(zone)
    at_s = int(datetime.fromisoformat(at).replace(tzinfo=key).timestamp())
    day = local_day(at_s, key)
    assert day.from_s <= at_s < day.to_s
    assert (day.to_s - day.from_s) / HOUR_S == hours
    assert day.from_s % 300 == day.to_s % 300 == 0
    assert local_day(day.from_s, key).from_s <= day.from_s
    assert datetime.fromtimestamp(day.to_s + 60, UTC).astimezone(key).hour in {0, 1, 23}


def test_summing_leaves_a_mark_that_came_in_between(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        flush_at(writer, T0, T0 + 30)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO stale_hours VALUES (?)", (T0 + HOUR_S,))
            connection.execute("INSERT INTO meta VALUES ('x', '1')")
        assert roll_up(store, T0 + HOUR_S, BERLIN) == 1
        assert contents(path)["stale_hours"] == [(T0 + HOUR_S,)]


PIECES = st.lists(
    st.tuples(
        st.integers(0, 3 * DAY_S // 60).map(lambda minute: T0 + minute * 60),
        st.integers(0, 900),
        st.sampled_from([WWAN, WLAN]),
        st.sampled_from([share(), share(uid=0), KERNEL]),
        st.integers(-1000, 10**12),
    ),
    min_size=1,
    max_size=8,
)


def batch_of(pieces: list[tuple[int, int, Attachment, Share, int]]) -> Batch:
    """Everything in one batch, cut at the slots as the caller of a writer does."""
    batch = Batch()
    for from_s, length_s, where, whose, rx in pieces:
        when = Interval(from_s, from_s + length_s)
        for piece, part in cut(traffic(abs(rx), 7), when, slot_marks(when)):
            before = batch.bill.get((piece, where), bill(0))
            batch.bill[piece, where] = before + Bill(part, part)
        for piece, part in cut(Traffic(rx, 1, 2, 3), when, slot_marks(when)):
            row = batch.explanation.get((piece, where, whose), Traffic())
            batch.explanation[piece, where, whose] = row + part
    return batch


@settings(max_examples=20, deadline=None)
@given(
    PIECES,
    PIECES,
    st.lists(st.sampled_from(ZONES), min_size=2, max_size=2),
    st.lists(st.integers(-DAY_S, 4 * DAY_S), min_size=3, max_size=6),
)
def test_the_three_tiers_say_the_same_of_every_period(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[int, int, Attachment, Share, int]],
    second: list[tuple[int, int, Attachment, Share, int]],
    zones: list[ZoneInfo],
    edges: list[int],
) -> None:
    path = tmp_path_factory.mktemp("tiers") / "usage.db"
    marks = sorted(T0 + edge for edge in edges)
    periods = list(pairwise(marks))
    with open_store(path, writable=True, create=True) as store, Writer(store) as writer:
        writer.start(BOOT, T0, "ebpf", "0.1.0", T0)
        writer.flush(batch_of(first), T0 + 1, trusted=True)
        roll_up(store, T0 + 2 * DAY_S, zones[0])
        writer.flush(batch_of(second), T0 + 2, trusted=True)
        fresh = [
            (billed(store, *period), explained(store, *period)) for period in periods
        ]
        roll_up(store, T0 + 5 * DAY_S, zones[1])
        assert contents(path)["stale_hours"] == []
        assert contents(path)["stale_days"] == []
        rolled = [
            (billed(store, *period), explained(store, *period)) for period in periods
        ]
        whole = explained(store, marks[0], marks[-1])
    assert rolled == fresh
    assert total(part for _, part in rolled) == whole
    assert sums(path, "spans") == sums(path, "hours") == sums(path, "days")
