"""Adds the verdicts of contracts to attempts, and to endpoints whether a bad one keeps an event from being sent."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("verdict", sa.SmallInteger(), nullable=True))
    op.add_column("attempts", sa.Column("findings", sa.Text(), nullable=True))
    op.add_column("endpoints", sa.Column("enforce_contract", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_attempts_with_findings",
        "attempts",
        ["source_id", "id"],
        sqlite_where=sa.text("verdict >= 1"),
        postgresql_where=sa.text("verdict >= 1"),
    )
