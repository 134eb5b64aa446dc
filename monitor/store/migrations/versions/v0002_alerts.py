"""Alerts and what became of telling them, as the SQL file beside this one says it."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = Path(__file__).with_name("0002_alerts.sql")


def upgrade() -> None:
    """Make the three tables."""
    for statement in SCHEMA.read_text(encoding="utf-8").split(";"):
        if statement.strip():
            op.execute(statement)
