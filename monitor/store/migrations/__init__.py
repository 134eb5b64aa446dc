"""Bringing an older schema up to date, by Alembic; imported only when that is due.

Each revision is a file in `versions`, named by its number; what it does is frozen: it
never imports `monitor.store.schema`, which goes on changing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from monitor.store.schema import ALEMBIC_VERSION

if TYPE_CHECKING:
    from sqlalchemy import Connection


def configuration() -> Config:
    """Alembic's settings: only where the revisions are."""
    config = Config()
    folder = str(Path(__file__).parent).replace("%", "%%")  # it interpolates
    config.set_main_option("script_location", folder)
    return config


def migrate(connection: Connection, revision: str = "head") -> None:
    """Apply what is missing, inside the caller's transaction.

    Args:
        connection: in a transaction that may write, without foreign key checks.
        revision: where to stop.
    """
    # Alembic would make its table without STRICT.
    ALEMBIC_VERSION.create(connection, checkfirst=True)
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
