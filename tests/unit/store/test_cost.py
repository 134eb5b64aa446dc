"""A report costs the same however long the history is, and reads what it needs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from monitor.store import queries
from monitor.store.engine import Store, open_store
from monitor.store.retention import Limits, purge
from monitor.store.rollups import roll_up
from monitor.usage import Interval
from tests.unit.store.builders import DAY_S, HOUR_S, T0, usage_batch, writing

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = T0 + 1200 * DAY_S
SHARES = 5
LARGE = {
    "spans",
    "bill",
    "explanation",
    "hours",
    "hours_bill",
    "hours_explanation",
    "days",
    "days_bill",
    "days_explanation",
    "process_hours",
    "processes",
    "events",
}
NUMBERS = "12345678, 1234567, 12345, 12345"  # four bytes each, as real ones have
SERIES = (
    "WITH RECURSIVE at(s) AS (SELECT {from_s} UNION ALL "
    "SELECT s + {step_s} FROM at WHERE s + {step_s} < {to_s}) "
)


def make_history(path: Path, days: int) -> None:
    """As many days as that, summed up, each tier for as long as it is kept."""
    with writing(path) as (_, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
    start_s = NOW_S - days * DAY_S
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM stale_hours")
        connection.executemany(
            "INSERT INTO shares VALUES (?, 1, 'socket', 'unknown', ?, 'local', '')",
            [(number, number) for number in range(10, 10 + SHARES)],
        )
        kept = (
            ("spans", 300, max(start_s, NOW_S - 62 * DAY_S)),
            ("hours", HOUR_S, max(start_s, NOW_S - 400 * DAY_S)),
            ("days", DAY_S, start_s),
        )
        for tier, step_s, from_s in kept:
            series = SERIES.format(from_s=from_s, step_s=step_s, to_s=NOW_S)
            for statement in statements(tier, step_s):
                connection.execute(statement.replace("SERIES", series))
        connection.execute(
            "INSERT INTO meta VALUES ('spans_purged_to_s', ?), "
            "('hours_purged_to_s', ?)",
            (str(kept[0][2]), str(kept[1][2])),
        )


def statements(tier: str, step_s: int) -> list[str]:
    """How a tier is filled; all words in it are our own."""
    zone = ", 'UTC'" if tier == "days" else ""
    shares = f"{NUMBERS} FROM at, shares WHERE share_id >= 10"
    if tier == "spans":
        rows = {
            "spans": f"s, s, s + {step_s}, 1, 1 FROM at",
            "bill": f"s, {NUMBERS}, {NUMBERS} FROM at",
            "explanation": f"s, share_id, {shares}",
        }
    else:
        rows = {
            tier: f"s, s + {step_s}{zone} FROM at",
            f"{tier}_bill": f"s, 1, {NUMBERS}, {NUMBERS} FROM at",
            f"{tier}_explanation": f"s, 1, share_id, {shares}",
        }
    return [f"INSERT INTO {table} SERIES SELECT {row}" for table, row in rows.items()]


@pytest.fixture(scope="module")
def long_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than three years."""
    path = tmp_path_factory.mktemp("long") / "usage.db"
    make_history(path, days=1150)
    return path


@pytest.fixture(scope="module")
def short_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days."""
    path = tmp_path_factory.mktemp("short") / "usage.db"
    make_history(path, days=3)
    return path


def report(store: Store, period: Interval) -> None:
    """All that a report asks for."""
    queries.recorded(store)
    queries.interface_bills(store, period)
    queries.explanation(store, period)
    queries.process_usage(store, period)
    queries.gaps(store, period)
    queries.events(store, period)


YESTERDAY = Interval(NOW_S - DAY_S, NOW_S)
ODD_DAY = Interval(NOW_S - DAY_S - 1234, NOW_S - 1234)


@pytest.mark.parametrize("period", [YESTERDAY, ODD_DAY])
def test_a_report_of_a_day_scans_no_large_table(
    long_history: Path, period: Interval
) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(*arguments: Any) -> None:  # noqa: ANN401 - the event has six, of many types
        asked.append((arguments[2], arguments[3]))

    with open_store(long_history, writable=False) as store:
        event.listen(store._engine, "before_cursor_execute", listen)
        report(store, period)
    with closing(sqlite3.connect(long_history)) as connection:
        plans = [
            row[3]
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    scans = {plan.split()[1] for plan in plans if plan.startswith("SCAN ")}
    assert len(plans) > 10
    assert not scans & LARGE, plans


def steps_of(path: Path, period: Interval) -> int:
    """Instructions of SQLite's machine, in hundreds, for a report."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    with open_store(path, writable=False) as store:
        with store.read() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.set_progress_handler(step, 100)
        report(store, period)
    return count


@pytest.mark.parametrize("period", [YESTERDAY, ODD_DAY])
def test_a_report_costs_the_same_after_three_years(
    long_history: Path, short_history: Path, period: Interval
) -> None:
    long, short = steps_of(long_history, period), steps_of(short_history, period)
    assert long <= short * 1.1 + 2


def test_a_report_of_years_reads_days_and_not_slots(long_history: Path) -> None:
    years = Interval(NOW_S - 1100 * DAY_S - 1000, NOW_S - 1000)
    a_day = steps_of(long_history, ODD_DAY)
    # Less than a hundred instructions for each row of the days.
    assert steps_of(long_history, years) < 1100 * SHARES + 4 * a_day


def test_a_year_of_a_busy_desktop_stays_small(tmp_path: Path) -> None:
    """The budget is 40 MB with 30 active applications; here are 30 shares, always."""
    path = tmp_path / "usage.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.SHARES", 30)
        make_history(path, days=20)
    with open_store(path, writable=True) as store:
        assert roll_up(store, NOW_S, ZoneInfo("UTC")) == 0
        purge(store, NOW_S, Limits())
    with closing(sqlite3.connect(path)) as connection:
        sizes = dict(
            connection.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
            ).fetchall()
        )
    slots = sum(
        sizes[name] for name in ("spans", "ix_spans_from", "bill", "explanation")
    )
    hours = sum(sizes[f"hours{name}"] for name in ("", "_bill", "_explanation"))
    days = sum(sizes[f"days{name}"] for name in ("", "_bill", "_explanation"))
    year = (slots * 62 + hours * 365 + days * 365) / 20
    assert year < 40_000_000
