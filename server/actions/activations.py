"""Activating a draft or a version, and rolling back. Each is one transaction and adds an activation."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from server.actions.case_runs import run_all
from server.actions.code_drafts import is_active
from server.actions.endpoints import Stale, check_whole, existing, serving, told
from server.actions.services import Services
from server.domain.endpoints import Endpoint
from server.domain.ids import ActivationId, CodeDraftId, EndpointId, Millis, VersionId, mint
from server.domain.sentences import Invalid, Problem, say
from server.domain.versions import MAX_NOTE, Activation, ActivationReason, CodeDraft, Version, VersionOrigin
from server.store import Transaction, drafts, endpoints, versions


@dataclass(frozen=True, slots=True)
class Approval:
    """Who activates, why, and why in spite of failing test cases."""

    author: str
    note: str = ""
    failing: int = 0
    override_note: str = ""


NO_DRAFT = say("There is no draft to activate.")
CASES_FAIL = say(
    "Test cases fail on this version, and it never served. Restore it into the draft: there you can fix it, or "
    "activate it all the same and say why."
)


async def activate_draft(services: Services, endpoint: Endpoint, draft_id: CodeDraftId, approval: Approval) -> Endpoint:
    """Make the draft serve: its code as a new version, its variables and its switch.

    Raises ``Invalid``, and ``Stale`` when the draft is not the one that was looked at any more.
    """
    return await _written(services, lambda tx: serve_draft(tx, endpoint.id, draft_id, approval, services.now()))


async def checked(services: Services, endpoint: Endpoint, draft_id: CodeDraftId, approval: Approval) -> Approval:
    """Run the test cases on the draft; the signature with how many fail.

    Raises ``Invalid`` when some fail and ``override_note`` does not say why it is activated all the same.
    """
    draft = await services.store.read(lambda tx: drafts.get(tx, draft_id))
    if draft is None or draft.endpoint_id != endpoint.id or not draft.transforming:
        return approval
    results = await run_all(services, endpoint, draft)
    if not results.failing:
        return replace(approval, override_note="")
    if not approval.override_note:
        sentence = say("Test cases fail. Fix the code, or say why you activate it all the same.")
        raise Invalid(Problem("override_note", sentence))
    return replace(approval, failing=results.failing)


async def failing_of_version(services: Services, endpoint: Endpoint, version_id: VersionId) -> int:
    """How many test cases fail on a version of the endpoint."""
    version = await services.store.read(lambda tx: versions.of_endpoint(tx, endpoint.id, version_id))
    if version is None:
        return 0
    return (await run_all(services, replace(endpoint, version=version), None)).failing


def serve_draft(
    tx: Transaction,
    endpoint_id: EndpointId,
    draft_id: CodeDraftId,
    approval: Approval,
    at: Millis,
    origin: VersionOrigin = VersionOrigin.PAGE,
) -> Endpoint:
    """As ``activate_draft``, in an open transaction."""
    check_note(approval.note, "note")
    check_note(approval.override_note, "override_note")
    now, draft = existing(tx, endpoint_id), drafts.current(tx, endpoint_id)
    if draft is None and now.draft_id is None:
        raise Invalid(Problem("", NO_DRAFT))
    if draft is None or draft.id != draft_id:
        raise Stale(now)
    if draft.unreadable:
        raise Invalid(Problem("", say("The variables of the draft cannot be read. Enter them again and save.")))
    version = version_of(tx, now, draft, approval.author, approval.note, at, origin)
    after = replace(
        now,
        version=version,
        transforming=draft.transforming,
        variables=now.variables if draft.variables is None else draft.variables,
        draft_id=None,
        unreadable=now.unreadable if draft.variables is None else now.unreadable - {"variables"},
    )
    reason = ActivationReason.ACTIVATED
    if draft.transforming != now.transforming:
        reason = ActivationReason.ACTIVATED if draft.transforming else ActivationReason.SWITCHED_OFF
    return serve(tx, now, after, reason, approval, at)


async def roll_back(services: Services, endpoint: Endpoint, version_id: VersionId, approval: Approval) -> Endpoint:
    """Make an older version serve again; one that never served is activated if its test cases pass.

    Values of variables, credentials, URL and event types stay as they are. Raises ``Invalid``.
    """
    has_served = await services.store.read(lambda tx: versions.has_served(tx, version_id))
    if not has_served and await failing_of_version(services, endpoint, version_id):
        raise Invalid(Problem("", CASES_FAIL))
    return await activate_version(services, endpoint, version_id, approval, ActivationReason.ROLLED_BACK)


async def activate_version(
    services: Services,
    endpoint: Endpoint,
    version_id: VersionId,
    approval: Approval,
    reason: ActivationReason = ActivationReason.ACTIVATED,
) -> Endpoint:
    """Make a stored version serve, and enable the transformation. The draft stays. Raises ``Invalid``."""
    return await _written(
        services, lambda tx: serve_version(tx, endpoint.id, version_id, approval, services.now(), reason)
    )


def serve_version(
    tx: Transaction,
    endpoint_id: EndpointId,
    version_id: VersionId,
    approval: Approval,
    at: Millis,
    reason: ActivationReason = ActivationReason.ACTIVATED,
) -> Endpoint:
    """As ``activate_version``, in an open transaction."""
    check_note(approval.note, "note")
    check_note(approval.override_note, "override_note")
    now, version = existing(tx, endpoint_id), versions.of_endpoint(tx, endpoint_id, version_id)
    if version is None:
        raise Invalid(Problem("", say("This version does not exist.")))
    if serving(now) == version.id:
        raise Invalid(Problem("", say("Version {number} is active already.", number=version.number)))
    check_whole(now)
    if reason is ActivationReason.ROLLED_BACK and not versions.has_served(tx, version.id):
        reason = ActivationReason.ACTIVATED
    return serve(tx, now, replace(now, version=version, transforming=True), reason, approval, at)


def version_of(
    tx: Transaction,
    now: Endpoint,
    draft: CodeDraft,
    author: str,
    note: str,
    at: Millis,
    origin: VersionOrigin = VersionOrigin.PAGE,
) -> Version | None:
    """The draft's code as a version: the active one if it is the same code, else a new one."""
    if not draft.code.strip():
        return now.version
    if now.version and now.version.code == draft.code:
        return now.version
    names = now.variables if draft.variables is None else draft.variables
    return new_version(tx, now, draft.code, author, note, at, names=tuple(names), origin=origin)


