"""Delivery controls of endpoints, replays, operational events and their notifications."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("sources", sa.Column("former_secret", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("former_secret_until", sa.BigInteger(), nullable=True))
    op.add_column("endpoints", sa.Column("schedule", sa.Text(), nullable=True))
    op.add_column("endpoints", sa.Column("rate_limit", sa.Integer(), nullable=True))
    op.add_column("endpoints", sa.Column("concurrency", sa.Integer(), nullable=True))
    op.add_column("endpoints", sa.Column("ordered", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("endpoints", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("endpoints", sa.Column("conditions", sa.Text(), server_default="[]", nullable=False))
    op.add_column("endpoints", sa.Column("former_secret", sa.Text(), nullable=True))
    op.add_column("endpoints", sa.Column("former_secret_until", sa.BigInteger(), nullable=True))
    op.add_column("endpoints", sa.Column("disabled_because", sa.String(length=16), nullable=True))
    op.add_column("endpoints", sa.Column("first_failure_at", sa.BigInteger(), nullable=True))
    op.add_column("endpoints", sa.Column("last_failure_at", sa.BigInteger(), nullable=True))
    op.add_column("endpoints", sa.Column("failing_since", sa.BigInteger(), nullable=True))
    op.add_column("endpoints", sa.Column("warned_at", sa.BigInteger(), nullable=True))
    op.add_column("attempts", sa.Column("because", sa.String(length=20), nullable=True))
    op.execute("UPDATE endpoints SET disabled_because = 'person' WHERE disabled")

    op.create_table(
        "replays",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("version_id", sa.String(length=40), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("more", sa.Boolean(), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_replays_endpoint_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_replays_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_endpoint_id"), "replays", ["endpoint_id"])
    op.create_index(op.f("ix_replays_state"), "replays", ["state"])

    # In place, because copying the table takes minutes on a large log. SQLite allows the reference because the new
    # column is NULL in every row.
    reference = sa.ForeignKey("replays.id", name=op.f("fk_deliveries_replay_id"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE deliveries ADD COLUMN replay_id VARCHAR(40) REFERENCES replays (id)")
    else:
        op.add_column("deliveries", sa.Column("replay_id", sa.String(length=40), reference, nullable=True))
    op.drop_index("ix_deliveries_due", "deliveries")
    _index_where("ix_deliveries_due", "deliveries", ["endpoint_id", "due_at"], "state = 'pending'")
    _index_where("ix_deliveries_pending", "deliveries", ["endpoint_id", "id"], "state = 'pending'")
    op.add_column("deliveries", sa.Column("former_state", sa.String(length=20), nullable=True))
    for state in ("failed", "transform_failed"):
        _index_where(f"ix_deliveries_{state}", "deliveries", ["endpoint_id", "message_id"], f"state = '{state}'")
    _index_where("ix_deliveries_replay", "deliveries", ["replay_id", "state", "trigger"], "replay_id IS NOT NULL")

    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_notices_endpoint_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_notices_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_source_id_id", "notices", ["source_id", "id"])
    op.create_index("ix_notices_endpoint_id_id", "notices", ["endpoint_id", "id"])
    _index_where("ix_notices_unseen", "notices", ["source_id"], "seen_at IS NULL")
    op.create_table(
        "notifications",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("notice_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notifications_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_notice_id"), "notifications", ["notice_id"])
    _index_where("ix_notifications_due", "notifications", ["due_at"], "state = 'pending'")
    op.create_table(
        "options",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_options")),
    )


def _index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
