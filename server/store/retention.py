"""Deletes old rows in small batches. Ids sort by time, so the oldest rows come first."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, delete, exists, select

from server.domain.audit import AuditAction
from server.domain.ids import AuditId, InspectedRequestId, MessageId, Millis, NoticeId, ReplayId, earliest
from server.domain.messages import DeliveryState
from server.store import audit, deleted_endpoints
from server.store.database_check import file_of
from server.store.schema import attempts, deliveries, inspected_requests, messages, notices, notifications, replays
from server.store.schema import audit as audit_rows

DELETED_MS: Millis = 30 * 24 * 3_600_000
"""How long a deleted endpoint can be restored."""
AUDIT_MS: Millis = 365 * 24 * 3_600_000
"""How long the audit trail is kept."""

DONE = "~"
"""A cursor after every id."""


@dataclass(frozen=True, slots=True)
class PruneStep:
    """The result of one step: how many rows it deleted, how many must stay for now, and where the next step starts."""

    deleted: int
    kept: int
    cursor: str

    @property
    def done(self) -> bool:
        return self.cursor == DONE


def prune_messages(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete messages received before that time, with their deliveries and attempts. Looks at up to ``limit`` messages.

    A message with a pending delivery stays until a later run; its endpoint may be paused.
    """
    old = (
        select(messages.c.id)
        .where(messages.c.id > cursor, messages.c.id < earliest(MessageId, before))
        .order_by(messages.c.id)
        .limit(limit)
    )
    # Locked, so that on PostgreSQL no other process makes a delivery due again in between.
    found = list(tx.execute(old.with_for_update()).scalars())
    if not found:
        return PruneStep(0, 0, DONE)
    on_the_way = select(deliveries.c.message_id, deliveries.c.state).where(deliveries.c.message_id.in_(found))
    states = tx.execute(on_the_way.with_for_update()).all()
    waiting = {message_id for message_id, state in states if state == DeliveryState.PENDING.value}
    ids = [each for each in found if each not in waiting]
    tx.execute(delete(attempts).where(attempts.c.message_id.in_(ids)))
    tx.execute(delete(deliveries).where(deliveries.c.message_id.in_(ids)))
    tx.execute(delete(messages).where(messages.c.id.in_(ids)))
    return PruneStep(len(ids), len(waiting), DONE if len(found) < limit else found[-1])


def erase_endpoints(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Erase endpoints that were deleted before that time."""
    found = deleted_endpoints.due(tx, before, limit)
    erased = [endpoint_id for endpoint_id in found if deleted_endpoints.erase(tx, endpoint_id, before)]
    for endpoint_id in erased:
        audit.add(tx, endpoint_id, AuditAction.ERASED, "", before + DELETED_MS)
    return PruneStep(len(erased), 0, "" if len(found) == limit else DONE)


def prune_audit(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete entries of the audit trail from before that time."""
    found = _oldest(tx, audit_rows.c.id, earliest(AuditId, before), cursor, limit)
    tx.execute(delete(audit_rows).where(audit_rows.c.id.in_(found)))
    return PruneStep(len(found), 0, found[-1] if len(found) == limit else DONE)


def prune_inspected(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete requests that addresses of the inspector received before that time."""
    found = _oldest(tx, inspected_requests.c.id, earliest(InspectedRequestId, before), cursor, limit)
    tx.execute(delete(inspected_requests).where(inspected_requests.c.id.in_(found)))
    return PruneStep(len(found), 0, found[-1] if len(found) == limit else DONE)


def prune_notices(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete operational events that last happened before that time, with their notifications."""
    found = _oldest(tx, notices.c.id, earliest(NoticeId, before), cursor, limit)
    ids = list(tx.execute(select(notices.c.id).where(notices.c.id.in_(found), notices.c.updated_at < before)).scalars())
    tx.execute(delete(notifications).where(notifications.c.notice_id.in_(ids)))
    tx.execute(delete(notices).where(notices.c.id.in_(ids)))
    return PruneStep(len(ids), len(found) - len(ids), found[-1] if len(found) == limit else DONE)


def prune_replays(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete replays that ended before that time and that no delivery refers to any more."""
    found = _oldest(tx, replays.c.id, earliest(ReplayId, before), cursor, limit)
    unused = select(replays.c.id).where(
        replays.c.id.in_(found),
        replays.c.ended_at < before,
        ~exists().where(deliveries.c.replay_id == replays.c.id),
    )
    ids = list(tx.execute(unused).scalars())
    tx.execute(delete(replays).where(replays.c.id.in_(ids)))
    return PruneStep(len(ids), len(found) - len(ids), found[-1] if len(found) == limit else DONE)


def _oldest(tx: Connection, column: Column[Any], before: str, cursor: str, limit: int) -> list[str]:
    return list(
        tx.execute(select(column).where(column > cursor, column < before).order_by(column).limit(limit)).scalars()
    )


@dataclass(frozen=True, slots=True)
class Usage:
    """Size of a SQLite file in bytes, and how many of them are in free pages, which are reused first."""

    size: int
    free: int


def file_usage(url: str) -> Usage | None:
    """The disk usage of a SQLite file; ``None`` for a database server, and before the file exists."""
    path = file_of(url)
    if path is None or not path.exists():
        return None
    # Without a log beside it no process has the file open; then ``immutable`` avoids creating other files.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    with closing(sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True)) as connection:
        [(page,)] = connection.execute("PRAGMA page_size")
        [(pages,)] = connection.execute("PRAGMA page_count")
        [(free,)] = connection.execute("PRAGMA freelist_count")
    return Usage(page * pages, page * free)
