"""Drafts of endpoints' code. Each save adds a revision; ``endpoints.draft_id`` names the current one."""

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from server.domain.ids import CodeDraftId, EndpointId, VersionId
from server.domain.versions import CodeDraft
from server.store.changes import endpoint_changed
from server.store.columns import dump, load_strings
from server.store.schema import drafts, endpoints
from server.store.vault import seal, unseal

KEPT = 20
"""Revisions that are kept of an endpoint's drafts."""


def save(tx: Connection, draft: CodeDraft) -> CodeDraft:
    """Store a draft as the next revision and make it the current one. Returns it with its revision."""
    endpoint_id = draft.endpoint_id
    last = tx.execute(select(func.max(drafts.c.revision)).where(drafts.c.endpoint_id == endpoint_id)).scalar() or 0
    variables = None if draft.variables is None else seal(tx, drafts.c.variables, draft.id, dump(dict(draft.variables)))
    tx.execute(
        drafts.insert().values(
            id=draft.id,
            endpoint_id=endpoint_id,
            revision=last + 1,
            code=draft.code,
            variables=variables,
            transforming=draft.transforming,
            base_version_id=draft.base_version_id,
            author=draft.author,
            created_at=draft.created_at,
            checks=draft.checks,
        )
    )
    _point(tx, endpoint_id, draft.id)
    tx.execute(delete(drafts).where(drafts.c.endpoint_id == endpoint_id, drafts.c.revision <= last + 1 - KEPT))
    return CodeDraft(
        draft.id,
        endpoint_id,
        last + 1,
        draft.code,
        draft.variables,
        draft.transforming,
        draft.base_version_id,
        draft.author,
        draft.created_at,
        draft.checks,
    )


def discard(tx: Connection, endpoint_id: EndpointId) -> None:
    """Leave the endpoint without a draft. The revisions stay, so that one can be restored."""
    _point(tx, endpoint_id, None)


def current(tx: Connection, endpoint_id: EndpointId) -> CodeDraft | None:
    """The endpoint's draft; ``None`` if there is none."""
    query = select(drafts).join(endpoints, endpoints.c.draft_id == drafts.c.id).where(endpoints.c.id == endpoint_id)
    row = tx.execute(query).mappings().first()
    return _draft(tx, row) if row else None


def get(tx: Connection, draft_id: CodeDraftId) -> CodeDraft | None:
    row = tx.execute(select(drafts).where(drafts.c.id == draft_id)).mappings().first()
    return _draft(tx, row) if row else None


def revisions(tx: Connection, endpoint_id: EndpointId) -> list[CodeDraft]:
    """The kept revisions of an endpoint's drafts, newest first."""
    query = select(drafts).where(drafts.c.endpoint_id == endpoint_id).order_by(drafts.c.revision.desc())
    return [_draft(tx, row) for row in tx.execute(query).mappings()]


def keep_checks(tx: Connection, draft_id: CodeDraftId, checks: str) -> None:
    """Store what the test cases said about a draft."""
    tx.execute(update(drafts).where(drafts.c.id == draft_id).values(checks=checks))


def forget_checks(tx: Connection, endpoint_id: EndpointId) -> None:
    """Forget what the test cases said about the endpoint's drafts, because there are other cases now."""
    said = (drafts.c.endpoint_id == endpoint_id, drafts.c.checks.is_not(None))
    tx.execute(update(drafts).where(*said).values(checks=None))


def erase(tx: Connection, endpoint_id: EndpointId) -> None:
    """Delete the drafts of an endpoint that was removed: they may hold secret variables."""
    tx.execute(delete(drafts).where(drafts.c.endpoint_id == endpoint_id))


def _point(tx: Connection, endpoint_id: EndpointId, draft_id: CodeDraftId | None) -> None:
    endpoint_changed(tx, endpoint_id, listening=False)
    tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(draft_id=draft_id))


def _draft(tx: Connection, row: RowMapping) -> CodeDraft:
    draft_id, kept, variables, unreadable = CodeDraftId(row["id"]), row["variables"], None, False
    if kept is not None:
        try:
            variables = load_strings(unseal(tx, drafts.c.variables, draft_id, kept))
        except Exception:  # the column may hold anything
            variables, unreadable = {}, True
    return CodeDraft(
        draft_id,
        EndpointId(row["endpoint_id"]),
        row["revision"],
        row["code"],
        variables,
        row["transforming"],
        VersionId(row["base_version_id"]) if row["base_version_id"] else None,
        row["author"],
        row["created_at"],
        row["checks"],
        unreadable,
    )
