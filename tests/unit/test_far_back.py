"""What is long ago: cycles that are judged no more, usage known by the hour only."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from monitor.accounts.bookkeeping import open_book
from monitor.daemon.planbook import PlanBook
from monitor.plans.agreement import Agreement
from monitor.plans.offers import Bucket, Scope
from monitor.plans.terms import Plan
from monitor.plans.timing import Month, Validity, Window
from monitor.plans.values import Bytes, Minute, Name, Pattern, Second
from monitor.plans.writing import canonical
from monitor.store import agreed
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.retention import Limits, purge
from monitor.store.rollups import roll_up
from monitor.usage import Bill, Interval, Traffic
from tests.unit.store.builders import (
    CURL,
    DAY_S,
    HOUR_S,
    T0,
    WWAN,
    share,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.plans.status import Status
    from monitor.store.engine import Store

UTC_ZONE = ZoneInfo("UTC")
DAYS = 130  # from 4 March to 12 July
NOW_S = T0 + DAYS * DAY_S
APRIL_S, MAY_S, JUNE_S, JULY_S = (T0 + days * DAY_S for days in (28, 58, 89, 119))
MONTHLY = Agreement(
    plan=Plan(
        id=Name("monthly"),
        tz=UTC_ZONE,
        cycle=Month(),
        buckets=(
            Bucket(Name("main"), Bytes(10_000)),
            Bucket(Name("curl"), Bytes(5000), scope=Scope(apps=(Pattern("curl"),))),
        ),
    ),
    patterns=("wwan*",),
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four months of usage: 300 bytes received and 70 sent in each hour."""
    path = tmp_path_factory.mktemp("recorded") / "usage.db"
    batch = Batch()
    for begin_s in range(T0 + 600, NOW_S, HOUR_S):
        when = Interval(begin_s, begin_s + 300)
        moved = Traffic(300, 70)
        batch.bill[when, WWAN] = Bill(moved, moved)
        batch.explanation[when, WWAN, share(CURL)] = Traffic(100, 20)
    with writing(path) as (store, writer):
        writer.flush(batch, NOW_S, trusted=True)
        roll_up(store, NOW_S, UTC_ZONE)
    return path


@pytest.fixture
def store(recorded: Path, tmp_path: Path) -> Iterator[Store]:
    """The same to change."""
    path = tmp_path / "usage.db"
    shutil.copy(recorded, path)
    with open_store(path, writable=True) as opened:
        yield opened


def daemon(store: Store, agreement: Agreement, at_s: int = NOW_S) -> PlanBook:
    """What a daemon does with the plan at its start."""
    book = PlanBook(store, (agreement,))
    book.open(at_s, (WWAN,))
    book.freeze()
    return book


def history(store: Store, agreement: Agreement) -> list[tuple[int | None, int, int]]:
    """What a person is shown."""
    return open_book(store, (agreement,), agreement.plan.id, NOW_S).history


def stands(store: Store, agreement: Agreement) -> Status:
    """How a plan stands, judged from the store."""
    return open_book(store, (agreement,), agreement.plan.id, NOW_S).now


def terms(agreement: Agreement, **changes: object) -> Agreement:
    """The same plan in other words."""
    return replace(agreement, plan=replace(agreement.plan, **changes))


BOTH = [
    (T0 - 3 * DAY_S, APRIL_S, 28 * 24 * 370),
    (APRIL_S, MAY_S, 30 * 24 * 370),
    (MAY_S, JUNE_S, 31 * 24 * 370),
    (JUNE_S, JULY_S, 30 * 24 * 370),
]


def test_old_cycles_keep_their_figures_and_young_ones_follow_the_configuration(
    store: Store,
) -> None:
    daemon(store, MONTHLY)
    assert history(store, MONTHLY) == BOTH
    received = terms(MONTHLY, count="rx")
    for _ in range(2):
        daemon(store, received)
        assert history(store, received) == [
            *BOTH[:2],
            (MAY_S, JUNE_S, 31 * 24 * 300),
            (JUNE_S, JULY_S, 30 * 24 * 300),
        ]
    closed = agreed.closed_cycles(store, "monthly")
    assert [cycle.start_s for cycle in closed] == [T0 - 3 * DAY_S, APRIL_S]
    words = agreed.hash_of(canonical(MONTHLY))
    assert {cycle.terms_hash for cycle in closed} == {words}


def test_another_billing_day_changes_only_what_is_younger(store: Store) -> None:
    daemon(store, MONTHLY)
    later = terms(MONTHLY, cycle=Month(billing_day=10))
    daemon(store, later)
    found = history(store, later)
    assert found[:2] == BOTH[:2]
    assert [end_s for _, end_s, _ in found[2:]] == [
        MAY_S + 9 * DAY_S,
        JUNE_S + 9 * DAY_S,
        JULY_S + 9 * DAY_S,
    ]


def test_cycles_of_a_validity_that_lives_are_judged_anew(store: Store) -> None:
    year = Validity(kind="fixed", start=Second(T0), end=Second(T0 + 365 * DAY_S))
    lasting = terms(MONTHLY, validity=year)
    daemon(store, lasting)
    assert agreed.closed_cycles(store, "monthly") == []
    received = terms(lasting, count="rx")
    daemon(store, received)
    assert [used for _, _, used in history(store, received)] == [
        days * 24 * 300 for days in (28, 30, 31, 30)
    ]


def test_a_cycle_is_kept_once_it_is_old_enough_while_the_daemon_runs(
    store: Store,
) -> None:
    old_s = JUNE_S + 62 * DAY_S
    book = daemon(store, MONTHLY, old_s - 10)
    assert [cycle.end_s for cycle in agreed.closed_cycles(store, "monthly")] == [
        APRIL_S,
        MAY_S,
    ]
    book.tick(Batch(), old_s - 1)
    book.freeze()
    assert len(agreed.closed_cycles(store, "monthly")) == 2
    book.tick(Batch(), old_s + 1)
    book.freeze()
    assert agreed.closed_cycles(store, "monthly")[-1].end_s == JUNE_S


NIGHT = Window(Minute(60), Minute(7 * 60))
SHORT = Limits(slots_s=2 * DAY_S, size_bytes=10**9)


@pytest.mark.parametrize(
    "agreement",
    [
        MONTHLY,
        terms(MONTHLY, count="tx", cycle=Month(billing_day=9, reset_time=Minute(180))),
        terms(
            MONTHLY,
            buckets=(
                Bucket(Name("main"), Bytes(90_000)),
                Bucket(Name("n"), Bytes(5000), scope=Scope(windows=(NIGHT,))),
            ),
        ),
    ],
)
def test_a_plan_that_turns_on_the_hour_stands_the_same_without_its_rows(
    store: Store, agreement: Agreement
) -> None:
    before = stands(store, agreement)
    purge(store, NOW_S, SHORT)
    after = stands(store, agreement)
    assert after == before


def test_what_turns_within_an_hour_is_known_to_that_hour_only(store: Store) -> None:
    """So what is needed is not dropped, unless the database is too large."""
    odd = terms(MONTHLY, cycle=Month(reset_time=Minute(13)))
    before = stands(store, odd)
    book = daemon(store, odd)
    purge(store, NOW_S, dataclasses.replace(SHORT, needed_since_s=book.needed_since_s))
    assert stands(store, odd).used_bytes == before.used_bytes
    purge(store, NOW_S, SHORT)
    assert abs(stands(store, odd).used_bytes - before.used_bytes) <= 370