def new_version(
    tx: Transaction,
    endpoint: Endpoint,
    code: str,
    author: str,
    note: str,
    at: Millis,
    *,
    names: tuple[str, ...],
    origin: VersionOrigin = VersionOrigin.PAGE,
) -> Version:
    """Store code as the endpoint's next version, which does not serve yet."""
    # The store assigns the number.
    return versions.insert(tx, Version(mint(VersionId), endpoint.id, 0, code, at, author, note, origin, names))


def serve(
    tx: Transaction, before: Endpoint, after: Endpoint, reason: ActivationReason, approval: Approval, at: Millis
) -> Endpoint:
    """Store the endpoint as it serves from now on, with the activation that says so.

    A draft that equals what serves from now on is none any more.
    """
    changed = replace(after, updated_at=at)
    endpoints.change(tx, changed)
    saved = drafts.current(tx, after.id)
    if saved and not saved.unreadable:
        variables = dict(after.variables if saved.variables is None else saved.variables)
        if is_active(changed, saved.code, variables, saved.transforming):
            drafts.discard(tx, after.id)
            changed = replace(changed, draft_id=None)
    versions.record_activation(
        tx,
        Activation(
            id=mint(ActivationId),
            endpoint_id=after.id,
            version_id=serving(after),
            former_version_id=serving(before),
            reason=reason,
            author=approval.author,
            note=approval.note,
            created_at=at,
            failing=approval.failing,
            override_note=approval.override_note,
        ),
    )
    return changed


def former_version(endpoint: Endpoint, made: Iterable[Activation]) -> VersionId | None:
    """What one step back rolls back to: the version that served before the one that serves now.

    ``made``: the endpoint's activations, newest first.
    """
    now = serving(endpoint)
    return next((each.version_id for each in made if each.version_id and each.version_id != now), None)


def check_note(note: str, field: str) -> None:
    """Raise ``Invalid`` when a note is too long."""
    if len(note) > MAX_NOTE:
        raise Invalid(Problem(field, say("The note is longer than {limit} characters.", limit=MAX_NOTE)))


async def _written(services: Services, keep: Callable[[Transaction], Endpoint]) -> Endpoint:
    return told(services, await services.store.write(keep))
