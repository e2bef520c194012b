"""Endpoints that people deleted: they can be restored for a while, then they are erased for good.

A deleted endpoint keeps its row with all settings, secrets encrypted, and its drafts, versions, test cases and shadows.
An erased one keeps its row too, because the log names it, but nothing that is secret or about people.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, update

from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, Millis, SourceId
from server.domain.shadows import ShadowState
from server.store import backtests, drafts, options, shadows, test_cases
from server.store.changes import endpoint_changed
from server.store.endpoints import ANY, STRINGS, read_row
from server.store.schema import endpoints
from server.store.vault import seal

PAGE = 50

RESTORABLE = and_(endpoints.c.deleted_at.is_not(None), endpoints.c.erased.is_(False))


@dataclass(frozen=True, slots=True)
class DeletedEndpoint:
    endpoint: Endpoint
    """As it was: disabled or paused only if it was so before."""
    deleted_at: Millis


def remove(tx: Connection, endpoint_id: EndpointId, now: Millis) -> bool:
    """Delete the endpoint: it leaves all lists and gets no more events. False when it was deleted before.

    Its shadow and backtest end; ``restore`` brings back everything else.
    """
    endpoint_changed(tx, endpoint_id)
    existing = and_(endpoints.c.id == endpoint_id, endpoints.c.deleted_at.is_(None))
    if not tx.execute(update(endpoints).where(existing).values(deleted_at=now, updated_at=now)).rowcount:
        return False
    if shadow := shadows.running(tx, endpoint_id):
        shadows.end(tx, shadow.id, ShadowState.DROPPED, now)
    if backtest := backtests.running(tx, endpoint_id):
        backtests.ask_to_stop(tx, backtest.id, now)
    return True


def restore(tx: Connection, endpoint_id: EndpointId, now: Millis) -> bool:
    """Bring a deleted endpoint back as it was. False when it is not deleted, or erased."""
    endpoint_changed(tx, endpoint_id)
    chosen = and_(endpoints.c.id == endpoint_id, RESTORABLE)
    return tx.execute(update(endpoints).where(chosen).values(deleted_at=None, updated_at=now)).rowcount == 1


def erase(tx: Connection, endpoint_id: EndpointId, before: Millis | None = None) -> bool:
    """Erase what a deleted endpoint still has, its secrets first. False when it is not deleted, or erased before.

    With ``before`` only one that was deleted before that time: another process may have restored and deleted it since
    it was found.
    """
    still = and_(endpoints.c.id == endpoint_id, RESTORABLE)
    if before is not None:
        still = and_(still, endpoints.c.deleted_at < before)
    empty = {column.name: seal(tx, column, endpoint_id, "{}") for column in STRINGS}
    erased = tx.execute(
        update(endpoints)
        .where(still)
        .values(
            **empty, url="", secret="", former_secret=None, draft_id=None, shadow_id=None, disabled=True, erased=True
        )
    )
    if not erased.rowcount:
        return False
    drafts.erase(tx, endpoint_id)
    test_cases.erase(tx, endpoint_id)
    options.forget_pushed(tx, endpoint_id)
    backtests.erase(tx, endpoint_id)
    shadows.erase(tx, endpoint_id)
    return True


def get(tx: Connection, endpoint_id: EndpointId) -> DeletedEndpoint | None:
    """The endpoint, if it can be restored."""
    row = tx.execute(ANY.where(endpoints.c.id == endpoint_id, RESTORABLE)).mappings().first()
    return DeletedEndpoint(read_row(tx, row), row["deleted_at"]) if row else None


def count(tx: Connection, source_id: SourceId) -> int:
    """How many endpoints of a source can be restored."""
    query = select(func.count()).where(endpoints.c.source_id == source_id, RESTORABLE)
    return tx.execute(query).scalar_one()


def page(tx: Connection, source_id: SourceId, offset: int = 0, limit: int = PAGE) -> list[DeletedEndpoint]:
    """The endpoints of a source that can be restored, the last deleted first."""
    query = (
        ANY.where(endpoints.c.source_id == source_id, RESTORABLE)
        .order_by(endpoints.c.deleted_at.desc(), endpoints.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [DeletedEndpoint(read_row(tx, row), row["deleted_at"]) for row in tx.execute(query).mappings().all()]


def due(tx: Connection, before: Millis, limit: int) -> list[EndpointId]:
    """Endpoints that were deleted before that time and are not erased yet, the first deleted first."""
    query = select(endpoints.c.id).where(RESTORABLE, endpoints.c.deleted_at < before)
    return [EndpointId(each) for each in tx.execute(query.order_by(endpoints.c.deleted_at).limit(limit)).scalars()]
