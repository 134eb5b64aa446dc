"""What was forgotten is not in the bytes of any file either.

`secure_delete` overwrites what is deleted; a page that was divided may still hold a
copy of a row in its gap, the log holds pages as they were, and the daily copies hold
everything. So the file is written anew, the log is emptied, and one new copy takes the
place of all others. It may be repeated; a mark in the store says that it is owed.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from monitor.errors import StoreBusyError
from monitor.store import files, meta, rescue
from monitor.store.backup import back_up
from monitor.store.connection import connect
from monitor.store.faults import explained

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.store.engine import Store

_ALL = 1 << 20


def is_owed(store: Store) -> bool:
    """Whether something was forgotten and is not scoured yet.

    Args:
        store: open.

    Raises:
        StoreError: it cannot be read.
    """
    with store.read() as connection:
        return bool(meta.number(meta.read(connection), meta.SCOUR_OWED))


def scour(store: Store, now_s: int) -> None:
    """Do it, if it is owed.

    Args:
        store: open for writing.
        now_s: names the new copy.

    Raises:
        StoreBusyError: somebody reads an older state; it is still owed.
        StoreError: it is still owed.
    """
    if not is_owed(store):
        return
    _rewrite(store.path)
    old = rescue.backups(store.path)
    if old:
        kept = back_up(store, now_s, _ALL)
        for each in old:
            if each != kept:
                each.unlink(missing_ok=True)
        files.synchronise(kept.parent)
    with store.begin() as connection:
        meta.put(connection, {meta.SCOUR_OWED: "0"})


def _rewrite(path: Path) -> None:
    with explained(path), closing(connect(path, "rw")) as connection:
        connection.execute("VACUUM")
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreBusyError(
            f"{path}: somebody reads an older state of it, so that the names are still "
            "in its log."
        )


def set_aside(path: Path) -> list[Path]:
    """Files beside the database that nothing here takes away, and that may name all.

    Args:
        path: the database.

    Returns:
        What was set aside when it was damaged, or replaced by a restore.
    """
    own = {files.beside(path, each) for each in (*files.SIDE_FILES, ".lock", ".new")}
    beside = path.parent.glob(f"{path.name}[.-]*")
    return sorted(each for each in beside if each not in own and each.is_file())
