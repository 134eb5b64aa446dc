"""Opening and closing the database.

A writer takes the lock, sees that the file is sound and of this version, and switches
to a write-ahead log, so that readers and the writer never wait for each other. Its
clean end leaves the plain journal mode: only then can a member of the group, who may
not write the folder, open the file. A reader's store is one snapshot from its first
query to its end, so that its figures add up.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

from monitor.closing import Closing
from monitor.errors import StoreDamagedError, StoreError, StoreNewerError
from monitor.store import files, rescue
from monitor.store.connection import BUSY_S, connect, engine_for
from monitor.store.faults import damaged, explained, missing
from monitor.store.identity import Identity
from monitor.store.lock import WriterLock, is_held, lock_path
from monitor.store.making import make_database
from monitor.store.schema import ALEMBIC_VERSION, VERSION
from monitor.store.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

_NO_LOG_POSSIBLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_CLOSE_TRIES = 4
_CLOSE_BUSY_S = 0.05


class Store(Closing):
    """An open database.

    Attributes:
        path: the file.
        mode: how it is opened: `rw`, `ro` or `immutable`.
        writable: whether this process holds the writer's lock.
        notices: what was repaired when it was opened, as sentences for people.
        damage: what a job found; None while nothing is known of any.
        turns: whose it is to write.
    """

    def __init__(
        self, path: Path, mode: str, *, lock: WriterLock | None = None
    ) -> None:
        """Use `open_store` instead: it checks what is opened."""
        self.path = path
        self.writable = lock is not None
        self.notices: list[str] = []
        self.damage: StoreDamagedError | None = None
        self.turns = Turns()
        self.mode = mode
        self._lock = lock
        self._engine = engine_for(path, mode)
        self._snapshot: Connection | None = None
        self._log: sqlite3.Connection | None = None
        self._identity: Identity | None = None

    def enter_log(self) -> None:
        """Switch to the write-ahead log, and keep it open as long as the store is.

        The log of a store that nobody has open goes away, and readers who may not
        write the folder could not make it anew.

        Raises:
            sqlite3.Error: the switch failed.
            OSError: its files cannot be looked at.
        """
        self._log = connect(self.path, "rw")
        self._log.execute("PRAGMA journal_mode = WAL")
        self._log.execute("SELECT 1 FROM sqlite_schema").fetchone()
        self._identity = Identity(self.path)

    def insist_on_files(self) -> None:
        """See that what is opened next is what was opened first.

        Raises:
            StoreMissingError: the database was removed.
            StoreReplacedError: it, its log or its lock was replaced.
            StoreError: that cannot be seen.
        """
        if self._identity is not None:
            with explained(self.path):
                self._identity.insist()

    @contextmanager
    def begin(
        self, *, durable: bool = True, foreign_keys: bool = True
    ) -> Iterator[Connection]:
        """A transaction that may write: all of it is kept, or nothing.

        Args:
            durable: False for what can be repeated: a power cut may undo it, in the
                order in which it was written, and the disk is spared.
            foreign_keys: False for migrations, which rebuild what others refer to.

        Raises:
            StoreError: as the fault is; nothing was written then.
        """
        with self._heeded(), ExitStack() as parts:
            parts.enter_context(self.turns.take(BUSY_S))
            connection = parts.enter_context(self._engine.connect())
            # By the driver: these pragmas mean nothing inside a transaction.
            driver = connection.connection.cursor()
            if not durable:
                driver.execute("PRAGMA synchronous = NORMAL")
            if not foreign_keys:
                driver.execute("PRAGMA foreign_keys = OFF")
            immediate = connection.execution_options(esimmon_begin="BEGIN IMMEDIATE")
            with immediate.begin():
                yield immediate

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to query; of a read-only store always the same snapshot.

        Raises:
            StoreError: as the fault is.
        """
        with self._heeded():
            if self.writable:
                with self._engine.connect() as connection, connection.begin():
                    yield connection
            else:
                if self._snapshot is None:
                    self._snapshot = self._engine.connect()
                yield self._snapshot

    @contextmanager
    def _heeded(self) -> Iterator[None]:
        """Faults as sentences; damage that the next start finds as well is noted."""
        self.insist_on_files()
        try:
            with explained(self.path):
                yield
        except StoreDamagedError as error:
            if self.writable and rescue.is_flawed(self.path):
                self.damage = error
            raise

    def writer_connection(self, busy_s: float) -> Connection:
        """A connection of its own for the writer, which keeps it between flushes.

        Raises:
            DBAPIError: it cannot be opened.
        """
        engine = engine_for(self.path, "rw", busy_s=busy_s)
        return engine.connect().execution_options(esimmon_begin="BEGIN IMMEDIATE")

    def close(self) -> None:
        """End the snapshot, or the writing: lock and log are given up."""
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None
        if self._lock is not None:
            if self._log is not None:
                with suppress(sqlite3.Error, OSError):
                    self._end_log(self._log)
                self._log = None
            self._lock.close()

    def _end_log(self, log: sqlite3.Connection) -> None:
        """Leave one whole file, where it still is.

        What has its name by now must not be touched: it would be taken for this one.
        """
        with closing(log):
            is_here = self._identity is None or self._identity.has_file()
            has_log = self._identity is None or self._identity.has_log()
            if not is_here:
                # Else its log is played into what has its name.
                log.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        # A reader that is still there keeps the log; nothing is lost by that.
        if has_log:
            _leave_log(self.path)


