"""The draft of an endpoint's code: saving, discarding, and restoring an older version into it. None of it goes live."""

from server.actions.case_runs import run_all
from server.actions.endpoint_form import EndpointForm, code_problems, variable_problems
from server.actions.endpoints import existing, told, unchanged_since
from server.actions.services import Services
from server.domain.audit import AuditAction, Details
from server.domain.endpoints import Endpoint
from server.domain.ids import CodeDraftId, EndpointId, Millis, VersionId, mint
from server.domain.sentences import Invalid, Problem, say
from server.domain.stamps import Seen
from server.domain.versions import CodeDraft
from server.store import Transaction, audit, drafts, versions


async def save(
    services: Services, endpoint: Endpoint, typed: EndpointForm, seen: Seen | None = None, author: str = ""
) -> CodeDraft | None:
    """Save code, variables and switch as the endpoint's draft; ``None`` when they equal what is active.

    Raises ``Invalid``, and ``Stale`` when draft or active code were changed since ``seen``.
    """
    if found := [*await code_problems(services, typed), *variable_problems(typed.variables)]:
        raise Invalid(*found)
    saved = await services.store.write(lambda tx: put(tx, endpoint.id, typed, author, services.now(), seen))
    told(services, endpoint)
    return saved


def put(
    tx: Transaction, endpoint_id: EndpointId, typed: EndpointForm, author: str, at: Millis, seen: Seen | None = None
) -> CodeDraft | None:
    """As ``save``, in an open transaction, for a ``typed`` draft without problems."""
    variables = dict(typed.variables)
    now = unchanged_since(seen, existing(tx, endpoint_id))
    if is_active(now, typed.code, variables, typed.transforming):
        _discard(tx, now, author, at)
        return None
    saved = drafts.current(tx, endpoint_id)
    if saved and _is_saved(now, saved, typed.code, variables, typed.transforming):
        return saved
    audit.add_repeated(tx, endpoint_id, AuditAction.DRAFT_SAVED, author, at)
    return drafts.save(
        tx,
        CodeDraft(
            id=mint(CodeDraftId),
            endpoint_id=endpoint_id,
            revision=0,  # the store counts
            code=typed.code,
            variables=None if variables == now.variables and "variables" not in now.unreadable else variables,
            transforming=typed.transforming,
            base_version_id=now.version.id if now.version else None,
            author=author,
            created_at=at,
        ),
    )


def start_cases(services: Services, endpoint: Endpoint, saved: CodeDraft) -> None:
    """Begin to run the endpoint's test cases on the draft. ``services.case_progress`` says how far they are."""
    services.case_progress.start(
        endpoint.id, saved.code, lambda tell: run_all(services, endpoint, saved, tell), services.now()
    )


async def discard(services: Services, endpoint: Endpoint, author: str = "") -> None:
    """Leave the endpoint without a draft. Its last revisions stay on the page History."""
    await services.store.write(lambda tx: _discard(tx, existing(tx, endpoint.id), author, services.now()))
    told(services, endpoint)


def _discard(tx: Transaction, now: Endpoint, author: str, at: Millis) -> None:
    drafts.discard(tx, now.id)
    if now.draft_id:
        audit.add(tx, now.id, AuditAction.DRAFT_DISCARDED, author, at)


async def restore_version(
    services: Services, endpoint: Endpoint, version_id: VersionId, author: str = ""
) -> CodeDraft | None:
    """Put an older version's code into the draft; ``None`` when it is what is active. Raises ``Invalid``."""

    def update(tx: Transaction) -> CodeDraft | None:
        old = versions.of_endpoint(tx, endpoint.id, version_id)
        if old is None:
            raise Invalid(Problem("", say("This version does not exist.")))
        return _replace_code(services, tx, endpoint, old.code, author, {"version": version_id})

    saved = await services.store.write(update)
    told(services, endpoint)
    return saved


async def restore_revision(
    services: Services, endpoint: Endpoint, draft_id: CodeDraftId, author: str = ""
) -> CodeDraft | None:
    """Put the code of an earlier revision of the draft into the draft. Raises ``Invalid``."""

    def update(tx: Transaction) -> CodeDraft | None:
        now, old = existing(tx, endpoint.id), drafts.get(tx, draft_id)
        if old is None or old.endpoint_id != now.id:
            raise Invalid(Problem("", say("This revision of the draft does not exist any more.")))
        return _replace_code(services, tx, endpoint, old.code, author, {"revision": str(old.revision)})

    saved = await services.store.write(update)
    told(services, endpoint)
    return saved


def _replace_code(
    services: Services, tx: Transaction, endpoint: Endpoint, code: str, author: str, restored: Details
) -> CodeDraft | None:
    """Save the draft with other code. Its variables stay as they are; if they cannot be read, the endpoint's apply."""
    now, saved = existing(tx, endpoint.id), drafts.current(tx, endpoint.id)
    kept = saved.variables if saved and not saved.unreadable else None
    if kept is None and is_active(now, code, dict(now.variables), transforming=True):
        _discard(tx, now, author, services.now())
        return None
    audit.add(tx, endpoint.id, AuditAction.DRAFT_RESTORED, author, services.now(), restored)
    return drafts.save(
        tx,
        CodeDraft(
            id=mint(CodeDraftId),
            endpoint_id=endpoint.id,
            revision=0,  # the store counts
            code=code,
            variables=kept,
            transforming=True,
            base_version_id=now.version.id if now.version else None,
            author=author,
            created_at=services.now(),
        ),
    )


def is_active(now: Endpoint, code: str, variables: object, transforming: bool) -> bool:
    """Whether this is what serves already."""
    code_is_active = now.version.code == code if now.version else not code.strip()
    return (
        code_is_active
        and variables == dict(now.variables)
        and transforming == now.transforming
        and not now.unreadable & {"variables"}
    )


def _is_saved(now: Endpoint, saved: CodeDraft, code: str, variables: object, transforming: bool) -> bool:
    known = dict(now.variables if saved.variables is None else saved.variables)
    return not saved.unreadable and (saved.code, known, saved.transforming) == (code, variables, transforming)
