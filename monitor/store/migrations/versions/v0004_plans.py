"""The plans' ledger, their terms, and cycles that closed; see the SQL beside this."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = Path(__file__).with_name("0004_plans.sql")


def upgrade() -> None:
    """Make the tables; a blank line ends a statement, for triggers have semicolons."""
    for statement in SCHEMA.read_text(encoding="utf-8").split("\n\n"):
        if not statement.startswith("--"):
            op.execute(statement.strip())
