"""Operational events: added in the transaction of what happened. Repetitions are counted in one event."""

import json
from collections.abc import Iterable
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, Select, func, literal_column, select, update

from server.domain.ids import EndpointId, MessageId, Millis, NoticeId, SourceId, mint
from server.domain.messages import Attempt
from server.domain.operational_event_types import ENDPOINT_DISABLED, ENDPOINT_RECOVERED, OPERATIONAL_EVENTS, troubles
from server.domain.operational_events import Occurrence, OperationalEvent, failing, recovered
from server.store import notifications, waiting_retries
from server.store.columns import dump
from server.store.schema import notices, sources

PAGE = 50

log = structlog.get_logger()

MAX_COUNTED = 100
"""``unseen`` counts no further: a higher number tells a person nothing more."""


MAX_WAITING_COUNTED = 500
"""An event counts what waits no further than this: it is counted while others wait for the writer."""


def add(tx: Connection, happened: Occurrence) -> NoticeId | None:
    """Store an operational event and return its id; ``None`` when it was counted in an existing one."""
    return add_all(tx, [happened])[0]


def add_all(tx: Connection, every: Iterable[Occurrence]) -> list[NoticeId | None]:
    """``add`` for each, in their order. Equal ones share the same two statements."""
    alike: dict[tuple[str, EndpointId, str], list[Occurrence]] = {}
    order = []
    for one in every:
        key = (one.type.key, one.endpoint_id, one.subject)
        alike.setdefault(key, []).append(one)
        order.append((key, len(alike[key]) == 1))
    added = {key: _gather(tx, group) for key, group in alike.items()}
    return [added[key] if first else None for key, first in order]


def recover(tx: Connection, attempt: Attempt) -> NoticeId | None:
    """Store that an endpoint accepts events again, if there was trouble since its last recovery. Returns the new id.

    Call it only for attempts that succeeded after a failure, because it costs a query.
    """
    latest = (
        select(notices.c.kind)
        .where(
            notices.c.endpoint_id == attempt.endpoint_id,
            notices.c.kind.in_([*troubles(), ENDPOINT_RECOVERED.key]),
        )
        .order_by(notices.c.updated_at.desc(), notices.c.id.desc())
        .limit(1)
    )
    kind = tx.execute(latest).scalar()
    if kind not in troubles():
        return None
    ended_at = attempt.started_at + round(attempt.duration_ms)
    waiting = waiting_retries.find(tx, attempt.endpoint_id, ended_at, MAX_WAITING_COUNTED)
    return add(tx, recovered(attempt, waiting))


def fail(tx: Connection, attempt: Attempt, first_failure_at: Millis) -> NoticeId | None:
    """Store that every attempt of an endpoint has failed since ``first_failure_at``, with what waits for a retry."""
    ended_at = attempt.started_at + round(attempt.duration_ms)
    waiting = waiting_retries.find(tx, attempt.endpoint_id, ended_at, MAX_WAITING_COUNTED)
    return add(tx, failing(attempt, first_failure_at, waiting))


def page(tx: Connection, source_id: SourceId, *, before: str = "", limit: int = PAGE) -> list[OperationalEvent]:
    """A source's operational events, newest first; with ``before``, only those older than that id."""
    query = select(notices).where(notices.c.source_id == source_id)
    if before:
        query = query.where(notices.c.id < before)
    return _readable(tx.execute(query.order_by(notices.c.id.desc()).limit(limit)).mappings())


def of_endpoint(tx: Connection, endpoint_id: EndpointId, limit: int = 5) -> list[OperationalEvent]:
    """The newest operational events of an endpoint, newest first."""
    query = select(notices).where(notices.c.endpoint_id == endpoint_id).order_by(notices.c.id.desc()).limit(limit)
    return _readable(tx.execute(query).mappings())


def disabled_at(tx: Connection, endpoint_id: EndpointId) -> Millis | None:
    """When the endpoint was last disabled automatically; ``None`` if no operational event records it (any more)."""
    query = select(func.max(notices.c.created_at)).where(
        notices.c.endpoint_id == endpoint_id, notices.c.kind == ENDPOINT_DISABLED.key
    )
    return tx.execute(query).scalar()


