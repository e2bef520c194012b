"""The tables, defined once for SQLite and PostgreSQL.

Times are whole milliseconds since 1970 (UTC). Bodies are bytes, because JSON text may hold characters that a
database's text type refuses (NUL, lone surrogates). Structured columns are JSON as ASCII text for the same reason.
What takes most of the space is compressed: see ``compression.py``.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from server.store.compression import PackedBytes

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SEARCH_TERM = String(128).with_variant(String(128, collation="C"), "postgresql")
"""Compared by its characters, so that a range of the index holds the terms with the same beginning."""

users = Table(
    "users",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("mode", String(8), nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    Column("secret", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("former_secret", Text),
    Column("former_secret_until", BigInteger),
    Column("slug", String(40)),
    Column("demo", Boolean, nullable=False, server_default=false()),
    Column("steps_hidden", Boolean, nullable=False, server_default=false()),
    Index("ix_sources_slug", "slug", unique=True),
)

# The slugs of removed sources. No other source gets them: a bookmark must not lead to the pages of another source.
removed_slugs = Table("removed_slugs", metadata, Column("slug", String(40), primary_key=True))

refusals = Table(
    "refusals",
    metadata,
    Column("source_id", String(40), ForeignKey("sources.id"), primary_key=True),
    Column("reason", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("clock_off_ms", BigInteger),
    Column("detail", String(80)),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source_id", String(40), ForeignKey("sources.id"), nullable=False, index=True),
    Column("card", String(64), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("destination", String(16), nullable=False),
    Column("credentials", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("event_types", Text),
    Column("variables", Text, nullable=False),
    Column("transforming", Boolean, nullable=False),
    Column("version_id", String(40)),
    Column("secret", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("erased", Boolean, nullable=False, server_default=false()),
    Column("schedule", Text),
    Column("rate_limit", Integer),
    Column("concurrency", Integer),
    Column("ordered", Boolean, nullable=False, server_default=false()),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("conditions", Text, nullable=False, server_default="[]"),
    Column("former_secret", Text),
    Column("former_secret_until", BigInteger),
    Column("disabled_because", String(16)),
    Column("first_failure_at", BigInteger),
    Column("last_failure_at", BigInteger),
    Column("failing_since", BigInteger),
    Column("warned_at", BigInteger),
    Column("enforce_contract", Boolean, nullable=False, server_default=false()),
    Column("draft_id", String(40)),
    Column("shadow_id", String(40)),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("action", String(24), nullable=False),
    Column("author", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_audit_endpoint_id_id", "endpoint_id", "id"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("origin", String(16), nullable=False, server_default="page"),
    Column("variable_names", Text),
    UniqueConstraint("endpoint_id", "number"),
)

activations = Table(
    "activations",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("version_id", String(40)),
    Column("former_version_id", String(40)),
    Column("reason", String(16), nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("failing", Integer, nullable=False, server_default="0"),
    Column("override_note", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_activations_endpoint_id_id", "endpoint_id", "id"),
)

# What the editor saved. Revisions are added, never changed; the newest few of an endpoint are kept.
drafts = Table(
    "drafts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("variables", Text),
    Column("transforming", Boolean, nullable=False),
    Column("base_version_id", String(40)),
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("checks", Text),
    UniqueConstraint("endpoint_id", "revision"),
)

test_cases = Table(
    "test_cases",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("event_type", String(128), nullable=False),
    Column("definition", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("endpoint_id", "name"),
)

backtests = Table(
    "backtests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("draft_id", String(40)),
    Column("version_id", String(40)),
    Column("former_version_id", String(40)),
    Column("selection", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("stopping", Boolean, nullable=False, server_default=false()),
    Column("total", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("report", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("owner", String(40)),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_backtests_endpoint_id_id", "endpoint_id", "id"),
)

shadows = Table(
    "shadows",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("version_id", String(40), nullable=False),
    Column("former_version_id", String(40)),
    Column("state", String(16), nullable=False, index=True),
    Column("until", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_shadows_endpoint_id_id", "endpoint_id", "id"),
)

# Which fields real events had, one row an event type; see delivery/observer.py.
observations = Table(
    "observations",
    metadata,
    Column("event_type", String(128), primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source_id", String(40), ForeignKey("sources.id"), nullable=False),
    Column("webhook_id", String(256), nullable=False),
    Column("event_type", String(128), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("body", PackedBytes, nullable=False),
    UniqueConstraint("source_id", "webhook_id"),
    Index("ix_messages_source_id_id", "source_id", "id"),
)

# Where the messages of one event type are among a source's; see store/stretches.py.
stretches = Table(
    "stretches",
    metadata,
    Column("source_id", String(40), primary_key=True),
    Column("event_type", SEARCH_TERM, primary_key=True),
    Column("first_id", String(40), primary_key=True),
    Column("last_id", String(40), nullable=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Search terms, in the order of their way: a message's terms come in one row, in the transaction that stores it. A
# background step moves a thousand messages at a time into a segment, sorted. Both only add to the end of their tables;
# one big index of terms would change six pages somewhere in the file for each message. See store/search_terms.py.
search_recent = Table(
    "search_recent",
    metadata,
    Column("message_id", String(40), primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("terms", Text, nullable=False),
    sqlite_with_rowid=False,
)

search_segments = Table(
    "search_segments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("first_id", String(40), nullable=False),
    Column("last_id", String(40), nullable=False, index=True),
    Column("message_ids", LargeBinary, nullable=False, server_default=""),
)

search_terms = Table(
    "search_terms",
    metadata,
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("term", SEARCH_TERM, primary_key=True),
    Column(
        "number", Integer, primary_key=True, autoincrement=False
    ),  # of the message in its segment, which has the ids
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("message_id", String(40), ForeignKey("messages.id"), nullable=False, index=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("due_at", BigInteger),
    Column("lease_owner", String(40)),
    Column("lease_until", BigInteger),
    Column("replay_id", String(40), ForeignKey("replays.id")),
    Column("former_state", String(20)),
    Column("former_due_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("fault", Text),
    Column("stopped_because", String(16)),
    Column("captured", Boolean, nullable=False, server_default=false()),
    Column("version_id", String(40)),
    Index("ix_deliveries_endpoint_id_message_id", "endpoint_id", "message_id"),
)

RARE_STATES = ("failed", "transform_failed", "stopped", "cancelled")
"""The states of deliveries that the log finds by an index of their own. Few rows, unless something is wrong."""

# These indexes hold pending rows only, so claiming costs the same however many messages are stored, and an endpoint
# with a long queue does not slow down the others. The second one is for ordered endpoints.
for _name, _by in (("due", deliveries.c.due_at), ("pending", deliveries.c.id)):
    Index(
        f"ix_deliveries_{_name}",
        deliveries.c.endpoint_id,
        _by,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    )

# Partial indexes too, for counting and replaying failed and parked deliveries: few rows, unless something is wrong.
# They name the state, so that SQLite prefers them to the index of all deliveries of an endpoint.
for _state in ("failed", "transform_failed"):
    Index(
        f"ix_deliveries_{_state}",
        deliveries.c.endpoint_id,
        deliveries.c.state,
        deliveries.c.message_id,
        sqlite_where=text(f"state = '{_state}'"),
        postgresql_where=text(f"state = '{_state}'"),
    )
Index(
    "ix_deliveries_rare",
    deliveries.c.state,
    deliveries.c.message_id,
    sqlite_where=text("state IN ('failed', 'transform_failed', 'stopped', 'cancelled')"),
    postgresql_where=text("state IN ('failed', 'transform_failed', 'stopped', 'cancelled')"),
)
Index(
    "ix_deliveries_replay",
    deliveries.c.replay_id,
    deliveries.c.state,
    deliveries.c.trigger,
    sqlite_where=text("replay_id IS NOT NULL"),
    postgresql_where=text("replay_id IS NOT NULL"),
)

replays = Table(
    "replays",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source_id", String(40), ForeignKey("sources.id"), nullable=False),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("filters", Text, nullable=False),
    Column("version_id", String(40)),
    Column("rate", Integer),
    Column("total", BigInteger, nullable=False),
    Column("more", Boolean, nullable=False),
    Column("begun", BigInteger, nullable=False),
    Column("tally", Text, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("cursor", String(40), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("user_name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("pinned", Boolean, nullable=False, server_default=false()),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("source_id", String(40), ForeignKey("sources.id"), nullable=False),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id")),
    Column("message_id", String(40)),
    Column("subject", String(80), nullable=False),
    Column("detail", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger),
    Index("ix_notices_source_id_id", "source_id", "id"),
    Index("ix_notices_endpoint_id_id", "endpoint_id", "id"),
)

# Every page counts the unseen ones.
Index(
    "ix_notices_unseen",
    notices.c.source_id,
    sqlite_where=text("seen_at IS NULL"),
    postgresql_where=text("seen_at IS NULL"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("notice_id", String(40), ForeignKey("notices.id"), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger),
    Column("error", Text),
    Column("updated_at", BigInteger, nullable=False),
)

Index(
    "ix_notifications_due",
    notifications.c.due_at,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)

options = Table(
    "options",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Addresses of the inspector, and what each received. The small columns come before the body.
inspector_addresses = Table(
    "inspector_addresses",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("source_id", String(40), ForeignKey("sources.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    Column("status", Integer, nullable=False),
    Column("delay_ms", Integer, nullable=False),
    Column("failure_rate", Integer, nullable=False),
    Column("response_body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

inspected_requests = Table(
    "inspected_requests",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("address_id", String(40), ForeignKey("inspector_addresses.id"), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("kept_bytes", BigInteger, nullable=False),
    Column("cut", Boolean, nullable=False),
    Column("status", Integer, nullable=False),
    Column("method", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_inspected_requests_address_id_id", "address_id", "id"),
)

own_cards = Table(
    "own_cards",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("files", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("delivery_id", String(40), ForeignKey("deliveries.id"), nullable=False),
    Column("message_id", String(40), ForeignKey("messages.id"), nullable=False, index=True),
    Column("endpoint_id", String(40), ForeignKey("endpoints.id"), nullable=False),
    Column("source_id", String(40), ForeignKey("sources.id"), nullable=False),
    Column("event_type", String(128), nullable=False),
    Column("number", Integer, nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("version_id", String(40)),
    Column("started_at", BigInteger, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("transform_us", BigInteger),
    Column("next_at", BigInteger),
    Column("because", String(20)),
    Column("request_method", String(16)),
    Column("request_url", Text),
    Column("request_headers", Text),
    Column("request_body", PackedBytes),
    Column("response_status", Integer),
    Column("response_headers", Text),
    Column("response_body", PackedBytes),
    Column("response_truncated", Boolean),
    Column("error", Text),
    Column("console", Text),
    Column("warnings", Text),
    Column("verdict", SmallInteger),
    Column("findings", Text),
    Column("details", PackedBytes),  # URL and headers; before it came, they were in the columns of these names
    UniqueConstraint("delivery_id", "number"),
    Index("ix_attempts_source_id_id", "source_id", "id"),
    Index("ix_attempts_endpoint_id_id", "endpoint_id", "id"),
    # Attempts that a contract finds fault with are few, and the log filters by them.
    Index(
        "ix_attempts_with_findings",
        "source_id",
        "id",
        sqlite_where=text("verdict >= 1"),
        postgresql_where=text("verdict >= 1"),
    ),
    # The inspector shows captured attempts alone. A source may have none among a million.
    Index(
        "ix_attempts_captured",
        "source_id",
        "id",
        sqlite_where=text("outcome = 'captured'"),
        postgresql_where=text("outcome = 'captured'"),
    ),
)

# How many attempts ended in which way; see domain/activity.py. No foreign keys: counts outlive what they are of.
_COUNTS = ("received", "succeeded", "captured", "cancelled", "transform_failed", "failed")

activity = Table(
    "activity",
    metadata,
    Column("source_id", String(40), primary_key=True),
    Column("size", SmallInteger, primary_key=True),
    Column("endpoint_id", String(40), primary_key=True),
    Column("event_type", String(128), primary_key=True),
    Column("starts_at", BigInteger, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in _COUNTS),
    Column("durations", Text, nullable=False),
    Column("kept_until", BigInteger, nullable=False, index=True),
    Index("ix_activity_of_endpoint", "source_id", "size", "endpoint_id", "starts_at"),
)

# What each batch of attempts adds to activity. The counter adds it up and deletes it soon.
activity_batches = Table(
    "activity_batches",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("source_id", String(40), nullable=False),
    Column("endpoint_id", String(40), nullable=False),
    Column("event_type", String(128), nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in _COUNTS[1:]),
    Column("durations", Text, nullable=False),
)
