"""Is the database sound? If not: set it aside and put the newest good backup there.

SQLite keeps no checksum of its pages, so a changed byte inside a number stays unseen
unless an index has that number, too: `integrity_check` finds this, broken pages, broken
rows and wrong types. `quick_check` does not look at indexes, and takes three quarters
of the time.
"""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.store import files, meta
from monitor.store.connection import connect
from monitor.store.faults import damaged, foreign, missing
from monitor.store.schema import APPLICATION_ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_UNSOUND = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_CODE = 0xFF
_BACKUPS = "backups"
# https://www.sqlite.org/fileformat2.html: file format write and read version
_VERSIONS = slice(18, 20)
_WITHOUT_LOG = b"\x01\x01"

STRANGE = "the log beside it belongs to another database"
"""What is wrong where `has_strange_log`."""


def is_absent(path: Path) -> bool:
    """Whether there is no database: no file, or one without a single byte.

    Raises:
        StoreError: something else than a file is there.
        OSError: it cannot be looked at.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return True
    if not stat.S_ISREG(status.st_mode):
        raise foreign(path)
    return status.st_size == 0


def made_by(path: Path) -> int | None:
    """The application id in the file's header; None when it is no database.

    Only SQLite may open the file: closing any other descriptor of it would drop the
    locks that this process holds on it (POSIX). `immutable` touches nothing.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    try:
        with closing(connect(path, "immutable")) as connection:
            (number,) = connection.execute("PRAGMA application_id").fetchone()
    except sqlite3.Error as error:
        if is_damage(error):
            return None
        raise
    return int(number)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file is not a sound database."""
    return error.sqlite_errorcode & _PRIMARY_CODE in _UNSOUND


def insist_on_ours(path: Path, *, known: bool) -> None:
    """Leave a stranger's file alone; garbage is ours if it has our kind of name.

    Args:
        path: an existing file.
        known: whether esimmon has written at this path before.

    Raises:
        StoreError: it belongs to something else.
        sqlite3.Error: it cannot be read.
    """
    maker = made_by(path)
    garbage_of_ours = maker is None and path.suffix == ".db"
    if not (known or maker == APPLICATION_ID or garbage_of_ours):
        raise foreign(path)


def flaw(path: Path, mode: str = "rw") -> str:
    """What is wrong with the database; empty when it is sound.

    Args:
        path: the database.
        mode: `rw` completes what a killed writer left in the write-ahead log, and
            undoes what it had begun in the plain journal.

    Raises:
        sqlite3.Error: the check could not be made (locked, no permission).
    """
    if mode == "rw":
        _undo_begun(path)
    if made_by(path) != APPLICATION_ID:
        return "its header is not one of esimmon"
    try:
        with closing(connect(path, mode)) as connection:
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            facts = _facts(connection)
    except sqlite3.Error as error:
        # SQLITE_ERROR: a table is gone.
        if is_damage(error) or error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            return str(error)
        raise
    except UnicodeDecodeError:  # what SQLite says of it quotes what is no text
        return "its schema is garbled"
    if verdict != "ok":
        return " ".join(str(verdict).split())
    broken = sorted(key for key in meta.NUMBERS if not facts.get(key, "0").isdecimal())
    return f"{broken[0]} is no number" if broken else ""


def _facts(connection: sqlite3.Connection) -> dict[str, str]:
    """Facts of the store by name; none before the first migration."""
    found = "SELECT 1 FROM sqlite_schema WHERE name = 'meta'"
    if connection.execute(found).fetchone() is None:
        return {}
    return dict(connection.execute("SELECT key, value FROM meta"))


def is_flawed(path: Path) -> bool:
    """Whether the next start finds a flaw; False as well where nobody can tell now.

    Args:
        path: the database, which may be in use.
    """
    try:
        return bool(flaw(path, "ro"))
    except (sqlite3.Error, OSError):
        return False


def has_strange_log(path: Path) -> bool:
    """Whether the log beside a database is of another one.

    A database that was closed well, or is a backup, says in its header that it has no
    log. One beside it is that of the file which was there before, and SQLite would play
    it into this one all the same.

    Args:
        path: an existing file, which nobody has open: whoever closes a file gives up
            the locks that SQLite has on it in the same process.

    Raises:
        OSError: they cannot be looked at.
    """
    if not files.has_bytes(files.beside(path, "-wal")):
        return False
    with path.open("rb") as file:
        return file.read(_VERSIONS.stop)[_VERSIONS] == _WITHOUT_LOG


def _undo_begun(path: Path) -> None:
    """Undo what a killed migration had begun: until then the file is no database.

    Its pages are half of the old and half of the new schema, and the journal beside it
    has the old ones. What is wrong beyond that is found by who asked.
    """
    if files.beside(path, "-journal").exists():
        with suppress(sqlite3.Error), closing(connect(path, "rw")) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()


def backups(path: Path) -> list[Path]:
    """The backups of the database at `path`, newest first."""
    folder = path.parent / _BACKUPS
    return sorted(folder.glob(f"{path.stem}-????????.db"), reverse=True)


def backup_path(path: Path, day: str) -> Path:
    """Where the backup of a day (`YYYYMMDD`) is."""
    return path.parent / _BACKUPS / f"{path.stem}-{day}.db"


def ensure_sound(
    path: Path, make_new: Callable[[Path, Path], None] | None, *, known: bool
) -> list[str]:
    """See to it that a sound database is at `path`; the writer's lock is held.

    Args:
        path: the database.
        make_new: makes an empty one and sets aside what is in its place; None when
            there must be one already.
        known: whether esimmon has used this path before.

    Returns:
        What was done and what is lost, as sentences; empty when all was well.

    Raises:
        StoreMissingError: there is none, and none may be made.
        StoreDamagedError: it is damaged, and none may be made.
        StoreError: the file belongs to something else.
        sqlite3.Error: it could not be checked.
        OSError: files could not be moved.
    """
    if is_absent(path):
        if make_new is None:
            raise missing(path)
        # A log that outlived its database would be played into the new one.
        make_new(path, files.aside_name(path))
        return []
    insist_on_ours(path, known=known)
    notices = []
    if has_strange_log(path):
        if make_new is None:
            raise damaged(path, STRANGE)
        notices.append(_without_log(path))
    what = flaw(path)
    if not what:
        return notices
    if make_new is None:
        raise damaged(path, what)
    aside = files.aside_name(path)
    return [
        *notices,
        f"{path} was damaged ({what}); it is kept as {aside.name}.",
        _restore(path, aside, make_new),
    ]


def _without_log(path: Path) -> str:
    aside = files.aside_name(path)
    files.set_aside(path, aside, ("-wal", "-shm"))
    return (
        f"The log beside {path} belongs to another database, probably to the one that "
        f"was there before: it was not used, and is kept as {aside.name}-wal."
    )


def _restore(path: Path, aside: Path, make_new: Callable[[Path, Path], None]) -> str:
    """Put the newest sound backup at `path`, or an empty database."""
    for backup in backups(path):
        if not flaw(backup, "ro"):
            files.copy_over(backup, path, aside)
            return (
                f"The backup {backup} was put in its place: what was counted after "
                f"{_newest(backup)} is only in the damaged file."
            )
    make_new(path, aside)
    return "There is no usable backup: the counting begins anew, without history."


def _newest(backup: Path) -> str:
    with closing(connect(backup, "ro")) as connection:
        (to_s,) = connection.execute("SELECT max(to_s) FROM runs").fetchone()
    return datetime.fromtimestamp(to_s or 0, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
