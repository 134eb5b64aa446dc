"""The first schema, as the SQL file beside this one says it."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = Path(__file__).with_name("0001_first.sql")


def upgrade() -> None:
    """Make all tables but Alembic's own."""
    for statement in SCHEMA.read_text(encoding="utf-8").split(";"):
        if statement.strip():
            op.execute(statement)
