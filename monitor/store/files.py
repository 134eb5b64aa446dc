"""The files around the database: made under another name, moved into place, kept.

Nothing here deletes what may hold somebody's data; what is in the way is set aside.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.store.faults import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SIDE_FILES = ("-wal", "-shm", "-journal")

_FILE_MODE = 0o640
_SYSTEM_FOLDER_MODE = 0o750  # members of the group read the system's store
_OWN_FOLDER_MODE = 0o700


def beside(path: Path, suffix: str) -> Path:
    """The file with the same name and a suffix more."""
    return path.with_name(path.name + suffix)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, for the group if root makes it.

    Args:
        folder: may exist; what exists is not changed.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    if folder.exists():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(_SYSTEM_FOLDER_MODE if os.geteuid() == 0 else _OWN_FOLDER_MODE)
    give_to_service(folder)


def give_to_service(path: Path) -> None:
    """What root makes belongs to the folder's owner and to our group.

    The service runs as a user of its own: what root leaves in its folder must not lock
    it out.

    Args:
        path: just made by this process; not followed if it is a symbolic link.

    Raises:
        OSError: it cannot be given away.
    """
    if os.geteuid() != 0:
        return
    try:
        group = grp.getgrnam(GROUP).gr_gid
    except KeyError:
        group = -1  # no such group here: root keeps it
    owner = path.parent.stat().st_uid
    os.chown(path, owner, group, follow_symlinks=False)


@contextlib.contextmanager
def new_file(
    path: Path, aside: Path | None = None, mode: int = _FILE_MODE
) -> Iterator[Path]:
    """A new file that takes its place at `path` when the block ends well.

    Args:
        path: where it is moved, whole and synchronised.
        aside: what is there and its side files get this name just before; without
            it a file that is there is replaced.
        mode: who may read and write it.

    Yields:
        The empty file to fill, in the same folder under another name.

    Raises:
        OSError: it cannot be written.
    """
    with spare_file(beside(path, ".new"), mode) as temporary:
        yield temporary
        synchronise(temporary)
        if aside is not None:
            set_aside(path, aside)
        temporary.replace(path)
        synchronise(path.parent)


@contextlib.contextmanager
def spare_file(path: Path, mode: int = _FILE_MODE) -> Iterator[Path]:
    """A new file for a while; what is left of it and beside it at the end is removed.

    Args:
        path: a name that nothing else has; what a kill left there is replaced.
        mode: who may read and write it.

    Yields:
        The empty file.

    Raises:
        OSError: it cannot be made.
    """
    _remove(path)  # left by a kill in the middle; never the only copy of anything
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, mode))
    try:
        path.chmod(mode)  # whatever the umask is
        give_to_service(path)
        yield path
    finally:
        _remove(path)


def _remove(temporary: Path) -> None:
    for suffix in ("", *SIDE_FILES):
        beside(temporary, suffix).unlink(missing_ok=True)


def synchronise(path: Path) -> None:
    """Let a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_over(source: Path, path: Path, aside: Path) -> None:
    """Put a copy of `source` at `path`, whole or not at all."""
    with new_file(path, aside) as temporary:
        shutil.copyfile(source, temporary)


def aside_name(path: Path) -> Path:
    """The name under which a damaged database and its side files are kept.

    Args:
        path: the database; may be absent.

    Returns:
        A name that is free: `.damaged-` and when it was last written, in UTC.

    Raises:
        OSError: it cannot be looked at.
    """
    written_s = [beside(path, suffix).stat().st_mtime for suffix in _present(path)]
    at = datetime.fromtimestamp(written_s[0] if written_s else 0, UTC)
    return free_name(beside(path, at.strftime(".damaged-%Y%m%dT%H%M%SZ")))


def _present(path: Path) -> list[str]:
    """The suffixes with which there is a file that holds anything."""
    return [suffix for suffix in ("", *SIDE_FILES) if has_bytes(beside(path, suffix))]


def has_bytes(path: Path) -> bool:
    """Whether there is a file that holds anything."""
    return path.exists() and path.stat().st_size > 0


def set_aside(
    path: Path, aside: Path, which: Sequence[str] = ("", *SIDE_FILES)
) -> None:
    """Give a database and its side files, as far as they are there, another name.

    Args:
        path: the database.
        aside: the name that it gets.
        which: only the files with these suffixes.
    """
    for suffix in _present(path):
        if suffix in which:
            beside(path, suffix).rename(beside(aside, suffix))


def free_name(path: Path) -> Path:
    """The same name, or with a number, that no database has."""
    number = 1
    name = path
    while _present(name):
        number += 1
        name = beside(path, f"-{number}")
    return name
