"""Shadows: one row each with its report. ``endpoints.shadow_id`` names the running one of an endpoint."""

from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, Select, delete, func, select, update

from server.domain.audit import AuditAction
from server.domain.comparison_reports import Report
from server.domain.ids import EndpointId, Millis, ShadowId, VersionId
from server.domain.shadows import Shadow, ShadowState
from server.store import audit
from server.store.changes import endpoint_changed
from server.store.schema import endpoints, shadows

KEPT = 20
"""Shadows that are kept of an endpoint."""

log = structlog.get_logger()

_RUNNING = shadows.c.state == ShadowState.RUNNING.value


def insert(tx: Connection, shadow: Shadow) -> None:
    """Store a shadow and let it run. Deletes the endpoint's oldest ones beyond ``KEPT``."""
    tx.execute(
        shadows.insert().values(
            id=shadow.id,
            endpoint_id=shadow.endpoint_id,
            version_id=shadow.version_id,
            former_version_id=shadow.former_version_id,
            state=shadow.state.value,
            until=shadow.until,
            author=shadow.author,
            report=shadow.report.dump(),
            created_at=shadow.created_at,
            updated_at=shadow.created_at,
            ended_at=None,
        )
    )
    _point(tx, shadow.endpoint_id, shadow.id)
    ended = select(shadows.c.id).where(shadows.c.endpoint_id == shadow.endpoint_id, ~_RUNNING)
    old = list(tx.execute(ended.order_by(shadows.c.id.desc()).offset(KEPT)).scalars())
    if old:
        tx.execute(delete(shadows).where(shadows.c.id.in_(old)))


def get(tx: Connection, shadow_id: ShadowId) -> Shadow | None:
    return _first(tx, select(shadows).where(shadows.c.id == shadow_id))


def running(tx: Connection, endpoint_id: EndpointId) -> Shadow | None:
    return _first(tx, select(shadows).where(shadows.c.endpoint_id == endpoint_id, _RUNNING))


def history(tx: Connection, endpoint_id: EndpointId) -> list[Shadow]:
    """The endpoint's shadows, newest first."""
    query = select(shadows).where(shadows.c.endpoint_id == endpoint_id).order_by(shadows.c.id.desc())
    return [_shadow(row) for row in tx.execute(query).mappings()]


def add_report(tx: Connection, shadow_id: ShadowId, report: Report, now: Millis) -> None:
    """Add what this process has compared to the shadow's report. It may have ended meanwhile."""
    row = tx.execute(select(shadows.c.report).where(shadows.c.id == shadow_id).with_for_update()).first()
    if row is None:
        return
    whole = _report(row[0], shadow_id)
    whole.merge(report)
    tx.execute(update(shadows).where(shadows.c.id == shadow_id).values(report=whole.dump(), updated_at=now))


def end(tx: Connection, shadow_id: ShadowId, state: ShadowState, now: Millis, author: str = "") -> bool:
    """End a running shadow. Returns False if it has ended already.

    The audit trail says that ``author`` dropped it, or that its time was over; of a promotion, the activation does.
    """
    columns = (shadows.c.endpoint_id, shadows.c.version_id)
    found = tx.execute(select(*columns).where(shadows.c.id == shadow_id, _RUNNING)).first()
    ended = update(shadows).where(shadows.c.id == shadow_id, _RUNNING)
    if found is None or not tx.execute(ended.values(state=state.value, updated_at=now, ended_at=now)).rowcount:
        return False
    endpoint_id = EndpointId(found.endpoint_id)
    if action := _ENDED.get(state):
        audit.add(tx, endpoint_id, action, author, now, {"version": found.version_id})
    _point(tx, endpoint_id, None)
    return True


_ENDED = {ShadowState.DROPPED: AuditAction.SHADOW_DROPPED, ShadowState.ENDED: AuditAction.SHADOW_ENDED}


def erase(tx: Connection, endpoint_id: EndpointId) -> None:
    """Delete the shadows of an endpoint that was removed."""
    tx.execute(delete(shadows).where(shadows.c.endpoint_id == endpoint_id))


def due(tx: Connection, now: Millis) -> list[ShadowId]:
    """The running shadows whose time is over."""
    return [
        ShadowId(each) for each in tx.execute(select(shadows.c.id).where(_RUNNING, shadows.c.until <= now)).scalars()
    ]


def next_end(tx: Connection) -> Millis | None:
    """When the time of the first running shadow is over; ``None`` if none runs."""
    until: Millis | None = tx.execute(select(func.min(shadows.c.until)).where(_RUNNING)).scalar_one()
    return until


def _point(tx: Connection, endpoint_id: EndpointId, shadow_id: ShadowId | None) -> None:
    endpoint_changed(tx, endpoint_id, listening=False)
    tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(shadow_id=shadow_id))


def _first(tx: Connection, query: Select[Any]) -> Shadow | None:
    row = tx.execute(query.limit(1)).mappings().first()
    return _shadow(row) if row else None


def _report(text: str, shadow_id: str) -> Report:
    try:
        return Report.load(text)
    except Exception:  # counts that cannot be read must not end the shadow
        log.exception("shadow.report_unreadable", shadow_id=shadow_id)
        return Report()


def _shadow(row: RowMapping) -> Shadow:
    return Shadow(
        id=ShadowId(row["id"]),
        endpoint_id=EndpointId(row["endpoint_id"]),
        version_id=VersionId(row["version_id"]),
        former_version_id=VersionId(row["former_version_id"]) if row["former_version_id"] else None,
        until=row["until"],
        author=row["author"],
        created_at=row["created_at"],
        state=ShadowState(row["state"]),
        report=_report(row["report"], row["id"]),
        updated_at=row["updated_at"],
        ended_at=row["ended_at"],
    )
