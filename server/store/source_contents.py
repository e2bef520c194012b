"""What belongs to a source: how far its connection is, what keeps it from being removed, and how to erase it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select

from server.domain.activity import Size
from server.domain.ids import EndpointId, MessageId, Millis, SourceId, earliest
from server.domain.messages import ACCEPTED, Origin
from server.store import activity, deleted_endpoints, inspector, search_text
from server.store import sources as source_rows
from server.store.changes import endpoint_changed, source_changed
from server.store.options import AFTER_ALL
from server.store.schema import (
    attempts,
    deliveries,
    endpoints,
    inspector_addresses,
    messages,
    metadata,
    notices,
    sources,
)

LEFT_BEHIND = ("search_terms",)
"""Tables without an index on their messages: retention deletes these rows by age, and nobody finds them meanwhile."""

LOOKED_AT = 200
"""How many of the newest rows are searched. What is older is known from activity."""


FIRST_LOOK = 10


@dataclass(frozen=True, slots=True)
class LastEvent:
    """The newest signed event of a source."""

    message_id: MessageId | None
    """``None`` when only its day is known: the message is deleted, or behind many samples."""
    event_type: str
    received_at: Millis


@dataclass(frozen=True, slots=True)
class Contents:
    """What keeps a source from being removed."""

    endpoints: int
    messages: bool
    deleted: int = 0
    """Endpoints that can still be restored."""

    @property
    def is_empty(self) -> bool:
        return not self.endpoints and not self.messages and not self.deleted


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the first steps of a source are, besides its signing secret. What was done once stays done."""

    endpoint_id: EndpointId | None
    """One of its endpoints; ``None`` without any."""
    had_endpoint: bool
    """It has an endpoint, or had one that was deleted."""
    received: bool
    delivered: bool
    """An endpoint accepted an event."""


def last_event(tx: Connection, source_id: SourceId) -> LastEvent | None:
    """The newest signed event; ``None`` when there was none in 400 days. Usually it is the newest message."""
    return (
        _signed_among(tx, source_id, 1) or _signed_among(tx, source_id, LOOKED_AT) or _signed_in_activity(tx, source_id)
    )


def _signed_in_activity(tx: Connection, source_id: SourceId) -> LastEvent | None:
    last = activity.last_received(tx, source_id)
    if last is None:
        return None
    starts_at, event_type = last
    before = earliest(MessageId, starts_at + Size.DAY.ms)
    return _signed_among(tx, source_id, LOOKED_AT, before) or LastEvent(None, event_type, starts_at)


def _signed_among(tx: Connection, source_id: SourceId, most: int, before: str = AFTER_ALL) -> LastEvent | None:
    newest = (
        select(messages.c.id, messages.c.event_type, messages.c.received_at, messages.c.origin)
        .where(messages.c.source_id == source_id, messages.c.id < before)
        .order_by(messages.c.id.desc())
        .limit(most)
        .subquery()
    )
    signed = select(newest.c.id, newest.c.event_type, newest.c.received_at)
    row = tx.execute(
        signed.where(newest.c.origin == Origin.RECEIVED.value).order_by(newest.c.id.desc()).limit(1)
    ).first()
    return LastEvent(MessageId(row.id), row.event_type, row.received_at) if row else None


def progress(tx: Connection, source_id: SourceId) -> Progress:
    """How far the first steps are. Reads a few rows, however many are stored."""
    endpoint = select(endpoints.c.id).where(endpoints.c.source_id == source_id).limit(1)
    existing = tx.execute(endpoint.where(endpoints.c.deleted_at.is_(None))).scalar()
    return Progress(
        endpoint_id=existing,
        had_endpoint=existing is not None or tx.execute(endpoint).first() is not None,
        received=last_event(tx, source_id) is not None,
        delivered=(
            _accepted_among(tx, source_id, FIRST_LOOK)
            or _accepted_among(tx, source_id, LOOKED_AT)
            or activity.was_accepted(tx, source_id)
        ),
    )


def _accepted_among(tx: Connection, source_id: SourceId, most: int) -> bool:
    newest = (
        select(attempts.c.id, attempts.c.outcome)
        .where(attempts.c.source_id == source_id)
        .order_by(attempts.c.id.desc())
        .limit(most)
        .subquery()
    )
    accepted = select(newest.c.id).where(newest.c.outcome.in_([one.value for one in ACCEPTED])).limit(1)
    return tx.execute(accepted).first() is not None


def contents(tx: Connection, source_id: SourceId) -> Contents:
    of_source = select(func.count()).where(endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None))
    any_message = select(exists().where(messages.c.source_id == source_id))
    restorable = deleted_endpoints.count(tx, source_id)
    return Contents(tx.execute(of_source).scalar_one(), bool(tx.execute(any_message).scalar()), restorable)


def endpoint_counts(tx: Connection) -> dict[SourceId, int]:
    """How many endpoints each source has; sources without any are left out."""
    query = select(endpoints.c.source_id, func.count()).where(endpoints.c.deleted_at.is_(None))
    return {SourceId(source_id): count for source_id, count in tx.execute(query.group_by(endpoints.c.source_id))}


def erase(tx: Connection, source_id: SourceId) -> None:
    """Delete the source with everything that belongs to it, in every table, whatever columns connect them.

    For a source without messages, or a demo: it deletes all rows in this one transaction. What another process is
    storing for it is waited for and deleted too; what comes later finds no source.
    """
    tx.execute(select(sources.c.id).where(sources.c.id == source_id).with_for_update())
    inspector.lock(tx, inspector_addresses.c.source_id == source_id)
    message_ids = tx.execute(select(messages.c.id).where(messages.c.source_id == source_id)).scalars().all()
    # Locked, since another process may be restoring one and adding to its audit.
    mine = select(endpoints.c.id).where(endpoints.c.source_id == source_id).order_by(endpoints.c.id).with_for_update()
    for endpoint_id in tx.execute(mine).scalars().all():
        endpoint_changed(tx, endpoint_id)
    source_changed(tx, source_id)
    source_rows.reserve_slug(tx, source_id)
    for table in reversed(metadata.sorted_tables):  # a row before what it refers to
        belongs = belonging(table, source_id)
        if belongs is not None:
            tx.execute(delete(table).where(belongs))
    search_text.forget(tx, message_ids)  # after the messages: until then, another process may add words


def belonging(table: Table, source_id: SourceId) -> ColumnElement[bool] | None:
    """The condition on rows of the table that belong to the source; ``None`` for a table that belongs to no source."""
    if table is sources:
        return sources.c.id == source_id
    if table.name in LEFT_BEHIND:
        return None
    if "source_id" in table.c:
        return table.c.source_id == source_id
    owners = {
        "message_id": select(messages.c.id).where(messages.c.source_id == source_id),
        "endpoint_id": select(endpoints.c.id).where(endpoints.c.source_id == source_id),
        "notice_id": select(notices.c.id).where(notices.c.source_id == source_id),
        "address_id": select(inspector_addresses.c.id).where(inspector_addresses.c.source_id == source_id),
        "delivery_id": select(deliveries.c.id).join(messages).where(messages.c.source_id == source_id),
    }
    for name, owned in owners.items():
        if name in table.c:
            return table.c[name].in_(owned)
    return None
