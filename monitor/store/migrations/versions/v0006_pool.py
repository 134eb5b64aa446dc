"""Devices that share a plan, what each said, which entries are whose; see the SQL."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

SCHEMA = Path(__file__).with_name("0006_pool.sql")


def upgrade() -> None:
    """Make the tables; a blank line ends a statement."""
    for statement in SCHEMA.read_text(encoding="utf-8").split("\n\n"):
        if not statement.startswith("--"):
            op.execute(statement.strip())
