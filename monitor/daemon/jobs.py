"""What is done by the calendar: roll-up, retention, backup; each repeatable.

They run in the scheduler's thread, in small transactions, so that the flush never
waits long. A failure is one line in the log, and the next time tries again.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from monitor.errors import StoreDamagedError, StoreError
from monitor.store import rescue
from monitor.store.backup import back_up
from monitor.store.retention import MOST_ROWS, Limits, purge
from monitor.store.rollups import roll_up
from monitor.store.scouring import scour

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.config import Config
    from monitor.daemon.dates import Dates
    from monitor.store.engine import Store

_MOST_PURGES = 10  # a million rows: 250 new processes a second for an hour

log = logging.getLogger("esimmon")


class CalendarJob(NamedTuple):
    """Something to do by the calendar.

    Attributes:
        name: shown in the log.
        hour: hours at which it runs, as cron writes them (`*`, `3`).
        minute: minute of the hour.
        run: what is done.
    """

    name: str
    hour: str
    minute: int
    run: Callable[[], None]


def _careful(name: str, work: Callable[[], object], store: Store) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        except StoreDamagedError as error:
            log.error("%s: %s", name, error)  # noqa: TRY400 - a sentence, no traceback
            # Only what the next start finds as well is worth one.
            if rescue.is_flawed(store.path):
                store.damage = error
        except StoreError as error:
            log.error("%s: %s", name, error)  # noqa: TRY400 - a sentence, no traceback

    return run


def purge_all(
    store: Store, now_s: int, limits: Limits, max_rows: int = MOST_ROWS
) -> None:
    """Drop what is old or too much, as much as an hour may bring.

    Args:
        store: open for writing.
        now_s: UTC second now.
        limits: how long things are kept.
        max_rows: the most rows of each kind in one of its runs.

    Raises:
        StoreError: what was dropped until then stays dropped.
    """
    for _ in range(_MOST_PURGES):
        if not purge(store, now_s, limits, max_rows).more:
            break


def _limits(config: Config, needed_since_s: int) -> Limits:
    return Limits(
        slots_s=config.retention.slots_s,
        hours_s=config.retention.hours_s,
        processes_s=config.retention.processes_s,
        size_bytes=config.store.size_limit_bytes,
        remotes_s=config.remotes.kept_s,
        remotes_top=config.remotes.top,
        needed_since_s=needed_since_s,
    )


def calendar_jobs(
    store: Store,
    config: Callable[[], Config],
    dates: Dates,
    needed_since_s: Callable[[], int],
    learn: Callable[[], None],
) -> list[CalendarJob]:
    """All calendar jobs of a daemon.

    Args:
        store: the database.
        config: limits of retention, and how many backups are kept; asked at each run,
            for a reload may have changed it.
        dates: what time it is, and in which zone.
        needed_since_s: the UTC second from which on plans need what was measured; asked
            at each run, in the scheduler's thread.
        learn: take in what programs usually move, once the hours are summed up.
    """

    def backup() -> None:
        if keep := config().store.backups:
            back_up(store, dates.now_s(), keep)

    def retention() -> None:
        limits = _limits(config(), needed_since_s())
        limits = replace(limits, surely_s=dates.surely_s())
        purge_all(store, dates.now_s(), limits)
        scour(store, dates.now_s())

    jobs: list[tuple[str, str, int, Callable[[], object]]] = [
        ("roll-up", "*", 1, lambda: roll_up(store, dates.now_s(), dates.zone())),
        ("habits", "*", 2, learn),
        ("retention", "*", 11, retention),
        ("backup", "3", 30, backup),
    ]
    return [
        CalendarJob(name, hour, minute, _careful(name, work, store))
        for name, hour, minute, work in jobs
    ]