def by_ids(tx: Connection, ids: Iterable[NoticeId]) -> dict[NoticeId, OperationalEvent]:
    rows = tx.execute(select(notices).where(notices.c.id.in_(list(ids)))).mappings()
    return {notice.id: notice for notice in _readable(rows)}


def latest(tx: Connection, after: str, limit: int = 100) -> list[tuple[NoticeId, SourceId]]:
    """The ids and sources of operational events added after that id, oldest first."""
    query = select(notices.c.id, notices.c.source_id).where(notices.c.id > after).order_by(notices.c.id).limit(limit)
    return [(NoticeId(notice_id), SourceId(source_id)) for notice_id, source_id in tx.execute(query)]


def unseen(tx: Connection) -> dict[SourceId, int]:
    """The number of each source's unseen operational events, at most ``MAX_COUNTED``."""
    # One statement for all sources, since every page asks it.
    some: Select[Any] = select(literal_column("1")).where(
        notices.c.source_id == sources.c.id, notices.c.seen_at.is_(None)
    )
    few = some.limit(MAX_COUNTED).correlate(sources).subquery()
    count = select(func.count()).select_from(few).correlate(sources).scalar_subquery()
    return {SourceId(source_id): number for source_id, number in tx.execute(select(sources.c.id, count))}


def see(tx: Connection, source_id: SourceId, up_to: str, now: Millis) -> int:
    """Mark a source's operational events up to that id as seen. Newer ones came after the page was shown."""
    seen = tx.execute(
        update(notices)
        .where(notices.c.source_id == source_id, notices.c.seen_at.is_(None), notices.c.id <= up_to)
        .values(seen_at=now)
    )
    return seen.rowcount


def _gather(tx: Connection, alike: list[Occurrence]) -> NoticeId | None:
    """Count equal occurrences in an existing operational event if it is recent enough; otherwise add one.

    Detail and message are those of the latest occurrence. Returns the id of a new event, else ``None``.
    """
    last = alike[-1]
    values: dict[str, Any] = {"message_id": last.message_id, "detail": dump(dict(last.detail)), "updated_at": last.at}
    gathering = (
        select(notices.c.id)
        .where(
            notices.c.endpoint_id == last.endpoint_id,
            notices.c.kind == last.type.key,
            notices.c.subject == last.subject,
            notices.c.created_at > last.at - last.type.counted_together_ms,
        )
        .order_by(notices.c.id.desc())
        .limit(1)
    )
    if known := tx.execute(gathering).scalar():
        tx.execute(update(notices).where(notices.c.id == known).values(count=notices.c.count + len(alike), **values))
        return None
    added = mint(NoticeId)
    tx.execute(
        notices.insert().values(
            id=added,
            kind=last.type.key,
            source_id=last.source_id,
            endpoint_id=last.endpoint_id,
            subject=last.subject,
            count=len(alike),
            created_at=alike[0].at,
            **values,
        )
    )
    notifications.enqueue(tx, added, last.type, last.at)
    return added


def _readable(rows: Iterable[RowMapping]) -> list[OperationalEvent]:
    """The operational events that can be read. An unreadable one must not break a page or stop notifications."""
    found = []
    for row in rows:
        try:
            found.append(_notice(row))
        except Exception as error:
            log.warning("notice.unreadable", notice_id=row["id"], error=type(error).__name__)
    return found


def _notice(row: RowMapping) -> OperationalEvent:
    return OperationalEvent(
        id=NoticeId(row["id"]),
        type=OPERATIONAL_EVENTS[row["kind"]],
        source_id=SourceId(row["source_id"]),
        endpoint_id=EndpointId(row["endpoint_id"]) if row["endpoint_id"] else None,
        message_id=MessageId(row["message_id"]) if row["message_id"] else None,
        detail=json.loads(row["detail"]),
        count=row["count"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        seen_at=row["seen_at"],
    )
