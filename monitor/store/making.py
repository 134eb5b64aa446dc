"""An empty database of the newest schema."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from monitor.store import files
from monitor.store.connection import connect, engine_for
from monitor.store.schema import ALEMBIC_VERSION, APPLICATION_ID, VERSION
from monitor.store.tables import METADATA

if TYPE_CHECKING:
    from pathlib import Path


def make_database(path: Path, aside: Path) -> None:
    """Make an empty database: whole at its place, or not there at all.

    Args:
        path: where.
        aside: the name that what is there is given.

    Raises:
        sqlite3.Error: it cannot be written.
        OSError: the same.
    """
    with files.new_file(path, aside) as temporary:
        with closing(connect(temporary, "rw")) as connection:
            # Freed pages can be given back in small steps, without a copy of the file.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        with engine_for(temporary, "rw").begin() as tables:
            METADATA.create_all(tables)
            tables.execute(ALEMBIC_VERSION.insert(), {"version_num": VERSION})
