"""Files below the pool's folder, which others write as well.

No symbolic link below it is followed, nothing but regular files is read, and everything
has a bound. What root makes there belongs to whom the folder belongs to: a command may
have to be root for the configuration, and the folder is a person's.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from monitor.errors import PoolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_NAMES: Final = 20_000
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MADE: Final = ".esimmon-new"


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The folder itself; it may be a symbolic link of this user's.

    Args:
        path: of the folder.

    Yields:
        A descriptor of it.

    Raises:
        PoolError: it cannot be used.
    """
    with _explained(path):
        descriptor = os.open(path, _DIRECTORY)
    try:
        with _explained(path):
            yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def below(parent: int, name: str, *, make: bool = False) -> Iterator[int]:
    """A folder in a folder.

    Args:
        parent: descriptor of the one.
        name: of the other.
        make: if it is not there.

    Yields:
        A descriptor of it.

    Raises:
        OSError: it cannot be opened, or is no folder.
    """
    is_new = False
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent)
            is_new = True
    descriptor = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        if is_new:
            _give(descriptor, parent)
        yield descriptor
    finally:
        os.close(descriptor)


def names(folder: int) -> list[str]:
    """What is in a folder, in order.

    Args:
        folder: its descriptor.

    Returns:
        At most so many that a folder full of rubbish costs little.

    Raises:
        OSError: it cannot be read.
    """
    with os.scandir(folder) as found:
        return sorted(each.name for each, _ in zip(found, range(_MOST_NAMES)))  # noqa: B905 - the shorter one ends it


def read(folder: int, name: str, most: int) -> bytes | None:
    """What a file has.

    Args:
        folder: descriptor of its folder.
        name: of the file.
        most: bytes.

    Returns:
        None where it is larger.

    Raises:
        OSError: it cannot be read, or is a symbolic link.
    """
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        content = file.read(most + 1)
    return content if len(content) <= most else None


def make(folder: int, name: str) -> int:
    """Make a file that is not there.

    Args:
        folder: descriptor of its folder.
        name: of the file.

    Returns:
        A descriptor to write to.

    Raises:
        OSError: it cannot be made, or is there.
    """
    descriptor = os.open(name, _MAKE, 0o666, dir_fd=folder)
    _give(descriptor, folder)
    os.fsync(folder)
    return descriptor


def put(folder: int, name: str, content: bytes) -> None:
    """Make a file as a whole, or not at all; one of that name is replaced.

    Args:
        folder: descriptor of its folder.
        name: of the file.
        content: what it shall have.

    Raises:
        OSError: it cannot be written.
    """
    made = f"{_MADE}-{os.getpid()}"
    with suppress(FileNotFoundError):
        os.unlink(made, dir_fd=folder)
    try:
        with os.fdopen(make(folder, made), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(made, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(made, dir_fd=folder)
        raise
    os.fsync(folder)


def _give(descriptor: int, folder: int) -> None:
    """What root made belongs to whom the folder does."""
    if os.geteuid() == 0:
        of_folder = os.fstat(folder)
        with suppress(OSError):  # a file system without owners
            os.fchown(descriptor, of_folder.st_uid, of_folder.st_gid)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        more = " Is it mounted?" if isinstance(error, FileNotFoundError) else ""
        if isinstance(error, PermissionError):
            more = " Run it as the user whose folder it is."
        raise PoolError(f"{path}: {error.strerror}.{more}") from error
