"""Calendar jobs run at the start, after a wake-up and after a clock step.

An appointment is kept at its instant, whatever else runs.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.daemon.jobs import CalendarJob
from monitor.daemon.scheduler import Calendar

ZONE = ZoneInfo("UTC")
WAIT_S = 5


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC).astimezone(ZONE)


def daily(run: object) -> CalendarJob:
    """A job that is due in about half a day, so that only we make it run."""
    assert callable(run)
    return CalendarJob("test", str((now().hour + 12) % 24), 0, run)


def test_every_job_runs_once_at_the_start_to_catch_up() -> None:
    """The machine may have been off at three in the morning."""
    ran = threading.Event()
    calendar = Calendar([daily(ran.set)], ZONE, now())
    try:
        assert ran.wait(WAIT_S)
    finally:
        calendar.close()


def test_jobs_run_one_after_another() -> None:
    """They write the same database."""
    running = threading.Lock()
    overlapped: list[bool] = []
    done = threading.Semaphore(0)

    def work() -> None:
        overlapped.append(not running.acquire(blocking=False))
        threading.Event().wait(0.05)
        running.release()
        done.release()

    jobs = [daily(work)._replace(name=f"job {i}") for i in range(3)]
    calendar = Calendar(jobs, ZONE, now())
    try:
        assert all(done.acquire(timeout=WAIT_S) for _ in jobs)
    finally:
        calendar.close()
    assert not any(overlapped)


@pytest.mark.parametrize("step_h", [-48, -1, 1])
def test_after_a_clock_step_the_next_run_is_by_the_new_clock(step_h: int) -> None:
    """A step back would else keep every job waiting until the old time comes again."""
    ran = threading.Event()
    calendar = Calendar([daily(ran.set)], ZONE, now())
    try:
        assert ran.wait(WAIT_S)
        stepped = now() + timedelta(hours=step_h)
        calendar.wake(stepped)
        (job,) = calendar._scheduler.get_jobs()
        assert stepped < job.next_run_time <= stepped + timedelta(days=1)
    finally:
        calendar.close()


def test_what_fell_due_while_the_machine_slept_is_done_and_not_put_off() -> None:
    """A laptop that sleeps every night at half past three would never copy its data."""
    ran = threading.Semaphore(0)
    calendar = Calendar([daily(ran.release)], ZONE, now())
    try:
        assert ran.acquire(timeout=WAIT_S)
        (job,) = calendar._scheduler.get_jobs()
        # As APScheduler sees it, which does not wake by itself: it was due a while ago.
        job.modify(next_run_time=now() - timedelta(hours=5))
        calendar.wake(now())
        assert ran.acquire(timeout=WAIT_S)
    finally:
        calendar.close()


def test_after_a_step_over_its_time_a_job_is_due_at_once() -> None:
    calendar = Calendar([daily(lambda: None)], ZONE, now())
    try:
        stepped = now() + timedelta(hours=48)
        calendar.wake(stepped)
        (job,) = calendar._scheduler.get_jobs()
        assert job.next_run_time <= stepped
    finally:
        calendar.close()


def test_the_hours_are_those_of_where_the_machine_is_now() -> None:
    calendar = Calendar([daily(lambda: None)], ZONE, now())
    away = ZoneInfo("Asia/Tokyo")
    try:
        assert calendar.is_in(ZONE)
        assert not calendar.is_in(away)
        calendar.wake(now().astimezone(away))
        assert calendar.is_in(away)
        (job,) = calendar._scheduler.get_jobs()
        assert str(job.trigger.timezone) == str(away)
    finally:
        calendar.close()


def test_a_job_that_fails_is_tried_again_the_next_time() -> None:
    """Its next run stays planned."""
    ran = threading.Event()

    def fail() -> None:
        ran.set()
        raise RuntimeError("disk on fire")

    calendar = Calendar([daily(fail)], ZONE, now())
    try:
        assert ran.wait(WAIT_S)
        assert calendar._scheduler.get_jobs()
    finally:
        calendar.close()


def test_an_appointment_is_kept_once_and_not_before_its_instant() -> None:
    kept: list[datetime] = []
    met = threading.Event()

    def meet() -> None:
        kept.append(now())
        met.set()

    calendar = Calendar([], ZONE, now())
    try:
        at = now() + timedelta(seconds=0.3)
        calendar.appoint(at, meet)
        assert met.wait(WAIT_S)
        assert kept[0] >= at
        calendar.wake(now())
        assert not calendar._scheduler.get_jobs()
    finally:
        calendar.close()
    assert len(kept) == 1


def test_a_later_appointment_takes_the_place_of_the_one_before() -> None:
    calendar = Calendar([], ZONE, now())
    far, near = threading.Event(), threading.Event()
    try:
        calendar.appoint(now() + timedelta(days=1), far.set)
        calendar.appoint(now() - timedelta(days=1), near.set)
        assert near.wait(WAIT_S)
        calendar.appoint(now() + timedelta(days=1), far.set)
        calendar.cancel()
        calendar.cancel()
        assert not calendar._scheduler.get_jobs()
    finally:
        calendar.close()
    assert not far.is_set()


def test_an_appointment_is_kept_while_a_job_runs() -> None:
    """A backup takes a while."""
    begun, may_end, met = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(WAIT_S)

    calendar = Calendar([daily(work)], ZONE, now())
    try:
        assert begun.wait(WAIT_S)
        calendar.appoint(now(), met.set)
        assert met.wait(WAIT_S)
        calendar.wake(now())
        may_end.set()
    finally:
        may_end.set()
        calendar.close()
