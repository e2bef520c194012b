"""The stored events that an endpoint would get, newest first, in bounded steps on a reader."""

from typing import Any

import structlog
from sqlalchemy import Connection, Select, and_, func, select

from server.domain.backtests import EventSelection
from server.domain.endpoints import Endpoint
from server.domain.ids import MessageId
from server.domain.messages import Message, Origin
from server.store.messages import read
from server.store.schema import messages

SCANNED = 5_000
"""Messages that one step scans, since most may be of other event types."""

log = structlog.get_logger()


def count_step(tx: Connection, endpoint: Endpoint, selection: EventSelection, before: str) -> tuple[int, str]:
    """How many of the next ``SCANNED`` messages before ``before`` are selected, and where the next step begins.

    The second is empty when none is left. A filter on the payload is not evaluated.
    """
    edge = _edge(tx, endpoint, selection, before)
    query = _selected(select(messages.c.id), endpoint, selection, before, edge)
    count = tx.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return count, edge or ""


def page(
    tx: Connection, endpoint: Endpoint, selection: EventSelection, before: str, most: int
) -> tuple[list[Message], str]:
    """The next selected messages before the id ``before``, newest first, and where the next page begins.

    The second is empty when none is left; a page may be empty although more follow.
    """
    edge = _edge(tx, endpoint, selection, before)
    query = _selected(select(messages), endpoint, selection, before, edge).order_by(messages.c.id.desc()).limit(most)
    found: list[Message] = []
    rows = tx.execute(query).mappings().all()
    for row in rows:
        try:
            found.append(read(row))
        except Exception:  # one unreadable message must not hide the others
            log.exception("stored_events.message_unreadable", message_id=row["id"])
    if len(rows) == most:
        return found, MessageId(rows[-1]["id"])
    return found, edge or ""


def _edge(tx: Connection, endpoint: Endpoint, selection: EventSelection, before: str) -> str | None:
    """The id of the last message that a step scans; ``None`` if fewer are left."""
    of_source = and_(
        messages.c.source_id == endpoint.source_id, messages.c.id < before, messages.c.id >= selection.start
    )
    query = select(messages.c.id).where(of_source).order_by(messages.c.id.desc()).offset(SCANNED - 1).limit(1)
    edge: str | None = tx.execute(query).scalar()
    return edge


def _selected(
    query: Select[Any], endpoint: Endpoint, selection: EventSelection, before: str, edge: str | None
) -> Select[Any]:
    query = query.where(
        messages.c.source_id == endpoint.source_id,
        messages.c.id < before,
        messages.c.id >= (edge or selection.start),
        messages.c.origin == Origin.RECEIVED.value,
    )
    if endpoint.event_types is not None:
        query = query.where(messages.c.event_type.in_(sorted(endpoint.event_types)))
    return query
