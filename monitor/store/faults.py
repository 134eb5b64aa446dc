"""Faults of SQLite and of the file system as sentences that a person can act on."""

from __future__ import annotations

import errno
import grp
import os
import sqlite3
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from monitor.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreMissingError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = "esimmon"
"""Members of this group may read the store of the system's daemon."""

_PRIMARY_CODE = 0xFF  # SQLite's extended result codes keep the primary one here

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DENIED = {sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_REFUSED = {
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_RANGE,
}
_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
_DENIED_ERRNOS = {errno.EACCES, errno.EPERM}


@contextmanager
def explained(path: Path, *, writing: bool = False) -> Iterator[None]:
    """Turn whatever the database raises inside into a `StoreError`.

    Args:
        path: the database that is in use, for the sentence.
        writing: whether reading it would not be enough.

    Raises:
        StoreError: or one of its kinds, with the cause attached.
    """
    try:
        yield
    except DBAPIError as error:
        raise of_sqlite(path, error.orig) from error
    except sqlite3.Error as error:
        raise of_sqlite(path, error) from error
    except OSError as error:
        raise of_os(path, error, writing=writing) from error
    except UnicodeDecodeError as error:
        raise damaged(path, "it holds text that is none") from error
    except (OverflowError, UnicodeError) as error:
        message = f"{path}: a value that cannot be stored: {error}."
        raise StoreError(message, reason="refused") from error


@contextmanager
def explained_file(path: Path, *, writing: bool = False) -> Iterator[None]:
    """The same about a file beside the store: one that is made, or brought along.

    Args:
        path: the file.
        writing: whether it is made.

    Raises:
        StoreError: as `explained`; that it is not there is not that nobody counted.
    """
    with explained(path, writing=writing):
        try:
            yield
        except FileNotFoundError as error:
            folder = path.parent
            if writing and not folder.is_dir():
                raise StoreError(f"{path}: there is no folder {folder}.") from error
            if not writing and not path.exists():
                raise StoreError(f"{path}: there is no such file.") from error
            raise


def of_sqlite(path: Path, error: BaseException | None) -> StoreError:
    """The fault that SQLite reported about the database at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_FULL:
        return full(path)
    if code == sqlite3.SQLITE_READONLY:
        return read_only(path)
    if code in _BUSY:
        return StoreBusyError(
            f"{path}: another program keeps the database locked; "
            f"`fuser -v '{path}'` names it."
        )
    if code in _DAMAGED or "no such table" in str(error):
        return damaged(path, str(error))
    if code in _DENIED or (code == sqlite3.SQLITE_CANTOPEN and _is_closed(path)):
        return no_permission(path)
    reason = "refused" if code in _REFUSED else "io"
    return StoreError(f"{path}: {error}.", reason=reason)


def of_os(path: Path, error: OSError, *, writing: bool = False) -> StoreError:
    """The fault that the file system reported about `path`."""
    if error.errno in _FULL_ERRNOS:
        return full(path)
    if error.errno == errno.EROFS:
        return read_only(path)
    if error.errno in _DENIED_ERRNOS:
        return no_permission(path, writing=writing)
    if error.errno == errno.ENOENT:
        return missing(path)
    return StoreError(f"{path}: {error.strerror or error}.")


def missing(path: Path) -> StoreMissingError:
    """There is no database."""
    return StoreMissingError(
        f"{path}: there is no database yet; `esimmon run` starts counting and makes it."
    )


def full(path: Path) -> StoreError:
    """No room to write."""
    return StoreError(
        f"{path}: the disk is full; make room on it (`df -h '{path.parent}'`).",
        reason="full",
    )


def read_only(path: Path) -> StoreError:
    """The file, its folder or the file system refuses writes."""
    return StoreError(
        f"{path}: the database cannot be written (read-only file or file system); "
        "make it writable or give another place with --store.",
        reason="read-only",
    )


def foreign(path: Path) -> StoreError:
    """The file belongs to somebody else: it is left alone."""
    return StoreError(
        f"{path}: this is not a database of esimmon, so it is left alone; "
        "give another place with --store.",
        reason="refused",
    )


def damaged(path: Path, why: str) -> StoreDamagedError:
    """The file is not a sound database."""
    return StoreDamagedError(
        f"{path}: the database is damaged ({why}); `esimmon run` sets it aside and "
        "restores the newest backup."
    )


def no_permission(path: Path, *, writing: bool = False) -> StoreError:
    """This user may not open the file; says who may, and how to become one."""
    remedy = "run the command with sudo."
    if not writing and _open_to_group(path):
        remedy = (
            f"members of the group {GROUP} may: `sudo usermod -aG {GROUP} $USER`, "
            "then log in again."
        )
    return StoreError(f"{path}: no permission; {remedy}", reason="permission")


def _is_closed(path: Path) -> bool:
    """Whether this user may not read the database or its log."""
    for part in (path, path.with_name(path.name + "-wal")):
        if part.exists() and not os.access(part, os.R_OK, effective_ids=True):
            return True
    return False


def _open_to_group(path: Path) -> bool:
    """Whether membership of our group would open what is closed to this user.

    The first folder on the way that may not be entered decides, then the file.
    """
    for step in (*reversed(path.absolute().parents), path):
        try:
            status = step.stat()
        except OSError:
            return False
        folder = stat.S_ISDIR(status.st_mode)
        wanted = os.X_OK if folder else os.R_OK
        if not os.access(step, wanted, effective_ids=True):
            needed = stat.S_IXGRP if folder else stat.S_IRGRP
            return bool(status.st_mode & needed) and _is_ours(status.st_gid)
    return False


def _is_ours(gid: int) -> bool:
    try:
        return grp.getgrgid(gid).gr_name == GROUP
    except KeyError:
        return False
