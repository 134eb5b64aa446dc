"""The calendar: roll-up, retention, backup, and when a plan turns.

The only importer of APScheduler, which follows the wall clock and sleeps on
CLOCK_MONOTONIC: after a suspend it wakes late, and after a backward step it waits the
step out (its issues 351 and 794). So sampling is not on it, and the daemon calls `wake`
after each resume and clock step.

The jobs run one after another in a thread of their own, beside that of the scheduler:
an appointment is kept to the second also while a backup runs.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from apscheduler.executors.debug import DebugExecutor
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from monitor.daemon.jobs import CalendarJob

_APPOINTMENT: Final = "appointment"


def _trigger(job: CalendarJob, zone: ZoneInfo) -> CronTrigger:
    return CronTrigger(hour=job.hour, minute=job.minute, timezone=zone)


class Calendar:
    """Runs calendar jobs one after another, and calls at one instant."""

    def __init__(self, jobs: list[CalendarJob], zone: ZoneInfo, now: datetime) -> None:
        """Start the thread; every job also runs once at the start, to catch up.

        Args:
            jobs: what to do and when.
            zone: time zone of the hours.
            now: the wall clock, aware of its zone.
        """
        # APScheduler tells of each run at INFO and of each miss at WARNING.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone=zone,
            executors={
                "default": ThreadPoolExecutor(max_workers=1),
                _APPOINTMENT: DebugExecutor(),  # in the scheduler's own thread
            },
            job_defaults={
                "coalesce": True,
                "misfire_grace_time": None,
                "max_instances": 1,
            },
        )
        for job in jobs:
            self._scheduler.add_job(
                job.run,
                _trigger(job, zone),
                id=job.name,
                name=job.name,
                next_run_time=now,
            )
        self._jobs, self._zone = jobs, zone
        self._scheduler.start()

    def is_in(self, zone: ZoneInfo) -> bool:
        """Whether the hours are those of a zone; a machine that travels changes it."""
        return self._zone.key == zone.key

    def wake(self, now: datetime) -> None:
        """Look at the clock again, after a resume, a step, or in another zone.

        `wakeup` alone runs what is overdue, but after a backward step the next time
        of each job lies a step too far ahead, so each is set anew. What is overdue is
        not put off: a machine that sleeps every night would never make its copy.

        Args:
            now: the wall clock, aware of its zone.
        """
        self._zone = now.tzinfo if isinstance(now.tzinfo, ZoneInfo) else self._zone
        for job in self._jobs:
            trigger = _trigger(job, self._zone)
            planned = self._scheduler.get_job(job.name)
            is_due = planned.next_run_time <= now
            due = now if is_due else trigger.get_next_fire_time(None, now)
            planned.modify(trigger=trigger, next_run_time=due)
        self._scheduler.wakeup()

    def appoint(self, at: datetime, call: Callable[[], None]) -> None:
        """Call once at an instant, or at once if it is over.

        Args:
            at: aware of its zone; takes the place of the one before.
            call: in the scheduler's thread; must be short and touch nothing.
        """
        self._scheduler.add_job(
            call,
            DateTrigger(at),
            id=_APPOINTMENT,
            name=_APPOINTMENT,
            executor=_APPOINTMENT,
            replace_existing=True,
        )

    def cancel(self) -> None:
        """There is no appointment any more."""
        with suppress(JobLookupError):
            self._scheduler.remove_job(_APPOINTMENT)

    def close(self) -> None:
        """Let a running job end, then stop the thread."""
        self._scheduler.shutdown(wait=True)
