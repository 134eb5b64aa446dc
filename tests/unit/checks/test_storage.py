"""Findings about the database, and about what happened lately."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.checks import history, storage
from monitor.checks.history import History, Missed
from monitor.checks.storage import Storage
from monitor.store.queries import Event, Gap
from monitor.usage import Interval
from tests.unit.checks.reading import DAY_S, NOW_S, USER, UTC, levels, only

if TYPE_CHECKING:
    from monitor.checks.findings import Finding


STORE = Storage(
    path=Path("/home/amina/.local/state/esimmon/usage.db"),
    now_s=NOW_S,
    version="0002",
    size_bytes=3_000_000,
    limit_bytes=200_000_000,
    free_bytes=5_000_000_000,
    flushed_s=NOW_S - 20,
    is_written=True,
    backup_age_s=DAY_S // 2,
    backups=7,
    keep=7,
    history_s=30 * DAY_S,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"flaw": "row 3 missing"}, {"store-integrity": "error"}),
        ({"flaw": None}, {"store-integrity": "note"}),
        ({"size_bytes": 300_000_000}, {"store-size": "note"}),
        ({"free_bytes": 50_000_000}, {"disk-space": "warn"}),
        ({"free_bytes": 4096}, {"disk-space": "error"}),
        ({"flushed_s": NOW_S - 600}, {"last-flush": "error"}),
        ({"flushed_s": NOW_S - 600, "is_written": False}, {}),
        ({"flushed_s": None}, {"last-flush": "note"}),
        ({"backup_age_s": 9 * DAY_S}, {"backups": "warn"}),
        ({"backup_age_s": None, "backups": 0}, {"backups": "note"}),
        ({"keep": 0}, {"backups": "note"}),
        ({"damaged": ("usage.db.damaged-1",)}, {"damaged-copies": "note"}),
        ({"failure": "gone", "reason": "missing"}, {"store": "note"}),
        ({"failure": "broken", "reason": "damaged"}, {"store": "error"}),
        ({"failure": "closed", "reason": "permission"}, {"store": "note"}),
        ({"failure": "what", "reason": "io"}, {"store": "error"}),
    ],
)
def test_how_the_database_is(changes: dict[str, Any], expected: dict[str, str]) -> None:
    assert levels(storage.judge(replace(STORE, **changes), USER)) == expected


def test_a_damaged_database_is_mended_by_a_start_on_the_same_one() -> None:
    damaged = replace(STORE, flaw="page 4", is_usual=False, path=Path("/srv/a b.db"))
    found = only(storage.judge(damaged, USER), "store-integrity")
    assert found.remedy == "esimmon run --store '/srv/a b.db'"


def gap(length_s: int, moved_bytes: int = 0, *, clean: bool = True) -> Missed:
    when = Interval(NOW_S - DAY_S, NOW_S - DAY_S + length_s)
    return Missed(Gap(when, clean=clean, same_boot=True), moved_bytes)


def of_history(**facts: Any) -> list[Finding]:  # noqa: ANN401 - any fact
    return list(history.judge(History(**facts), UTC, USER))


def test_a_quiet_week_has_only_good_findings() -> None:
    assert levels(of_history()) == {}


def test_a_gap_is_said_with_the_bytes_that_were_credited_to_it() -> None:
    found = only(of_history(gaps=[gap(3600, 18_000_000, clean=False)]), "gap")
    assert found.level == "note"
    assert found.text == (
        "10 Jun 09:30 - 10 Jun 10:30: the daemon had been killed (same boot): "
        "18.0 MB credited to the interfaces, no program known."
    )


def test_a_gap_in_which_the_kernel_counted_on_lost_no_program() -> None:
    found = only(of_history(gaps=[gap(90)]), "gap")
    assert found.text.endswith("every byte has its program.")


def test_many_gaps_are_the_five_longest_and_a_sum() -> None:
    gaps = [gap(60 * number, 1000) for number in range(1, 9)]
    found = [each for each in of_history(gaps=gaps) if each.id == "gap"]
    assert len(found) == 6
    assert found[-1].text == (
        "3 shorter gaps in 7 days, 6 min together: 3.00 kB credited to the "
        "interfaces, no program known."
    )


def test_sleeps_are_told_and_are_nothing_to_worry_about() -> None:
    slept = Event(NOW_S - 9, "suspend", "the machine slept for 7 h 12 min")
    for count, sleeps in ((1, "1 sleep"), (3, "3 sleeps")):
        found = only(of_history(events=[slept] * count), "sleeps")
        assert found.level == "ok"
        assert found.text == (
            f"{sleeps} in 7 days, the last 11 Jun 09:30: the machine slept for "
            "7 h 12 min."
        )


def test_overflows_and_steps_of_the_clock_are_counted() -> None:
    events = [
        Event(NOW_S - 9, "clock-step", "the wall clock was set"),
        Event(NOW_S - 6, "clock-step", "the wall clock was set"),
        Event(NOW_S - 3, "overflow", "4 packets found no room"),
    ]
    found = of_history(events=events)
    assert levels(found) == {"clock-steps": "note", "losses": "warn"}
    assert "set 2 times in 7 days" in only(found, "clock-steps").text
    assert only(found, "losses").text.endswith("11 Jun 09:30: 4 packets found no room.")


def test_a_clock_that_nobody_checks_is_noted_with_the_rows_that_wait() -> None:
    found = only(of_history(synchronised=False, waiting=1200), "clock")
    assert found.level == "note"
    assert "1,200 rows of usage wait" in found.text
    assert found.remedy == "sudo timedatectl set-ntp true"


def test_of_a_database_that_cannot_be_read_nothing_is_claimed() -> None:
    found = of_history(is_known=False)
    assert [each.id for each in found] == ["clock"]
