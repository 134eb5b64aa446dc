"""What was told survives, in the same transaction as the usage that caused it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from monitor.alerts import (
    BACKGROUND_RATE,
    Change,
    Cleared,
    Delivery,
    Noted,
    Told,
)
from monitor.errors import StoreError
from monitor.store import alerts, retention
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from tests.alerting import DAY_S, LIMIT, raised
from tests.unit.store.builders import T0, billed, traffic, usage_batch, writing

FIXTURE = Path(__file__).parent / "fixtures" / "schema-0002.sql"
WARNING = raised(at_s=T0 + 30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "usage.db"


def flush(path: Path, *changes: Change, delivered: tuple[Delivery, ...] = ()) -> None:
    """A run that commits this."""
    with writing(path) as (_, writer):
        batch = Batch(alerts=list(changes), delivered=list(delivered))
        writer.flush(batch, T0 + 60, trusted=True)


def told(path: Path) -> Told:
    """What the next run would know."""
    with open_store(path, writable=False) as store:
        return alerts.told(store)


def listed(path: Path) -> list[alerts.AlertRow]:
    """What a person would see."""
    with open_store(path, writable=False) as store:
        return alerts.listed(store)


def test_a_new_store_has_told_nothing(path: Path) -> None:
    flush(path)
    assert told(path) == Told()
    assert listed(path) == []


@pytest.mark.parametrize(
    "changes",
    [
        [WARNING],
        [Noted(LIMIT.key, T0), WARNING],
        [WARNING, Cleared(WARNING.key, T0 + 40, rearmed=False)],
        [WARNING, LIMIT, Cleared(LIMIT.key, T0 + 40, rearmed=True)],
        [WARNING, Cleared(WARNING.key, T0 + 40, rearmed=True), raised(at_s=T0 + 50)],
        [raised(BACKGROUND_RATE, name="a/b/\udcff\0 c", at_s=T0)],
    ],
)
def test_the_next_run_knows_what_this_one_told(
    path: Path, changes: list[Change]
) -> None:
    flush(path, *changes)
    assert told(path) == Told().after(changes)


def test_changes_in_several_flushes_add_up(path: Path) -> None:
    changes: list[Change] = [
        WARNING,
        Cleared(WARNING.key, T0 + 40, rearmed=True),
        raised(at_s=T0 + 50),
    ]
    for change in changes:
        flush(path, change)
    assert told(path) == Told().after(changes)
    first, second = listed(path)
    assert (first.raised, first.cleared_s) == (WARNING, T0 + 40)
    assert (second.raised, second.cleared_s) == (changes[2], None)
    assert first.alert_id < second.alert_id


def test_a_flush_that_fails_has_told_nothing_and_can_be_repeated(path: Path) -> None:
    batch = usage_batch(T0, T0 + 10)
    batch.alerts.append(WARNING)
    with writing(path) as (store, writer):
        with closing(sqlite3.connect(path)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError):
                writer.flush(batch, T0 + 10, trusted=True)
        assert alerts.told(store) == Told()
        writer.flush(batch, T0 + 10, trusted=True)
        assert alerts.told(store) == Told().after([WARNING])
        assert billed(store, T0, T0 + 10).l3 == traffic(100_000)


def test_it_is_told_when_a_person_saw_it_and_not_when_it_was_logged(path: Path) -> None:
    journal = Delivery(WARNING, "journal", T0 + 31)
    absent = Delivery(WARNING, "desktop", T0 + 32, "no notification daemon")
    flush(path, WARNING, delivered=(journal, absent))
    (row,) = listed(path)
    assert row.told_s is None
    assert row.told_by == ("journal",)
    assert row.failures == {"desktop": "no notification daemon"}
    assert not told(path).shown
    flush(path, delivered=(Delivery(WARNING, "desktop", T0 + 62),))
    (row,) = listed(path)
    assert (row.told_s, row.told_by, row.failures) == (
        T0 + 62,
        ("journal", "desktop"),
        {},
    )
    assert told(path).shown == {WARNING.handle}


def test_the_first_success_stays_whatever_comes_later(path: Path) -> None:
    first = Delivery(WARNING, "agent", T0 + 31)
    flush(path, WARNING, delivered=(first,))
    flush(path, delivered=(Delivery(WARNING, "agent", T0 + 99, "gone"),))
    flush(path, delivered=(Delivery(WARNING, "agent", T0 + 99),))
    assert listed(path)[0].told_s == T0 + 31


def test_a_delivery_of_an_alert_that_is_not_kept_any_more_is_dropped(
    path: Path,
) -> None:
    flush(path, delivered=(Delivery(WARNING, "desktop", T0),))
    assert listed(path) == []


def test_what_is_over_goes_with_the_hours_and_what_holds_stays(path: Path) -> None:
    over = Cleared(WARNING.key, T0 + 40, rearmed=False)
    done = Delivery(WARNING, "journal", T0)
    flush(
        path, WARNING, over, LIMIT, Noted(raised(step="50").key, T0), delivered=(done,)
    )
    with open_store(path, writable=True) as store:
        retention.purge(store, T0 + 401 * DAY_S, retention.Limits())
        assert [row.raised for row in alerts.listed(store)] == [LIMIT]
        assert set(alerts.told(store).marks) == {LIMIT.key}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM deliveries").fetchall() == []


def test_a_store_of_version_0002_keeps_what_it_told(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIXTURE.read_text(encoding="utf-8"))
    with open_store(path, writable=True) as store:
        warning, program = alerts.listed(store)
        found = alerts.told(store)
    assert warning.raised.alert.title == "Plan wwan: 80 % of 5.00 GB used"
    assert (warning.told_s, warning.cleared_s) == (None, None)
    assert warning.failures == {
        "desktop": "no notification daemon runs on this desktop"
    }
    assert program.raised.alert.application == "bad\udcffname"
    assert program.told_by == ("agent",)
    assert sorted(key.step for key in found.marks) == ["", "50", "80"]
    assert list(found.open) == [warning.raised.key]
