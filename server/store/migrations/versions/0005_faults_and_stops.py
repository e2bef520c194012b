"""Adds to deliveries the count of faults, the stop reason and the capture flag; to refusals, the clock difference."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("faults", sa.Integer(), server_default="0", nullable=False))
    op.add_column("deliveries", sa.Column("fault", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("stopped_because", sa.String(length=16), nullable=True))
    op.add_column("deliveries", sa.Column("captured", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("refusals", sa.Column("clock_off_ms", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE deliveries SET captured = true WHERE state = 'succeeded' AND EXISTS ("
        "SELECT 1 FROM attempts WHERE attempts.delivery_id = deliveries.id AND attempts.number = deliveries.attempts "
        "AND attempts.outcome = 'captured')"
    )
