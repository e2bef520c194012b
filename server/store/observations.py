"""What fields real events had, one row an event type, and up to which message they were observed."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, and_, func, select

from server.domain.drift import MAX_EVENT_TYPES, Fields, Observation, ObservedField, added
from server.domain.ids import MessageId, Millis
from server.domain.messages import Origin
from server.store.columns import dump
from server.store.compression import readable, up_to
from server.store.rows import insert_new
from server.store.schema import messages, observations

SCANNED = 4_000
"""Most messages that one look takes into account; of more, the newest."""
MAX_BODY_BYTES = 256 * 1024
"""Larger bodies are not observed."""

log = structlog.get_logger()


def newest(tx: Connection, after: str) -> list[tuple[MessageId, str]]:
    """Id and event type of messages received after the one with this id, newest first, at most ``SCANNED``."""
    received = and_(messages.c.id > after, messages.c.origin == Origin.RECEIVED.value)
    query = select(messages.c.id, messages.c.event_type).where(received).order_by(messages.c.id.desc()).limit(SCANNED)
    return [(MessageId(row.id), row.event_type) for row in tx.execute(query)]


def bodies(tx: Connection, ids: Collection[MessageId]) -> list[tuple[str, bytes]]:
    """Event type and body of these messages, without very large ones."""
    query = select(messages.c.event_type, up_to(messages.c.body, MAX_BODY_BYTES).label("body"))
    found = ((row.event_type, readable(row.body)) for row in tx.execute(query.where(messages.c.id.in_(ids))))
    return [(event_type, body) for event_type, body in found if body]


def all_of(tx: Connection) -> list[Observation]:
    """Every observation, by event type."""
    rows = tx.execute(select(observations).order_by(observations.c.event_type)).mappings()
    return [found for row in rows if (found := _read(row))]


def of(tx: Connection, event_type: str) -> Observation | None:
    row = tx.execute(select(observations).where(observations.c.event_type == event_type)).mappings().first()
    return _read(row) if row else None


def add(tx: Connection, event_type: str, events: Sequence[Fields], now: Millis) -> None:
    """Add what was observed. Event types beyond ``MAX_EVENT_TYPES`` are left out."""
    this = observations.c.event_type == event_type
    row = tx.execute(select(observations).where(this).with_for_update()).mappings().first()
    if row is None:
        count = tx.execute(select(func.count()).select_from(observations)).scalar_one()
        if count >= MAX_EVENT_TYPES:
            return
        if insert_new(tx, observations, [_columns(added(None, event_type, events, now))], ("event_type",)):
            return
        row = (
            tx.execute(select(observations).where(this).with_for_update()).mappings().one()
        )  # another process was first
    columns = _columns(added(_read(row), event_type, events, now))
    tx.execute(observations.update().where(this).values(columns))


def forget(tx: Connection, event_type: str) -> None:
    """Delete what was observed of an event type."""
    tx.execute(observations.delete().where(observations.c.event_type == event_type))


def _read(row: RowMapping) -> Observation | None:
    """``None`` for a row that is damaged; the next look replaces it."""
    try:
        fields: Mapping[str, Any] = json.loads(row["fields"])
        return Observation(
            event_type=row["event_type"],
            events=row["events"],
            fields={
                path: ObservedField(frozenset(types), int(events), int(first_at))
                for path, (types, events, first_at) in fields.items()
            },
            first_at=row["first_at"],
            last_at=row["last_at"],
        )
    except Exception as error:
        log.warning("observations.unreadable", event_type=row["event_type"], error=type(error).__name__)
        return None


def _columns(observation: Observation) -> dict[str, Any]:
    fields = {path: [sorted(one.types), one.events, one.first_at] for path, one in observation.fields.items()}
    return {
        "event_type": observation.event_type,
        "events": observation.events,
        "fields": dump(fields),
        "first_at": observation.first_at,
        "last_at": observation.last_at,
    }
