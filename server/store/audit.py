"""The audit trail: one row for each change of an endpoint, written in the transaction that makes the change."""

import json
from collections.abc import Collection, Iterable

import structlog
from sqlalchemy import Connection, RowMapping, func, select, update

from server.domain.audit import AuditAction, AuditEntry, Details
from server.domain.ids import AuditId, EndpointId, Millis, TestCaseId, mint
from server.store.columns import dump
from server.store.schema import audit

PAGE = 50
REPEATED_MS: Millis = 3_600_000
"""Since the first of them, saves of one person are one entry, unless something else was done in between."""
MAX_NAMED = 20
"""Test cases and event types that an entry names; a push may bring hundreds."""

log = structlog.get_logger()


def add(
    tx: Connection,
    endpoint_id: EndpointId,
    action: AuditAction,
    author: str,
    now: Millis,
    details: Details | None = None,
) -> None:
    """Record what ``author`` did; empty means Hookbench. ``details`` never hold the value of a secret."""
    tx.execute(
        audit.insert().values(
            id=mint(AuditId),
            endpoint_id=endpoint_id,
            action=action.value,
            author=author,
            details=dump(dict(details or {})),
            created_at=now,
        )
    )


def add_repeated(tx: Connection, endpoint_id: EndpointId, action: AuditAction, author: str, now: Millis) -> None:
    """As ``add``, for what a person may do every minute: within an hour, the newest entry counts how often."""
    newest = tx.execute(select(audit).where(audit.c.endpoint_id == endpoint_id).order_by(audit.c.id.desc()).limit(1))
    entry = _entry(row) if (row := newest.mappings().first()) else None
    same = entry is not None and (entry.action, entry.author) == (action, author)
    if entry is None or not same or entry.created_at < now - REPEATED_MS:
        add(tx, endpoint_id, action, author, now)
        return
    times = str(entry.details.get("times", "1"))
    details = {"times": str(int(times) + 1 if times.isdecimal() else 2)}
    tx.execute(update(audit).where(audit.c.id == entry.id).values(details=dump(details)))


def add_cases(
    tx: Connection,
    endpoint_id: EndpointId,
    action: AuditAction,
    author: str,
    now: Millis,
    cases: Iterable[tuple[TestCaseId, str]],
) -> None:
    """Record what ``author`` did to these test cases, each with its event type; nothing without any."""
    if known := list(cases):
        ids, types = [str(case_id) for case_id, _ in known], sorted({event_type for _, event_type in known})
        add(tx, endpoint_id, action, author, now, {"cases": ids[:MAX_NAMED], "event_types": types[:MAX_NAMED]})


def page(tx: Connection, endpoint_id: EndpointId, before: str = "", limit: int = PAGE) -> list[AuditEntry]:
    """An endpoint's entries, newest first; with ``before`` only those older than that id."""
    query = select(audit).where(audit.c.endpoint_id == endpoint_id).order_by(audit.c.id.desc()).limit(limit)
    if before:
        query = query.where(audit.c.id < before)
    return [entry for row in tx.execute(query).mappings() if (entry := _entry(row))]


def is_edited(tx: Connection, endpoint_id: EndpointId, fields: Collection[str], since: Millis) -> bool:
    """Whether one of these fields of the endpoint was edited at that time or later."""
    edits = select(audit).where(
        audit.c.endpoint_id == endpoint_id, audit.c.action == AuditAction.EDITED.value, audit.c.created_at >= since
    )
    entries = [entry for row in tx.execute(edits).mappings() if (entry := _entry(row))]
    return any(field in fields for entry in entries for field in entry.details.get("fields", ()))


def deleted_by(tx: Connection, ids: Iterable[EndpointId]) -> dict[EndpointId, str]:
    """Who deleted each of these endpoints last."""
    newest = (
        select(func.max(audit.c.id))
        .where(audit.c.endpoint_id.in_(list(ids)), audit.c.action == AuditAction.DELETED.value)
        .group_by(audit.c.endpoint_id)
    )
    rows = tx.execute(select(audit.c.endpoint_id, audit.c.author).where(audit.c.id.in_(newest)))
    return {EndpointId(endpoint_id): author for endpoint_id, author in rows}


def _entry(row: RowMapping) -> AuditEntry | None:
    """The entry in a row; ``None`` for one of a newer version of Hookbench, or one that cannot be read."""
    try:
        details = json.loads(row["details"])
        return AuditEntry(
            AuditId(row["id"]),
            EndpointId(row["endpoint_id"]),
            AuditAction(row["action"]),
            row["author"],
            details if isinstance(details, dict) else {},
            row["created_at"],
        )
    except ValueError:
        log.warning("audit.unreadable", audit_id=row["id"])
        return None