def open_store(path: Path, *, writable: bool, create: bool = False) -> Store:
    """Open the database.

    Args:
        path: the file.
        writable: take the writer's lock; else read a snapshot.
        create: make the folder and the file where there is none; restore a backup
            where the file is damaged.

    Returns:
        The store, to be closed; `notices` says what was repaired.

    Raises:
        StoreMissingError: there is none.
        StoreBusyError: another process writes it.
        StoreDamagedError: it is damaged, and `create` was not given.
        StoreNewerError: a later version of esimmon wrote it.
        StoreError: anything else; says what, where, and what to do.
    """
    with explained(path, writing=writable):
        if writable:
            return _open_to_write(path, create=create)
        return _open_to_read(path)


def _open_to_write(path: Path, *, create: bool) -> Store:
    if create:
        files.make_folder(path.parent)
    elif rescue.is_absent(path):
        raise missing(path)
    known = lock_path(path).exists()
    with ExitStack() as undo:
        lock = undo.enter_context(WriterLock(path))
        notices = rescue.ensure_sound(
            path, make_database if create else None, known=known
        )
        store = Store(path, "rw", lock=lock)
        undo.callback(store.close)
        store.notices += notices
        _bring_up_to_date(store)
        store.enter_log()
        undo.pop_all()
    return store


def _open_to_read(path: Path) -> Store:
    if rescue.is_absent(path):
        raise missing(path)
    rescue.insist_on_ours(path, known=lock_path(path).exists())
    if not _may_be_written(path) and rescue.has_strange_log(path):
        raise damaged(path, rescue.STRANGE)
    store = Store(path, _readable_mode(path))
    try:
        version = store_version(store)
    except BaseException:
        store.close()
        raise
    if version != VERSION:
        store.close()
        raise _wrong_version(path, version)
    return store


def _may_be_written(path: Path) -> bool:
    """Whether somebody opens or closes it just now, as far as this user can see."""
    try:
        return is_held(path)
    except OSError:
        return True


def _readable_mode(path: Path) -> str:
    """`ro`; or `immutable` where a log was closed that this user could not open.

    Without a -wal beside it the file is complete, and nobody is writing it.
    """
    if files.beside(path, "-wal").exists():
        return "ro"
    try:
        with closing(connect(path, "ro")) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _NO_LOG_POSSIBLE:
            return "immutable"
        raise
    return "ro"


def store_version(store: Store) -> str:
    """The schema's revision, empty when there is none."""
    with store.read() as connection:
        versions = ALEMBIC_VERSION.select()
        return connection.execute(versions).scalar_one_or_none() or ""


def _bring_up_to_date(store: Store) -> None:
    version = store_version(store)
    if version == VERSION:
        return
    if version > VERSION:
        raise _wrong_version(store.path, version)
    # Alembic is slow to import and almost never needed.
    from monitor.store import migrations  # noqa: PLC0415 - the reason is above

    with store.begin(foreign_keys=False) as connection:
        migrations.migrate(connection)


def _wrong_version(path: Path, version: str) -> StoreError:
    if version > VERSION:
        return StoreNewerError(
            f"{path}: a later version of esimmon wrote it (schema {version}, this "
            f"one knows {VERSION}); install that version or give another --store."
        )
    return StoreError(
        f"{path}: an earlier version of esimmon wrote it (schema {version}); "
        "start `esimmon run` once to bring it up to date.",
        reason="older",
    )


def _leave_log(path: Path) -> None:
    """Back to the plain journal; readers hold that up for the time of a query."""
    for attempt in range(_CLOSE_TRIES):
        with closing(connect(path, "rw", busy_s=_CLOSE_BUSY_S)) as connection:
            try:
                connection.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError:
                if attempt == _CLOSE_TRIES - 1:
                    raise
                time.sleep(_CLOSE_BUSY_S)
            else:
                return
