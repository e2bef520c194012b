"""Adds what the dashboard needs to find, count and undo: each function adds one of these."""

import json
import re
import tomllib

import sqlalchemy as sa
from alembic import op

from server.assets import transforms_dir
from server.store.vault import vault_of

revision = "0009"
down_revision = "0008"

ID = sa.String(length=40)
TERM = sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql")


def upgrade() -> None:
    _logs()
    _search()
    _activity()
    _endpoints()
    _inspector()
    _sources()
    _replays()


def _logs() -> None:
    """The log finds messages by endpoint, by a rare state, and by a rare event type, newest first."""
    op.create_table(
        "stretches",
        sa.Column("source_id", ID, nullable=False),
        sa.Column("event_type", TERM, nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("last_id", ID, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "event_type", "first_id", name=op.f("pk_stretches")),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_deliveries_endpoint_id_id", "deliveries")
    op.create_index("ix_deliveries_endpoint_id_message_id", "deliveries", ["endpoint_id", "message_id"])
    for state in ("failed", "transform_failed"):
        only = sa.text(f"state = '{state}'")
        op.drop_index(f"ix_deliveries_{state}", "deliveries")
        op.create_index(
            f"ix_deliveries_{state}",
            "deliveries",
            ["endpoint_id", "state", "message_id"],
            sqlite_where=only,
            postgresql_where=only,
        )
    rare = sa.text("state IN ('failed', 'transform_failed', 'stopped', 'cancelled')")
    op.create_index(
        "ix_deliveries_rare", "deliveries", ["state", "message_id"], sqlite_where=rare, postgresql_where=rare
    )


def _search() -> None:
    """The index of what people search for."""
    op.create_table(
        "search_recent",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_recent")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_segments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("last_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_segments")),
    )
    op.create_index("ix_search_segments_last_id", "search_segments", ["last_id"])
    op.create_table(
        "search_terms",
        sa.Column("segment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("term", TERM, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("segment", "term", "message_id", name=op.f("pk_search_terms")),
        sqlite_with_rowid=False,
    )


def _activity() -> None:
    """Counts of attempts by time, endpoint and event type. ``activity.fill`` counts those that are stored already."""

    def counts() -> list[sa.Column[int]]:
        names = ("received", "succeeded", "captured", "cancelled", "transform_failed", "failed")
        return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]

    key = ("source_id", "size", "endpoint_id", "event_type", "starts_at")
    op.create_table(
        "activity",
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("size", sa.SmallInteger(), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("event_type", sa.String(length=128), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        *counts(),
        sa.Column("durations", sa.Text(), nullable=False),
        sa.Column("kept_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_activity")),
    )
    op.create_index("ix_activity_of_endpoint", "activity", ["source_id", "size", "endpoint_id", "starts_at"])
    op.create_index(op.f("ix_activity_kept_until"), "activity", ["kept_until"])
    op.create_table(
        "activity_batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("event_type", sa.String(length=128), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        *counts()[1:],
        sa.Column("durations", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_batches")),
    )


def _endpoints() -> None:
    """Names of endpoints, what restores a deleted one, and their audit trail."""
    op.add_column("endpoints", sa.Column("name", sa.Text(), server_default="", nullable=False))
    _name_endpoints()
    # Whatever was deleted until now was erased at once.
    op.add_column("endpoints", sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(sa.text("UPDATE endpoints SET erased = true WHERE deleted_at IS NOT NULL"))
    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_audit_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_endpoint_id_id", "audit", ["endpoint_id", "id"])


def _name_endpoints() -> None:
    """Name each endpoint as pages named it so far, with a number behind a name that its source has already."""
    connection = op.get_bind()
    table = sa.table(
        "endpoints", *(sa.column(name) for name in ("id", "source_id", "card", "name", "description", "url"))
    )
    own = sa.table("own_cards", sa.column("name"), sa.column("files"))
    files = {name: _card_file(files) for name, files in connection.execute(sa.select(own)).all()}
    taken: set[tuple[str, str]] = set()
    for row in connection.execute(sa.select(table).order_by(table.c.id)).all():
        name = row.description.strip().partition("\n")[0].strip() or _title(row.card, files)
        name = (name or _address(connection, row.id, row.url) or row.card)[:80]
        number, generated = 1, name
        while (row.source_id, name.casefold()) in taken:
            number += 1
            name = f"{generated[:75]} {number}"
        taken.add((row.source_id, name.casefold()))
        connection.execute(sa.update(table).where(table.c.id == row.id).values(name=name))


def _card_file(files: str) -> str:
    try:
        return str(json.loads(files)["card.toml"])
    except (ValueError, TypeError, KeyError):
        return ""


def _title(card: str, own: dict[str, str]) -> str:
    """The title of a card whose URL tells nothing, or nothing that may be shown; empty for any other."""
    try:
        built_in = transforms_dir() / card / "card.toml"
        content = tomllib.loads(own[card] if card in own else built_in.read_text(encoding="utf-8"))
        url = content.get("url", {})
        return "" if url.get("ask") and not url.get("secret") else str(content["title"])
    except (OSError, ValueError, KeyError, AttributeError):
        return ""


def _address(connection: sa.Connection, endpoint_id: str, kept: str) -> str:
    """The scheme and host of the URL; empty when it is not set or cannot be decrypted. The rest may hold keys."""
    try:
        url = vault_of(connection).open(f"endpoints.url:{endpoint_id}", kept)
    except Exception:  # the endpoint's page reports it
        return ""
    found = re.match(r"https?://(?:[^/?#@]*@)?[^/?#@]+", url)
    return "" if found is None or "url-not-set.invalid" in url else re.sub(r"//.*@", "//", found[0])


def _inspector() -> None:
    """Named addresses of the inspector and what they received."""
    op.create_table(
        "inspector_addresses",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("delay_ms", sa.Integer(), nullable=False),
        sa.Column("failure_rate", sa.Integer(), nullable=False),
        sa.Column("response_body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_inspector_addresses_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspector_addresses")),
        sa.UniqueConstraint("token", name=op.f("uq_inspector_addresses_token")),
    )
    op.create_index(op.f("ix_inspector_addresses_source_id"), "inspector_addresses", ["source_id"])
    op.create_table(
        "inspected_requests",
        sa.Column("id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["inspector_addresses.id"], name=op.f("fk_inspected_requests_address_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspected_requests")),
    )
    op.create_index("ix_inspected_requests_address_id_id", "inspected_requests", ["address_id", "id"])


def _sources() -> None:
    """Several sources in a mode, rejected requests, and first steps."""
    op.add_column("sources", sa.Column("slug", sa.String(length=40), nullable=True))
    for name in ("demo", "steps_hidden"):
        op.add_column("sources", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("refusals", sa.Column("detail", sa.String(length=80), nullable=True))
    _keep_slugs()
    op.create_index("ix_sources_slug", "sources", ["slug"], unique=True)
    op.create_table(
        "removed_slugs",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_removed_slugs")),
    )


RESERVED = (
    "in", "static", "healthz", "setup", "login", "logout", "preferences", "source", "endpoints", "logs", "messages",
    "attempts", "deliveries", "replays", "notices", "inspector", "transformations", "conditions", "events", "sources",
    "settings", "docs", "api", "changes", "reveal", "cards",
)  # fmt: skip


def _keep_slugs() -> None:
    """Store the first part of each source's addresses, which was made from its mode and name so far."""
    connection = op.get_bind()
    table = sa.table("sources", *(sa.column(name) for name in ("id", "name", "mode", "slug", "created_at")))
    rows = connection.execute(sa.select(table).order_by(table.c.created_at, table.c.id)).mappings().all()
    found: dict[str, str] = {}
    for row in rows:
        if row["mode"] not in found.values():
            found[row["id"]] = row["mode"]
    for row in rows:
        if row["id"] not in found:
            word = re.sub(r"[^a-z0-9]+", "-", row["name"].casefold()).strip("-")[:40]
            taken = {*RESERVED, "test", "live", *found.values()}
            found[row["id"]] = row["id"] if not word or word in taken else word
    for source_id, slug in found.items():
        connection.execute(sa.update(table).where(table.c.id == source_id).values(slug=slug))


def _replays() -> None:
    """When a delivery was due before a run that retries what waits made it due; a stop of the run gives it back."""
    op.add_column("deliveries", sa.Column("former_due_at", sa.BigInteger(), nullable=True))
