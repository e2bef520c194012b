"""Adds drafts, activations, test cases, backtests, shadows and observed fields, and what is known of each version.

Until now each saved version became active at once, so each version gets an activation at the time that it was saved.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.String(length=40)


def upgrade() -> None:
    for name in ("author", "note"):
        op.add_column("versions", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("versions", sa.Column("origin", sa.String(length=16), server_default="page", nullable=False))
    op.add_column("versions", sa.Column("variable_names", sa.Text(), nullable=True))
    op.add_column("endpoints", sa.Column("draft_id", ID, nullable=True))
    op.add_column("endpoints", sa.Column("shadow_id", ID, nullable=True))
    op.add_column("deliveries", sa.Column("version_id", ID, nullable=True))
    op.add_column("replays", sa.Column("pinned", sa.Boolean(), server_default=sa.false(), nullable=False))

    _table(
        "activations",
        sa.Column("version_id", ID, nullable=True),
        sa.Column("former_version_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("failing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("override_note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_activations_endpoint_id_id", "activations", ["endpoint_id", "id"])
    _table(
        "drafts",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=True),
        sa.Column("transforming", sa.Boolean(), nullable=False),
        sa.Column("base_version_id", ID, nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("checks", sa.Text(), nullable=True),
        sa.UniqueConstraint("endpoint_id", "revision", name=op.f("uq_drafts_endpoint_id_revision")),
    )
    _table(
        "test_cases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event_type", sa.String(length=128), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("endpoint_id", "name", name=op.f("uq_test_cases_endpoint_id_name")),
    )
    _table(
        "backtests",
        sa.Column("draft_id", ID, nullable=True),
        sa.Column("version_id", ID, nullable=True),
        sa.Column("former_version_id", ID, nullable=True),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stopping", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("owner", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
    )
    op.create_index(op.f("ix_backtests_state"), "backtests", ["state"])
    op.create_index("ix_backtests_endpoint_id_id", "backtests", ["endpoint_id", "id"])
    _table(
        "shadows",
        sa.Column("version_id", ID, nullable=False),
        sa.Column("former_version_id", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
    )
    op.create_index(op.f("ix_shadows_state"), "shadows", ["state"])
    op.create_index("ix_shadows_endpoint_id_id", "shadows", ["endpoint_id", "id"])
    op.create_table(
        "observations",
        sa.Column("event_type", sa.String(length=128), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_type", name=op.f("pk_observations")),
    )
    # The part after the prefix of an id is a time and random bits, so it serves for the activation too, in order.
    op.execute(
        "INSERT INTO activations"
        " (id, endpoint_id, version_id, former_version_id, reason, author, note, failing, override_note, created_at)"
        " SELECT 'act_' || substr(v.id, 5), v.endpoint_id, v.id, f.id, 'migrated', '', '', 0, '', v.created_at"
        " FROM versions v LEFT JOIN versions f ON f.endpoint_id = v.endpoint_id AND f.number = v.number - 1"
    )


def _table(name: str, *columns: sa.Column[object] | sa.UniqueConstraint) -> None:
    """Create a table of rows that belong to an endpoint."""
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        sa.Column("endpoint_id", ID, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f(f"fk_{name}_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
