"""The calendar: roll-up, retention, backup. The only importer of APScheduler.

APScheduler follows the wall clock and sleeps on CLOCK_MONOTONIC: after a suspend it
wakes late, and after a backward step it waits the step out (its issues 351 and 794).
So sampling is not on it, and the daemon calls `wake` after each resume and clock step.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from monitor.jobs import CalendarJob


class Calendar:
    """Runs calendar jobs one after another in a thread of its own."""

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
            executors={"default": DebugExecutor()},  # in the scheduler's own thread
            job_defaults={
                "coalesce": True,
                "misfire_grace_time": None,
                "max_instances": 1,
            },
        )
        for job in jobs:
            trigger = CronTrigger(hour=job.hour, minute=job.minute, timezone=zone)
            self._scheduler.add_job(
                job.run, trigger, id=job.name, name=job.name, next_run_time=now
            )
        self._scheduler.start()

    def wake(self, now: datetime) -> None:
        """Look at the clock again, after a resume or a step.

        `wakeup` alone runs what is overdue, but after a backward step the next time
        of each job lies a step too far ahead, so each is set anew.

        Args:
            now: the wall clock, aware of its zone.
        """
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=job.trigger.get_next_fire_time(None, now))
        self._scheduler.wakeup()

    def close(self) -> None:
        """Let a running job end, then stop the thread."""
        self._scheduler.shutdown(wait=True)
