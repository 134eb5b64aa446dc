"""What is known of the networks that devices were attached to; see the SQL."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"

SCHEMA = Path(__file__).with_name("0005_networks.sql")


def upgrade() -> None:
    """Make the table."""
    op.execute(SCHEMA.read_text(encoding="utf-8"))
