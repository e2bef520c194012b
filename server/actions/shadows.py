"""Shadows: starting one from a version or the draft, promoting it, dropping it."""

from dataclasses import replace

from server.actions.activations import Approval, check_note, failing_of_version, new_version, serve
from server.actions.endpoints import check_whole, existing, serving, told
from server.actions.services import Services
from server.domain.audit import AuditAction
from server.domain.endpoints import Endpoint
from server.domain.ids import CodeDraftId, Millis, ShadowId, VersionId, mint
from server.domain.sentences import Invalid, Problem, say
from server.domain.shadows import MAX_DURATION, Shadow, ShadowState
from server.domain.versions import ActivationReason, Version
from server.store import Transaction, audit, drafts, shadows, versions

NOT_RUNNING = say("This shadow has already ended.")


async def begin(
    services: Services,
    endpoint: Endpoint,
    duration: Millis,
    author: str,
    *,
    draft_id: CodeDraftId | None = None,
    version_id: VersionId | None = None,
) -> Shadow:
    """Run a version beside the active one for a time. A draft becomes a version, and stays. Raises ``Invalid``."""
    if not 0 < duration <= MAX_DURATION:
        raise Invalid(Problem("days", say("A shadow runs for at most 7 days.")))

    def update(tx: Transaction) -> Shadow:
        now, at = existing(tx, endpoint.id), services.now()
        check_whole(now)
        if shadows.running(tx, now.id):
            raise Invalid(Problem("", say("Another shadow of this endpoint is running. Promote or drop it first.")))
        version = _version(tx, now, draft_id, version_id, author, at)
        if version.id == serving(now):
            raise Invalid(Problem("version", say("Version {number} is active already.", number=version.number)))
        shadow = Shadow(
            id=mint(ShadowId),
            endpoint_id=now.id,
            version_id=version.id,
            former_version_id=serving(now),
            until=at + duration,
            author=author,
            created_at=at,
            updated_at=at,
        )
        shadows.insert(tx, shadow)
        audit.add(tx, now.id, AuditAction.SHADOW_STARTED, author, at, {"version": version.id})
        return shadow

    shadow = await services.store.write(update)
    told(services, endpoint)
    return shadow


async def promote(services: Services, endpoint: Endpoint, shadow: Shadow, approval: Approval) -> Endpoint:
    """Activate the shadow's version and end the shadow. Raises ``Invalid``.

    If test cases fail on it, the note must say why it is activated all the same.
    """
    check_note(approval.note, "note")
    if failing := await failing_of_version(services, endpoint, shadow.version_id):
        if not approval.note:
            sentence = say("Test cases fail. Fix the code, or say why you activate it all the same.")
            raise Invalid(Problem("note", sentence))
        approval = replace(approval, failing=failing, override_note=approval.note)

    def update(tx: Transaction) -> Endpoint:
        at = services.now()
        if not shadows.end(tx, shadow.id, ShadowState.PROMOTED, at):
            raise Invalid(Problem("", NOT_RUNNING))
        now = existing(tx, endpoint.id)
        version = versions.of_endpoint(tx, endpoint.id, shadow.version_id)
        if version is None:
            raise Invalid(Problem("", say("This version does not exist.")))
        if serving(now) == version.id:
            raise Invalid(Problem("", say("Version {number} is active already.", number=version.number)))
        check_whole(now)
        after = replace(now, version=version, transforming=True)
        return serve(tx, now, after, ActivationReason.PROMOTED, approval, at)

    return told(services, await services.store.write(update))


async def drop(services: Services, endpoint: Endpoint, shadow: Shadow, author: str = "") -> None:
    """End a shadow; its report stays. Raises ``Invalid`` when it has ended."""

    def update(tx: Transaction) -> None:
        if not shadows.end(tx, shadow.id, ShadowState.DROPPED, services.now(), author):
            raise Invalid(Problem("", NOT_RUNNING))

    await services.store.write(update)
    told(services, endpoint)


def _version(
    tx: Transaction,
    now: Endpoint,
    draft_id: CodeDraftId | None,
    version_id: VersionId | None,
    author: str,
    at: Millis,
) -> Version:
    """The version to run: a stored one, or the draft's code as a new one."""
    if draft_id is None:
        version = versions.of_endpoint(tx, now.id, version_id) if version_id else None
        if version is None:
            raise Invalid(Problem("version", say("This version does not exist.")))
        return version
    draft = drafts.get(tx, draft_id)
    if draft is None or draft.endpoint_id != now.id:
        raise Invalid(Problem("version", say("This draft does not exist any more.")))
    if not draft.code.strip():
        raise Invalid(Problem("version", say("The draft has no code.")))
    names = now.variables if draft.variables is None else draft.variables
    known = versions.with_code(tx, now.id, draft.code)
    return known or new_version(tx, now, draft.code, author, "", at, names=tuple(names))
