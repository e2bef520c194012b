"""Takes fewer bytes for each event: compressed details of attempts, and search terms that name messages by numbers.
Gives captured attempts an index of their own.

Older attempts stay as they are. The index of search terms begins anew; the background fills it again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("details", sa.LargeBinary(), nullable=True))
    captured = sa.text("outcome = 'captured'")
    op.create_index(
        "ix_attempts_captured", "attempts", ["source_id", "id"], sqlite_where=captured, postgresql_where=captured
    )
    _search()


def _search() -> None:
    op.execute("DELETE FROM search_segments")
    op.execute("DELETE FROM search_recent")  # the newest messages are not always among these
    op.execute("DELETE FROM options WHERE name = 'search_backfill'")
    op.drop_table("search_terms")
    term = sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql")
    op.create_table(
        "search_terms",
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term", term, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("segment", "term", "number", name=op.f("pk_search_terms")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "search_segments", sa.Column("message_ids", sa.LargeBinary(), nullable=False, server_default=sa.text("''"))
    )
    if op.get_bind().dialect.name == "postgresql":
        # Searches read single ids out of it, which PostgreSQL does without reading the rest unless it is compressed.
        op.execute("ALTER TABLE search_segments ALTER COLUMN message_ids SET STORAGE EXTERNAL")
