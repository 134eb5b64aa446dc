"""Whether a restore was begun and not completed: each command asks, so it is cheap."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def prepared_path(store: Path) -> Path:
    """Where a backup is that is to take the place of a database."""
    return store.with_name(f"{store.name}.restore")


def is_restore_begun(store: Path) -> bool:
    """Whether one is there.

    Args:
        store: the database; its folder may be closed to this user.
    """
    try:
        return prepared_path(store).is_dir()
    except OSError:
        return False
