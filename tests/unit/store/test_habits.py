"""Hours of programs as the store has them, and how a daemon learns them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts import Past, Unusual, UnusualRule
from monitor.alerts.habits import PAST_S
from monitor.daemon.tellers import learn
from monitor.store.batch import Batch
from monitor.store.habits import past, users
from monitor.store.queries import spent
from monitor.store.rollups import roll_up
from monitor.usage import Application, Attachment, Interval, Share
from tests.unit.store.builders import (
    CURL,
    DAY_S,
    FIREFOX,
    HOUR_S,
    KERNEL,
    T0,
    WLAN,
    WWAN,
    share,
    traffic,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.store.engine import Store
    from monitor.store.writer import Writer

UTC = ZoneInfo("UTC")
PHONE = Attachment("wifi:aa", "wlan0", billed=True, metered=True)
LOOP = Attachment("if:lo", "lo", billed=False)
NAMESAKE = Application("firefox", "flatpak")
LOCAL = Share(CURL, scope="local")
RULE = UnusualRule(floor_bytes=4_000_000, times=4, weeks=4)


def batch(*rows: tuple[int, Attachment, Share, int]) -> Batch:
    """Bytes of a share in the first minutes of an hour."""
    found = Batch()
    for hour_s, where, whose, amount in rows:
        key = Interval(hour_s, hour_s + 300), where, whose
        found.explanation[key] = traffic(amount - amount // 4, amount // 4)
    return found


@contextmanager
def stored(path: Path, *rows: tuple[int, Attachment, Share, int]) -> Iterator[Store]:
    """A store with such hours, summed up."""
    with writing(path / "usage.db") as (store, writer):
        write(store, writer, *rows)
        yield store


def write(
    store: Store, writer: Writer, *rows: tuple[int, Attachment, Share, int]
) -> None:
    """Write such hours, and sum them up."""
    now_s = max(row[0] for row in rows) + HOUR_S
    writer.flush(batch(*rows), now_s, trusted=True)
    roll_up(store, now_s, UTC)


def test_bytes_of_a_program_on_all_networks_that_may_cost(tmp_path: Path) -> None:
    with stored(
        tmp_path,
        (T0, WWAN, share(), 600_000),
        (T0, PHONE, share(uid=7), 400_000),
        (T0 + HOUR_S, WWAN, share(CURL), 999_999),
        (T0 + 2 * HOUR_S, WWAN, share(), 2_000_000),
    ) as store:
        assert past(store, T0, 1_000_000) == Past(
            {T0, T0 + HOUR_S, T0 + 2 * HOUR_S},
            {"firefox": T0, "curl": T0 + HOUR_S},
            {(T0, "firefox"): 1_000_000, (T0 + 2 * HOUR_S, "firefox"): 2_000_000},
            1_000_000,
        )


@pytest.mark.parametrize(
    ("where", "whose"),
    [(WLAN, share()), (LOOP, share()), (WWAN, KERNEL), (WWAN, LOCAL)],
)
def test_hours_without_bytes_that_may_cost_are_not_known(
    tmp_path: Path, where: Attachment, whose: Share
) -> None:
    with stored(tmp_path, (T0, where, whose, 5_000_000)) as store:
        assert past(store, T0, 1) == Past(least_bytes=1)


def test_namesakes_are_one_program(tmp_path: Path) -> None:
    with stored(
        tmp_path,
        (T0, WWAN, share(), 3_000_000),
        (T0, WWAN, share(NAMESAKE), 2_000_000),
        (T0 - HOUR_S, WWAN, share(NAMESAKE), 1),
    ) as store:
        found = past(store, T0 - HOUR_S, 1_000_000)
    assert found.first == {"firefox": T0 - HOUR_S}
    assert found.much == {(T0, "firefox"): 5_000_000}


def test_what_is_older_or_goes_on_is_left_out(tmp_path: Path) -> None:
    with writing(tmp_path / "usage.db") as (store, writer):
        write(store, writer, (T0 - HOUR_S, WWAN, share(), 5), (T0, WWAN, share(), 6))
        later = batch((T0 + HOUR_S, WWAN, share(), 7))
        writer.flush(later, T0 + HOUR_S + 300, trusted=True)
        roll_up(store, T0 + HOUR_S + 300, UTC)
        assert past(store, T0, 1).much == {(T0, "firefox"): 6}


def test_the_newest_hours_are_learnt_beside_those_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ask(store: Store, since_s: int, least_bytes: int) -> Past:
        asked.append(since_s)
        return past(store, since_s, least_bytes)

    monkeypatch.setattr("monitor.daemon.tellers.past", ask)
    unusual = Unusual(RULE, 0)
    now_s = T0 + 3 * DAY_S
    monkeypatch.setattr("monitor.clock.now_s", lambda: now_s)
    with writing(tmp_path / "usage.db") as (store, writer):
        write(store, writer, (T0, WWAN, share(), 1_000_000))
        learn(store, unusual)
        second = T0 + DAY_S, WWAN, share(CURL), 2_000_000
        write(store, writer, second)
        learn(store, unusual)
        # One hour came in late.
        write(store, writer, (T0 + HOUR_S, WWAN, share(), 3_000_000), second)
        learn(store, unusual)
        assert asked == [now_s - PAST_S, T0 - DAY_S, T0]
        hours = {hour: amount for (hour, _), amount in unusual.past.much.items()}
        assert hours == {
            T0: 1_000_000,
            T0 + HOUR_S: 3_000_000,
            T0 + DAY_S: 4_000_000,
        }
        unusual.rule = UnusualRule(floor_bytes=8_000_000, times=4, weeks=4)
        learn(store, unusual)
        assert asked[-1] == now_s - PAST_S
        assert {hour for hour, _ in unusual.past.much} == {T0 + HOUR_S, T0 + DAY_S}


def test_what_is_older_than_a_season_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unusual = Unusual(RULE, 0)
    with stored(tmp_path, (T0, WWAN, share(FIREFOX), 1_000_000)) as store:
        monkeypatch.setattr("monitor.clock.now_s", lambda: T0 + PAST_S)
        learn(store, unusual)
        assert unusual.past.seen == {T0}
        monkeypatch.setattr("monitor.clock.now_s", lambda: T0 + PAST_S + 1)
        learn(store, unusual)
        assert not unusual.past.seen
        assert not unusual.past.much


def test_who_moved_anything_is_known_from_all_tiers(tmp_path: Path) -> None:
    with stored(
        tmp_path,
        (T0 - 3 * DAY_S, WWAN, share(), 1000),
        (T0 - DAY_S + HOUR_S, WLAN, share(CURL), 2000),
        (T0, WWAN, share(NAMESAKE), 0),
        (T0 + 600, PHONE, share(CURL), 3000),
        (T0 + 900, WWAN, KERNEL, 3000),
    ) as store:
        counts = []
        for until_s in (T0 - 2 * DAY_S, T0 + 600, T0 + DAY_S):
            period = Interval(0, until_s)
            rows = spent(store, period)
            moved = {(row.attachment, row.share) for row in rows if row.traffic}
            assert {*users(store, period)} == moved
            counts.append(len(moved))
        assert counts == [1, 2, 3]
