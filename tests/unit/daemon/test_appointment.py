"""The calendar calls when the plans want it, by whichever clock they go."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor import clock
from monitor.clock import SECOND_NS
from monitor.daemon.appointment import Appointment
from monitor.daemon.scheduler import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S = 5
HOUR_NS = 3600 * SECOND_NS


def offset_ns() -> int:
    """From boot time to the wall clock."""
    reading = clock.read()
    return reading.realtime_ns - reading.boottime_ns


def planned_ns(calendar: Calendar) -> int | None:
    """How far ahead, by the wall clock, the calendar calls."""
    jobs = calendar._scheduler.get_jobs()
    if not jobs:
        return None
    ahead = jobs[0].next_run_time - datetime.now(UTC)
    return int(ahead.total_seconds() * SECOND_NS)


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    """A running one."""
    made = Calendar([], ZoneInfo("UTC"), datetime.now(UTC))
    yield made
    made.close()


def test_the_call_comes_when_the_second_has_begun(calendar: Calendar) -> None:
    """A moment too early, nothing would be due yet."""
    called = threading.Event()
    found: list[int] = []

    def call() -> None:
        found.append((clock.read().boottime_ns + believed_ns) // SECOND_NS)
        called.set()

    appointment = Appointment(calendar, call)
    believed_ns = offset_ns() - HOUR_NS + 123_456_789  # a clock that is not believed
    due_s = (clock.read().boottime_ns + believed_ns) // SECOND_NS + 1
    appointment.plan(due_s, believed_ns)
    assert called.wait(WAIT_S)
    assert found == [due_s]


def test_it_is_planned_anew_when_the_second_or_the_offset_moves(
    calendar: Calendar,
) -> None:
    appointment = Appointment(calendar, lambda: None)
    due_s, at_ns = clock.now_s() + 7200, offset_ns()
    appointment.plan(due_s, at_ns)
    first = planned_ns(calendar)
    assert first is not None
    appointment.plan(due_s, at_ns + HOUR_NS)
    sooner = planned_ns(calendar)
    assert sooner is not None
    assert HOUR_NS - SECOND_NS < first - sooner < HOUR_NS + 60 * SECOND_NS
    appointment.plan(due_s + 3600, at_ns + HOUR_NS)
    later = planned_ns(calendar)
    assert later is not None
    assert later > sooner


def test_what_is_planned_already_stays_and_what_was_kept_does_not(
    calendar: Calendar,
) -> None:
    appointment = Appointment(calendar, lambda: None)
    due_s, at_ns = clock.now_s() + 7200, offset_ns()
    appointment.plan(due_s, at_ns)
    calendar.cancel()
    appointment.plan(due_s, at_ns)
    assert planned_ns(calendar) is None
    appointment.kept()
    appointment.plan(due_s, at_ns)
    assert planned_ns(calendar) is not None


@pytest.mark.parametrize("unknown", ["second", "offset"])
def test_without_a_second_or_a_place_on_the_calendar_there_is_no_call(
    calendar: Calendar, unknown: str
) -> None:
    appointment = Appointment(calendar, lambda: None)
    due_s, at_ns = clock.now_s() + 7200, offset_ns()
    appointment.plan(due_s, at_ns)
    is_second = unknown == "second"
    appointment.plan(None if is_second else due_s, at_ns if is_second else None)
    assert planned_ns(calendar) is None
