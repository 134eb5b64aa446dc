"""What the wire showed: exact bills, what was forwarded, and to whom; see the SQL."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

SCHEMA = Path(__file__).with_name("0003_wire.sql")


def upgrade() -> None:
    """Make the new tables, and three old ones anew."""
    # Other tables go on referring to the name, not to the table that had it.
    op.execute("PRAGMA legacy_alter_table = ON")
    for statement in SCHEMA.read_text(encoding="utf-8").split(";"):
        if statement.strip():
            op.execute(statement)
    op.execute("PRAGMA legacy_alter_table = OFF")
