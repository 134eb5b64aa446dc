"""How the database is: there, readable, sound, small enough, backed up."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.checks.findings import Finding, Level
from monitor.units import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.checks.remedies import Remedies

_DAY_S: Final = 86_400
_LITTLE_ROOM_BYTES: Final = 100_000_000
_NO_ROOM_BYTES: Final = 1_000_000
_LATE_FLUSHES: Final = 4
_OLD_BACKUP_DAYS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """What there is.

    Attributes:
        path: the database.
        is_usual: whether a daemon that is told nothing writes it.
        needs_root: whether only root may write where it is.
        failure: why it cannot be read; empty when it can.
        reason: of the failure, as in `StoreError`.
        version: of its schema.
        flaw: what is wrong with it, empty when it is sound; None when there was not
            enough time to look.
        size_bytes: of the file.
        limit_bytes: what is configured.
        free_bytes: room on its file system; None where that cannot be seen.
        flushed_s: UTC second up to which it has usage; None without a run.
        now_s: UTC second now.
        flush_s: configured time between two flushes, in seconds.
        is_written: whether a daemon writes it now.
        backup_age_s: of the newest backup; None without one.
        backups: how many there are.
        keep: how many are configured.
        history_s: from the first to the last second with usage.
        damaged: names of databases that were set aside.
    """

    path: Path
    now_s: int
    is_usual: bool = True
    needs_root: bool = False
    failure: str = ""
    reason: str = ""
    version: str = ""
    flaw: str | None = ""
    size_bytes: int = 0
    limit_bytes: int = 0
    free_bytes: int | None = None
    flushed_s: int | None = None
    flush_s: int = 30
    is_written: bool = False
    backup_age_s: int | None = None
    backups: int = 0
    keep: int = 0
    history_s: int = 0
    damaged: tuple[str, ...] = ()


def judge(storage: Storage, remedies: Remedies) -> Iterator[Finding]:
    """What follows from it.

    Args:
        storage: the facts.
        remedies: how commands are spelt.
    """
    yield from _room(storage)
    if storage.damaged:
        names = ", ".join(storage.damaged)
        text = f"Damaged databases were set aside beside the store and kept: {names}."
        yield Finding("damaged-copies", Level.NOTE, text)
    if storage.failure:
        yield _unreadable(storage, remedies)
        return
    text = f"The database {storage.path} can be read (schema {storage.version})."
    yield Finding("store", Level.OK, text)
    yield _soundness(storage, remedies)
    yield _size(storage)
    yield from _flush(storage, remedies)
    yield from _backups(storage)


def _unreadable(storage: Storage, remedies: Remedies) -> Finding:
    path = storage.path
    start = _start(storage, remedies)
    usual = {
        "missing": (Level.NOTE, start),
        "older": (Level.WARN, start),
        "damaged": (Level.ERROR, start),
        "permission": (
            Level.NOTE,
            remedies.call(f"doctor --store {shlex.quote(str(path))}", root=True),
        ),
        "busy": (Level.WARN, remedies.as_root(f"fuser -v {shlex.quote(str(path))}")),
    }
    level, remedy = usual.get(storage.reason, (Level.ERROR, ""))
    return Finding("store", level, storage.failure, remedy)


def _soundness(storage: Storage, remedies: Remedies) -> Finding:
    if storage.flaw is None:
        text = "The database is large: it was not checked to its end, only opened."
        return Finding("store-integrity", Level.NOTE, text)
    if not storage.flaw:
        return Finding("store-integrity", Level.OK, "The database is sound.")
    text = (
        f"The database is damaged ({storage.flaw}); the next start sets it aside and "
        "restores the newest backup."
    )
    return Finding("store-integrity", Level.ERROR, text, _start(storage, remedies))


def _start(storage: Storage, remedies: Remedies) -> str:
    """Start a daemon on this database."""
    path = None if storage.is_usual else storage.path
    return remedies.run(path, root=storage.needs_root)


def _size(storage: Storage) -> Finding:
    size, limit = format_size(storage.size_bytes), format_size(storage.limit_bytes)
    text = f"The database has {size} of {limit}"
    if storage.size_bytes <= storage.limit_bytes:
        return Finding("store-size", Level.OK, f"{text}.")
    text += ": the oldest details go first ([store] size_limit)."
    return Finding("store-size", Level.NOTE, text)


def _room(storage: Storage) -> Iterator[Finding]:
    free_bytes = storage.free_bytes
    if free_bytes is None:
        return
    text = f"The disk of the database has {format_size(free_bytes)} left"
    if free_bytes >= _LITTLE_ROOM_BYTES:
        yield Finding("disk-space", Level.OK, f"{text}.")
        return
    level = Level.WARN if free_bytes >= _NO_ROOM_BYTES else Level.ERROR
    text += "; without room, counting goes on in memory until it is made."
    folder = shlex.quote(str(storage.path.parent))
    yield Finding("disk-space", level, text, f"du -xh {folder} | sort -h | tail")


def _flush(storage: Storage, remedies: Remedies) -> Iterator[Finding]:
    if storage.flushed_s is None:
        yield Finding("last-flush", Level.NOTE, "No run is recorded yet.")
        return
    age_s = max(0, storage.now_s - storage.flushed_s)
    text = f"The last usage was written {format_duration(age_s)} ago"
    if storage.is_written and age_s > _LATE_FLUSHES * storage.flush_s:
        text += f", and a daemon should write every {format_duration(storage.flush_s)}."
        yield Finding("last-flush", Level.ERROR, text, remedies.service("restart"))
    else:
        yield Finding("last-flush", Level.OK, f"{text}.")


def _backups(storage: Storage) -> Iterator[Finding]:
    if not storage.keep:
        text = "Backups are switched off ([store] backups = 0)."
        yield Finding("backups", Level.NOTE, text)
        return
    old_s = _OLD_BACKUP_DAYS * _DAY_S
    if storage.backup_age_s is None:
        level = Level.NOTE if storage.history_s > old_s else Level.OK
        text = "No backup yet; one is made each day at 3:30 while a daemon runs."
        yield Finding("backups", level, text)
        return
    text = f"{storage.backups} of {storage.keep} daily backups"
    text += f", the newest {format_duration(storage.backup_age_s)} old"
    if storage.is_written and storage.backup_age_s > old_s:
        text += "; a daemon makes one each day at 3:30."
        yield Finding("backups", Level.WARN, text)
    else:
        yield Finding("backups", Level.OK, f"{text}.")
