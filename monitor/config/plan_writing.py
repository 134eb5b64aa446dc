"""Files of plans, changed as a whole or not at all.

Everything is written under other names and on disk before the first file changes its
name. Renames are in the order given, so that what a power cut leaves in between is a
valid set of plans; an error takes back those that were done.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FILE_MODE: Final = 0o644  # nothing in it is secret, and the service must read it
_DIRECTORY_MODE: Final = 0o755
_PATIENCE_S: Final = 5.0
_POLL_S: Final = 0.05


class Change(NamedTuple):
    """What becomes of a file.

    Attributes:
        path: of the file.
        text: what it will hold; None to set it aside.
    """

    path: Path
    text: str | None


@contextlib.contextmanager
def exclusively(directory: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Keep other commands from changing plans meanwhile; make the directory.

    Args:
        directory: `plans.d`.
        patience_s: how long to wait for one that does.

    Raises:
        ConfigError: this user may not change plans here.
    """
    with _explained(directory):
        if not directory.is_dir():
            directory.mkdir(parents=True)
            directory.chmod(_DIRECTORY_MODE)  # the service reads it, whatever the umask
        if not os.access(directory, os.W_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, directory, patience_s)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ConfigError(
                    f"{directory}: another command is changing plans. Try again."
                ) from None
            time.sleep(_POLL_S)
        else:
            return


def aside(path: Path) -> Path:
    """Where a removed file is kept.

    Args:
        path: of the file.
    """
    return path.with_name(f"{path.name}.removed")


def apply(directory: Path, changes: Sequence[Change]) -> None:
    """Make changes, all or none.

    Args:
        directory: where all the files are.
        changes: in an order in which each step leaves valid plans.

    Raises:
        ConfigError: nothing was changed.
    """
    staged: list[Path] = []
    done: list[tuple[Path, bytes | None]] = []
    with _explained(directory):
        try:
            staged.extend(_staged(directory, change) for change in changes)
            _synced(directory)
            for change, made in zip(changes, staged, strict=True):
                done.append((change.path, _content(change.path)))
                _put(change, made)
            _synced(directory)
        except OSError:
            _take_back(done)
            raise
        finally:
            for made in staged:
                made.unlink(missing_ok=True)


def _staged(directory: Path, change: Change) -> Path:
    """The new content, or a copy of what is removed, under another name."""
    content = change.path.read_bytes() if change.text is None else change.text.encode()
    descriptor, name = tempfile.mkstemp(dir=directory, prefix=".esimmon-")
    made = directory / os.path.basename(name)  # noqa: PTH119 - mkstemp gives text
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, _FILE_MODE)
            os.fsync(descriptor)
    except OSError:
        made.unlink(missing_ok=True)
        raise
    return made


def _put(change: Change, made: Path) -> None:
    if change.text is not None:
        made.replace(change.path)
        return
    made.replace(aside(change.path))
    change.path.unlink()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _take_back(done: list[tuple[Path, bytes | None]]) -> None:
    """Undo what was done, the last first; as far as the disk lets us."""
    for path, content in reversed(done):
        with contextlib.suppress(OSError):
            if content is None:
                path.unlink(missing_ok=True)
            elif _content(path) != content:
                path.write_bytes(content)


def _synced(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _explained(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        remedy = " Run it with sudo." if isinstance(error, PermissionError) else ""
        sentence = f"{directory}: plans cannot be written here: {error.strerror}."
        raise ConfigError(f"{sentence}{remedy}") from error
