"""When a person is left alone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitor import clock
from monitor.notifiers.manners import Urgency
from monitor.notifiers.quiet import DayTimes, minute_now, minute_of_day, waits

LOW, NORMAL, CRITICAL = Urgency.LOW, Urgency.NORMAL, Urgency.CRITICAL
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("quiet", "urgency", "time", "is_later"),
    [
        ("", NORMAL, "03:00", False),
        ("", LOW, "00:00", False),
        ("22:00-07:00", NORMAL, "21:59", False),
        ("22:00-07:00", NORMAL, "22:00", True),
        ("22:00-07:00", NORMAL, "23:59", True),
        ("22:00-07:00", NORMAL, "00:00", True),
        ("22:00-07:00", LOW, "06:59", True),
        ("22:00-07:00", LOW, "07:00", False),
        ("22:00-07:00", CRITICAL, "23:00", False),
        ("12:00 - 13:00", NORMAL, "11:59", False),
        ("12:00 - 13:00", NORMAL, "12:30", True),
        ("12:00 - 13:00", NORMAL, "13:00", False),
        ("12:00 - 13:00", NORMAL, "00:00", False),
        ("00:00-23:59", NORMAL, "23:59", False),
        ("23:00-00:00", NORMAL, "23:59", True),
        ("23:00-00:00", NORMAL, "00:00", False),
    ],
)
def test_what_is_critical_is_told_at_once_and_the_rest_when_the_time_is_over(
    quiet: str, urgency: Urgency, time: str, is_later: object
) -> None:
    times = DayTimes.read(quiet)
    assert times is not None
    hour, minute = map(int, time.split(":"))
    assert waits(urgency, times, hour * 60 + minute) is is_later


@pytest.mark.parametrize(
    "found",
    ["22-7", "25:00-07:00", "07:00-07:00", "22:00-07:00-", "2²:00-07:00", 7, None, []],
)
def test_what_is_no_time_of_the_day_is_not_taken_for_one(found: object) -> None:
    assert DayTimes.read(found) is None


def quiet_hours(quiet: str, day: str) -> list[str]:
    """Where the clock stands when they begin and end on that day in Berlin."""
    noon_s = int(
        datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=BERLIN).timestamp()
    )
    changes, before = [], False
    for at_s in range(noon_s - 18 * 3600, noon_s + 60, 60):
        now = waits(NORMAL, DayTimes(quiet), minute_of_day(at_s, BERLIN))
        if now != before:
            changes.append(datetime.fromtimestamp(at_s, BERLIN).strftime("%H:%M%z"))
        before = now
    return changes


@pytest.mark.parametrize(
    ("quiet", "day", "changes"),
    [
        # A night like any other.
        ("22:00-07:00", "2025-02-02", ["22:00+0100", "07:00+0100"]),
        # An hour shorter, and an hour longer.
        ("22:00-07:00", "2025-03-30", ["22:00+0100", "07:00+0200"]),
        ("22:00-07:00", "2025-10-26", ["22:00+0200", "07:00+0100"]),
        # The clock is never at their end; never in them.
        ("22:00-02:30", "2025-03-30", ["22:00+0100", "03:00+0200"]),
        ("02:00-03:00", "2025-03-30", []),
        # It is there twice.
        (
            "02:00-02:30",
            "2025-10-26",
            ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"],
        ),
        (
            "22:00-02:30",
            "2025-10-26",
            ["22:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"],
        ),
    ],
)
def test_quiet_hours_are_by_the_clock_on_the_wall_also_when_that_is_set(
    quiet: str, day: str, changes: list[str]
) -> None:
    assert quiet_hours(quiet, day) == changes


def test_the_wall_is_where_this_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_s", lambda: 1_749_634_215)  # 09:30:15 UTC
    for zone, hours, minutes in (
        ("UTC", 9, 30),
        ("Asia/Kathmandu", 15, 15),
        ("America/New_York", 5, 30),
    ):
        monkeypatch.setenv("TZ", zone)
        assert minute_now() == hours * 60 + minutes
