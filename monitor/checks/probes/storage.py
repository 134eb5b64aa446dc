"""The database: read as any reading command does it, never mended."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from monitor import clock
from monitor.checks.history import DAYS, History, Missed
from monitor.checks.storage import Storage
from monitor.errors import StoreError
from monitor.store import checkup, queries
from monitor.store.engine import open_store, store_version
from monitor.usage import Interval, total

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.config import Config
    from monitor.store.engine import Store
    from monitor.store.queries import Gap

CHECK_S: Final = 2.0
"""How long the database is checked, in seconds."""
_DAY_S: Final = 86_400
_MOST_GAPS: Final = 50
_DAY_DIGITS: Final = 8


def look(
    path: Path,
    config: Config,
    *,
    is_usual: bool,
    is_written: bool,
    check_s: float = CHECK_S,
) -> tuple[Storage, History]:
    """Look at a database.

    Args:
        path: the file; it need not exist.
        config: limits.
        is_usual: whether a daemon that is told nothing writes it.
        is_written: whether a daemon writes it now.
        check_s: how long it may be checked, in seconds.

    Returns:
        How it is, and what it says about the last days.
    """
    now_s = clock.now_s()
    synchronised = clock.read().synchronised
    seen = Storage(
        path=path,
        now_s=now_s,
        is_usual=is_usual,
        needs_root=_needs_root(path),
        free_bytes=_room(path),
        damaged=tuple(each.name for each in checkup.damaged_copies(path)),
    )
    try:
        with open_store(path, writable=False) as store:
            backups = checkup.backups(path)
            run, recorded = queries.last_run(store), queries.recorded(store)
            storage = replace(
                seen,
                version=store_version(store),
                flaw=checkup.full_check(store, check_s),
                size_bytes=path.stat().st_size,
                limit_bytes=config.store.size_limit_bytes,
                flushed_s=run.to_s if run else None,
                flush_s=config.sampling.flush_s,
                is_written=is_written,
                backup_age_s=_age_s(backups, now_s),
                backups=len(backups),
                keep=config.store.backups,
                history_s=recorded.to_s - recorded.from_s if recorded else 0,
            )
            return storage, _history(store, now_s, synchronised=synchronised)
    except (StoreError, OSError) as error:
        reason = error.reason if isinstance(error, StoreError) else "io"
        storage = replace(seen, failure=str(error), reason=reason)
        return storage, History(synchronised=synchronised, is_known=False)


def _history(store: Store, now_s: int, *, synchronised: bool) -> History:
    period = Interval(now_s - DAYS * _DAY_S, now_s + 1)
    gaps = queries.gaps(store, period)[-_MOST_GAPS:]
    return History(
        gaps=[Missed(gap, _credited(store, gap)) for gap in gaps],
        events=queries.events(store, period),
        waiting=checkup.waiting_rows(store),
        synchronised=synchronised,
    )


def _credited(store: Store, gap: Gap) -> int:
    """Bytes of the gap for which there is no program."""
    from_s, to_s = gap.interval
    rows = queries.explanation(store, Interval(from_s, max(to_s, from_s + 1)))
    return total(
        row.traffic for row in rows if row.billed and row.share_kind == "gap"
    ).bytes


def _nearest(path: Path) -> Path:
    """The first folder above a path that exists."""
    return next(each for each in path.absolute().parents if os.path.lexists(each))


def _needs_root(path: Path) -> bool:
    """Whether this user may not write there."""
    return not os.access(_nearest(path), os.W_OK | os.X_OK, effective_ids=True)


def _room(path: Path) -> int | None:
    """Room on the file system that a database is on, or would be."""
    try:
        found = os.statvfs(_nearest(path))
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def _age_s(backups: list[Path], now_s: int) -> int | None:
    """Age of the newest backup, from the day in its name."""
    for path in backups:
        day = path.stem[-_DAY_DIGITS:]
        try:
            made = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        except ValueError:
            continue
        return max(0, now_s - int(made.timestamp()))
    return None
