"""Whether the files of an open database are still those that were opened.

SQLite finds log and lock of a database by their names. When one of the files is removed
or another takes its place, connections of before and after no longer know of each
other, and the log of one database may be played into another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.errors import StoreMissingError, StoreReplacedError
from monitor.store import files
from monitor.store.lock import lock_path

if TYPE_CHECKING:
    from pathlib import Path

_AGAIN: Final = "while it was in use; esimmon has to be started again."


class Identity:
    """Which files a database has, by device and inode."""

    def __init__(self, path: Path) -> None:
        """Remember them.

        Args:
            path: the database; it and its log are open.

        Raises:
            OSError: they cannot be looked at.
        """
        self._path = path
        self._sides = tuple(files.beside(path, each) for each in ("-wal", "-shm"))
        self._file, self._log, self._lock = self._look()

    def insist(self) -> None:
        """See that they are the same.

        Raises:
            StoreMissingError: there is no database; it may come back.
            StoreReplacedError: something else is there; what it is, only a new start
                can tell.
            OSError: they cannot be looked at.
        """
        file, log, lock = self._look()
        if file is None:
            raise StoreMissingError(
                f"{self._path}: the database was removed while it was in use; bring it "
                "back, or restart esimmon to begin a new one."
            )
        if file != self._file:
            raise StoreReplacedError(
                f"{self._path}: the database was replaced {_AGAIN}"
            )
        if (log, lock) != (self._log, self._lock):
            raise StoreReplacedError(
                f"{self._path}: its log or its lock, which are files beside it, were "
                f"removed or replaced {_AGAIN}"
            )

    def has_file(self) -> bool:
        """Whether the database itself is the same."""
        return _inode(self._path) == self._file

    def has_log(self) -> bool:
        """Whether it has the same log, too."""
        return self._look()[:2] == (self._file, self._log)

    def _look(self) -> tuple[object, object, object]:
        log = tuple(map(_inode, self._sides))
        return _inode(self._path), log, _inode(lock_path(self._path))


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
