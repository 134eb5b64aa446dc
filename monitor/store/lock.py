"""The writer's lock: one daemon, one writer.

An flock on a file beside the database, not on the database itself: SQLite's own locks
on that file belong to the process and are dropped when any descriptor of it is closed.
The kernel frees the lock with its holder, so a kill leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from monitor.closing import Closing
from monitor.errors import StoreBusyError, StoreError
from monitor.store.faults import of_os
from monitor.store.files import give_to_service

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o640
_PID_BYTES = 32


def lock_path(path: Path) -> Path:
    """Where the lock of the database at `path` is."""
    return path.with_name(path.name + ".lock")


def is_held(path: Path) -> bool:
    """Whether somebody may write the database at `path` just now.

    Args:
        path: the database; neither it nor its lock need be there.

    Raises:
        OSError: the lock cannot be looked at.
    """
    try:
        descriptor = os.open(
            lock_path(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
        )
    except FileNotFoundError:
        return False
    try:
        # Shared: two that look do not see each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(path: Path) -> int | None:
    """The process that last took the lock of the database at `path`, as it said.

    Args:
        path: the database.

    Returns:
        Its pid, where it runs; None when there is none, or it may not be seen.
    """
    try:
        with lock_path(path).open("rb") as file:
            said = file.read(_PID_BYTES).strip()
    except OSError:
        return None
    return int(said) if said.isdigit() else None


class WriterLock(Closing):
    """Held while somebody may write the database; freed by `close` or by death."""

    def __init__(self, path: Path) -> None:
        """Take the lock of the database at `path`.

        Args:
            path: the database; its folder must exist.

        Raises:
            StoreBusyError: another process holds it; names its pid.
            StoreError: the lock file cannot be made.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._descriptor = os.open(lock_path(path), flags, _MODE)
            give_to_service(lock_path(path))
        except OSError as error:
            raise _fault(path, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)
        except BlockingIOError as error:
            holder = self._holder()
            self.close()
            raise StoreBusyError(
                f"{path}: the database is in use by {holder}; stop it first or give "
                "another place with --store."
            ) from error
        except OSError as error:
            self.close()
            raise _fault(path, error) from error

    def _holder(self) -> str:
        pid = os.pread(self._descriptor, _PID_BYTES, 0).strip().decode(errors="replace")
        return f"the process {pid}" if pid.isdecimal() else "another process"

    def close(self) -> None:
        """Free the lock; the file stays, so that two takers meet at the same one."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _fault(path: Path, error: OSError) -> StoreError:
    """Said of the database where a person knows that, else of the lock itself."""
    found = of_os(path, error, writing=True)
    if found.reason != StoreError.reason:
        return found
    return of_os(lock_path(path), error, writing=True)
