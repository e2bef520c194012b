"""Test cases of endpoints. A row keeps the case as its file has it, in ASCII.

Whatever changes them forgets what they said about the endpoint's drafts: it was said of other cases.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, RowMapping, delete, func, select, update

from server.domain.ids import EndpointId, Millis, TestCaseId
from server.domain.test_case_files import dump, load
from server.domain.test_cases import TestCase
from server.store import drafts
from server.store.schema import test_cases

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A test case of an endpoint."""

    id: TestCaseId
    endpoint_id: EndpointId
    name: str
    event_type: str
    case: TestCase | None
    """``None`` when the row is damaged."""
    author: str
    created_at: Millis
    updated_at: Millis


def insert(tx: Connection, endpoint_id: EndpointId, cases: Collection[TestCase], author: str, now: Millis) -> None:
    """Store new cases. Their names must be free."""
    rows = [
        {
            "id": case.id,
            "endpoint_id": endpoint_id,
            "author": author,
            "created_at": now,
            "updated_at": now,
            **_columns(case),
        }
        for case in cases
    ]
    if rows:
        tx.execute(test_cases.insert(), rows)
        drafts.forget_checks(tx, endpoint_id)


def change(tx: Connection, endpoint_id: EndpointId, case: TestCase, now: Millis) -> bool:
    """Replace a case of an endpoint by its id. Returns whether it was still there."""
    chosen = update(test_cases).where(test_cases.c.endpoint_id == endpoint_id, test_cases.c.id == case.id)
    if not tx.execute(chosen.values(updated_at=now, **_columns(case))).rowcount:
        return False
    drafts.forget_checks(tx, endpoint_id)
    return True


def remove(tx: Connection, endpoint_id: EndpointId, ids: Collection[TestCaseId]) -> int:
    """Delete cases of an endpoint. Returns how many there were."""
    chosen = delete(test_cases).where(test_cases.c.endpoint_id == endpoint_id, test_cases.c.id.in_(list(ids)))
    removed = tx.execute(chosen).rowcount
    if removed:
        drafts.forget_checks(tx, endpoint_id)
    return removed


def erase(tx: Connection, endpoint_id: EndpointId) -> None:
    """Delete all cases of an endpoint that was removed: their payloads may be about people."""
    tx.execute(delete(test_cases).where(test_cases.c.endpoint_id == endpoint_id))


def get(tx: Connection, endpoint_id: EndpointId, case_id: TestCaseId) -> StoredCase | None:
    """A case of this endpoint; ``None`` if there is none with this id."""
    query = select(test_cases).where(test_cases.c.endpoint_id == endpoint_id, test_cases.c.id == case_id)
    row = tx.execute(query).mappings().first()
    return _stored(row) if row else None


def of_endpoint(tx: Connection, endpoint_id: EndpointId) -> list[StoredCase]:
    """The endpoint's cases, oldest first."""
    query = select(test_cases).where(test_cases.c.endpoint_id == endpoint_id)
    rows = tx.execute(query.order_by(test_cases.c.created_at, test_cases.c.id)).mappings()
    return [_stored(row) for row in rows]


def are_unchanged(tx: Connection, endpoint_id: EndpointId, seen: Collection[StoredCase]) -> bool:
    """Whether these are still all cases of the endpoint, as they were read."""
    rows = tx.execute(select(test_cases.c.id, test_cases.c.updated_at).where(test_cases.c.endpoint_id == endpoint_id))
    return {(row.id, row.updated_at) for row in rows} == {(each.id, each.updated_at) for each in seen}


def names(tx: Connection, endpoint_id: EndpointId) -> dict[str, TestCaseId]:
    """The names of the endpoint's cases, with their ids."""
    query = select(test_cases.c.name, test_cases.c.id).where(test_cases.c.endpoint_id == endpoint_id)
    return {row.name: TestCaseId(row.id) for row in tx.execute(query)}


def event_types(tx: Connection, endpoint_id: EndpointId, ids: Collection[TestCaseId]) -> dict[TestCaseId, str]:
    """The event types of those of these cases that the endpoint has, by id."""
    chosen = (test_cases.c.endpoint_id == endpoint_id, test_cases.c.id.in_(list(ids)))
    rows = tx.execute(select(test_cases.c.id, test_cases.c.event_type).where(*chosen).order_by(test_cases.c.id)).all()
    return {TestCaseId(row.id): row.event_type for row in rows}


def count(tx: Connection, endpoint_id: EndpointId) -> int:
    query = select(func.count()).select_from(test_cases).where(test_cases.c.endpoint_id == endpoint_id)
    return tx.execute(query).scalar_one()


def size(tx: Connection, endpoint_id: EndpointId) -> int:
    """Characters of all definitions of the endpoint's cases."""
    query = select(func.sum(func.length(test_cases.c.definition))).where(test_cases.c.endpoint_id == endpoint_id)
    return int(tx.execute(query).scalar() or 0)


def counts_by_event_type(tx: Connection, endpoint_id: EndpointId) -> dict[str, int]:
    """How many cases the endpoint has for each event type."""
    query = select(test_cases.c.event_type, func.count().label("cases")).where(test_cases.c.endpoint_id == endpoint_id)
    return {row.event_type: row.cases for row in tx.execute(query.group_by(test_cases.c.event_type))}


def _columns(case: TestCase) -> dict[str, str]:
    return {"name": case.name, "event_type": case.event_type, "definition": dump(case, ascii=True)}


def _stored(row: RowMapping) -> StoredCase:
    case_id = TestCaseId(row["id"])
    case = None
    try:
        case = load(row["definition"], id=case_id)
    except ValueError as error:  # one damaged row must not hide the others
        log.warning("test_cases.unreadable", case=case_id, error=str(error)[:200])
    return StoredCase(
        case_id,
        EndpointId(row["endpoint_id"]),
        row["name"],
        row["event_type"],
        case,
        row["author"],
        row["created_at"],
        row["updated_at"],
    )
