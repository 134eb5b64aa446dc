"""A backup put in the place of what is there: all of it, or nothing.

It is prepared under another name, checked and brought up to date there. Then one rename
says that it counts; what is left to do after that can be done again, and is done by
whoever comes next, should this process die. What was there before is kept.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import StoreDamagedError, StoreError, StoreNewerError
from monitor.store import archive, files, meta
from monitor.store.begun import prepared_path
from monitor.store.connection import connect
from monitor.store.engine import open_store
from monitor.store.faults import explained
from monitor.store.lock import WriterLock, lock_path
from monitor.store.plan_tables import TRIGGERS
from monitor.store.schema import (
    CALIBRATIONS,
    DEVICE_CHECKPOINTS,
    HOP_CHECKPOINTS,
    META,
    SOCKET_CHECKPOINTS,
    WIRE_CHECKPOINTS,
)
from monitor.store.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from monitor.store.archive import Show
    from monitor.store.engine import Store

_PREPARING: Final = ".restoring"
_ASIDE: Final = ".replaced-"
_PLANS: Final = "plans.d"
_STAMP: Final = "stamp"
_DIRECTORY_MODE: Final = 0o755  # as `plans.d` has: the service reads it
_PLAN_MODE: Final = 0o644

# What the kernel of one machine had counted means nothing to another's.
_OF_MACHINE: Final = (
    DEVICE_CHECKPOINTS,
    SOCKET_CHECKPOINTS,
    WIRE_CHECKPOINTS,
    HOP_CHECKPOINTS,
    CALIBRATIONS,
)
_FACTS_OF_MACHINE: Final = (meta.CHECKPOINT_BOOT_ID, meta.SOCKETS_INSTANCE)


class Prepared(NamedTuple):
    """A backup beside the store, checked, that does not count yet.

    Attributes:
        folder: where it is.
        backup: what it said; None for a bare database.
    """

    folder: Path
    backup: archive.Backup | None

    @property
    def plans(self) -> Path:
        """The plans that it brings; absent for a bare database."""
        return self.folder / _PLANS


@contextmanager
def prepared(source: Path, store: Path, machine: str, show: Show) -> Iterator[Prepared]:
    """Take a backup apart beside the store, whose writer's lock is held meanwhile.

    Args:
        source: what `archive.write` wrote, or a copy of a database.
        store: the database to replace; need not exist.
        machine: which machine this is, as backups call it.
        show: called now and then with how many bytes are done, and of how many.

    Yields:
        What is ready; it is removed at the end unless `commit` made it count.

    Raises:
        StoreBusyError: a daemon is running, or another command writes.
        StoreError: it is no backup, or none that this version can use.
    """
    folder = files.beside(store, _PREPARING)
    with explained(store, writing=True):
        files.make_folder(store.parent)
        with WriterLock(store):
            finish_locked(store)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            files.give_to_service(folder)  # and so all in it
            try:
                backup = _take_apart(source, folder / store.name, show)
                _bring_up_to_date(source, folder / store.name, backup, machine)
                if backup is not None:
                    _write_plans(folder / _PLANS, backup.texts)
                yield Prepared(folder, backup)
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _take_apart(source: Path, database: Path, show: Show) -> archive.Backup | None:
    descriptor = os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    os.close(descriptor)
    with explained(source):
        if archive.is_archive(source):
            return archive.read(source, database, show)
        shutil.copyfile(source, database)
    return None


def _bring_up_to_date(
    source: Path, database: Path, backup: archive.Backup | None, machine: str
) -> None:
    """Check the database of a backup, and make it one of this version and machine."""
    try:
        with explained(source):
            _refuse_strangers(source, database)
        with open_store(database, writable=True) as store:
            _insist_on_tables(source, store)
            elsewhere = backup is not None and backup.about.machine != machine
            if elsewhere:
                with store.begin() as connection:
                    for table in _OF_MACHINE:
                        connection.execute(table.delete())
                    of_machine = META.c.key.in_(_FACTS_OF_MACHINE)
                    connection.execute(META.delete().where(of_machine))
    except StoreNewerError as error:
        raise StoreNewerError(
            f"{source}: a later version of esimmon made this backup; install that "
            "version, then restore."
        ) from error
    except StoreDamagedError as error:
        why = str(error).partition("(")[2].partition(")")[0]
        raise StoreDamagedError(
            f"{source}: this backup is damaged ({why or 'no database'}); nothing was "
            "restored. Try another."
        ) from error
    lock_path(database).unlink()
    database.chmod(0o640)
    files.give_to_service(database)


def _refuse_strangers(source: Path, database: Path) -> None:
    """Nothing runs, and nothing is shown, that is not of our schema."""
    with closing(connect(database, "immutable")) as connection:
        try:
            wanted = "SELECT type, name, sql FROM sqlite_schema"
            found = connection.execute(wanted).fetchall()
        except sqlite3.DatabaseError:
            found = []
    if not found or not all(_is_known(*each) for each in found):
        raise StoreError(
            f"{source}: this is no backup of esimmon; nothing was restored.",
            reason="refused",
        )


def _is_known(kind: str, name: str, sql: str | None) -> bool:
    """Whether an object of a database is one that esimmon makes."""
    if kind == "trigger":
        return " ".join(str(sql).split()) == TRIGGERS.get(name)
    is_ours = name in METADATA.tables or name.startswith("sqlite_")
    return kind == "index" or (kind == "table" and is_ours)


def _insist_on_tables(source: Path, store: Store) -> None:
    """Raise StoreDamagedError where one of them is missing."""
    with store.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_schema").scalars()
        missing = sorted({*METADATA.tables, *TRIGGERS} - set(names))
    if missing:
        raise StoreDamagedError(f"{source}: ({missing[0]} is missing)")


def _write_plans(folder: Path, texts: Mapping[str, str]) -> None:
    folder.mkdir()
    folder.chmod(_DIRECTORY_MODE)
    files.give_to_service(folder)
    for name, text in texts.items():
        if name.startswith(archive.PLANS):
            path = folder / name.removeprefix(archive.PLANS)
            path.write_text(text, encoding="utf-8")
            path.chmod(_PLAN_MODE)
            files.give_to_service(path)
            files.synchronise(path)
    files.synchronise(folder)


def commit(ready: Prepared, store: Path, now_s: int) -> list[Path]:
    """Make it count.

    Args:
        ready: see `prepared`, inside which this is called.
        store: the database to replace.
        now_s: UTC second; names what was there.

    Returns:
        Where that is kept.

    Raises:
        StoreError: the disk failed; it counts or not, but not the half of it.
    """
    at = datetime.fromtimestamp(now_s, UTC).strftime("%Y%m%dT%H%M%SZ")
    number, stamp = 1, at
    while any(_asides(store, stamp)):
        number += 1
        stamp = f"{at}-{number}"
    with explained(store, writing=True):
        (ready.folder / _STAMP).write_text(stamp, encoding="ascii")
        for each in (store.name, _STAMP):
            files.synchronise(ready.folder / each)
        files.synchronise(ready.folder)
        ready.folder.rename(prepared_path(store))
        files.synchronise(store.parent)
        return finish_locked(store)


def finish(store: Path) -> None:
    """Complete what a killed `commit` left, where this user may; else leave it.

    Args:
        store: the database, which nobody has open.
    """
    with suppress(StoreError), WriterLock(store), explained(store, writing=True):
        finish_locked(store)


def finish_locked(store: Path) -> list[Path]:
    """The same, under the writer's lock.

    Args:
        store: the database.

    Returns:
        Where what was there is kept.

    Raises:
        OSError: the disk failed; it can be done again.
    """
    folder = prepared_path(store)
    if not folder.is_dir():
        return []
    kept = []
    plans, database = store.parent / _PLANS, folder / store.name
    if (folder / _PLANS).is_dir():
        if plans.exists():
            aside = _aside(plans, folder)
            plans.rename(aside)
            kept.append(aside)
        (folder / _PLANS).rename(plans)
    if database.exists():
        aside = _aside(store, folder)
        # Its log first goes into it: it must never be played into another database.
        files.set_aside(store, aside)
        kept += [aside] if aside.exists() else []
        database.rename(store)
        files.synchronise(store.parent)
    shutil.rmtree(folder)
    files.synchronise(store.parent)
    return kept


def _asides(store: Path, stamp: str) -> Iterator[Path]:
    """What is kept under a stamp already."""
    yield from store.parent.glob(f"*{_ASIDE}{stamp}*")


def _aside(path: Path, folder: Path) -> Path:
    """The name that what is there gets; the same again where that was begun."""
    stamp = (folder / _STAMP).read_text(encoding="ascii")
    return files.beside(path, f"{_ASIDE}{stamp}")
