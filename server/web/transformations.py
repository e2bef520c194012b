"""The editor of an endpoint's transformation, its versions, and the syntax check while typing. See ``trials``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.actions import endpoints as actions
from server.actions import replays
from server.actions.drafts import Draft, code_problems
from server.domain.cards import Card
from server.domain.endpoints import Endpoint, Version
from server.domain.ids import VersionId
from server.domain.sentences import Invalid, Problem
from server.domain.stamps import FormPart, Seen, stamp
from server.store import endpoints, replay_matches
from server.web import drafts, forms
from server.web.drafts import TrialFields
from server.web.endpoint_frame import TheEndpoint, address_of, name_of
from server.web.endpoints import card_of
from server.web.i18n import in_words
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = APIRouter()


@dataclass(frozen=True, slots=True)
class EditorPage:
    """What the editor of a transformation shows besides the form's parts."""

    endpoint: Endpoint
    at: str
    """The address of the endpoint's pages."""
    card: Card
    name: str
    address: str
    versions: Sequence[Version]
    parked: int
    """How many deliveries are parked."""
    looked_at: Version | None
    """The older version that is shown; ``None`` for the active code."""
    before: Version | None
    """The version that was active before a restore."""
    active: str = "endpoints"


@router.post("/transformations/check")
async def check(request: Request, here: Here) -> Response:
    """``{"error": null | {"message", "line", "column"}}``: the syntax error that the editor marks while typing."""
    code = drafts.code(await forms.read(request))
    found = await code_problems(here.services, Draft(card="", code=code))
    return JSONResponse({"error": _mark(found[0]) if found else None})


@router.get("/endpoints/{endpoint_id}/transformation")
async def edit(
    request: Request, here: Here, endpoint: TheEndpoint, version: VersionId | None = None, undo: VersionId | None = None
) -> Response:
    """The editor, with the active code or with an older ``version`` to read and to test.

    ``undo``: the version that was active before the restore that just happened.
    """
    draft = _with_code(Draft.of(endpoint), card_of(here, endpoint.card))
    looked_at = await here.services.store.read(lambda tx: endpoints.version(tx, version)) if version else None
    if looked_at and looked_at.endpoint_id == endpoint.id:
        return await editor_page(request, here, endpoint, replace(draft, code=looked_at.code), looked_at=looked_at)
    before = await here.services.store.read(lambda tx: endpoints.version(tx, undo)) if undo else None
    return await editor_page(request, here, endpoint, draft, before=_of(endpoint, before))


@router.post("/endpoints/{endpoint_id}/transformation")
async def save(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    card = card_of(here, endpoint.card)
    draft = drafts.posted(form, card, endpoint)
    seen = Seen(FormPart.CODE, forms.seen(form))
    typed = replace(drafts.trial_fields(form), seen=seen.stamp)
    try:
        saved, made_version = await actions.save_code(here.services, endpoint, draft, seen)
    except Invalid as refused:
        return await editor_page(request, here, endpoint, draft, refused.problems, status=422, trial=typed)
    except actions.Stale as stale:
        return await editor_page(
            request, here, stale.now, drafts.posted(form, card, stale.now), status=409, stale=True, trial=typed
        )
    if made_version and saved.transforming and form.switch("rerun", default=False):
        return await _rerun(request, here, saved)
    said = "code-saved" if made_version else "code-unchanged"
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation"), said, request)


@router.post("/endpoints/{endpoint_id}/versions/{version_id}/restore")
async def restore(request: Request, here: Here, endpoint: TheEndpoint, version_id: VersionId) -> Response:
    try:
        await actions.restore_version(here.services, endpoint, version_id)
    except Invalid as refused:
        draft = _with_code(Draft.of(endpoint), card_of(here, endpoint.card))
        return await editor_page(request, here, endpoint, draft, refused.problems, status=422)
    if endpoint.transforming and await here.services.store.read(lambda tx: replay_matches.parked(tx, endpoint.id) > 0):
        # That page shows how many parked deliveries would run with the code that is now active, and a button to start.
        return redirect(here.to(f"/endpoints/{endpoint.id}/replays/new?kind=parked"), "code-saved", request)
    undo = f"?undo={endpoint.version.id}" if endpoint.version else ""
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation{undo}"), "code-saved", request)


async def _rerun(request: Request, here: Visit, endpoint: Endpoint) -> Response:
    """Run the parked deliveries with the version that was just saved."""
    try:
        await replays.rerun_parked(here.services, endpoint, here.user.name)
    except Invalid:
        return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "code-saved-parked", request)
    return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "code-saved-rerun", request)


async def editor_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    draft: Draft,
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
    trial: TrialFields | None = None,
    stale: bool = False,
    looked_at: Version | None = None,
    before: Version | None = None,
) -> Response:
    versions, parked = await here.services.store.read(
        lambda tx: (endpoints.history(tx, endpoint.id), replay_matches.parked(tx, endpoint.id))
    )
    form = replace(
        drafts.shown(draft, problems, stored=endpoint, trial=trial),
        stale=stale,
        stamp=stamp(endpoint, FormPart.CODE),
    )
    editor = EditorPage(
        endpoint=endpoint,
        at=here.to(f"/endpoints/{endpoint.id}"),
        card=card_of(here, endpoint.card),
        name=name_of(here, endpoint),
        address=address_of(here, endpoint),
        versions=versions,
        parked=parked,
        looked_at=looked_at,
        before=before,
    )
    return page(request, "endpoints/transformation.html", here, form, editor, status=status)


def _of(endpoint: Endpoint, version: Version | None) -> Version | None:
    """The version if it is an older one of this endpoint, else ``None``."""
    active = endpoint.version
    if version is None or version.endpoint_id != endpoint.id or active is None or version.id == active.id:
        return None
    return version


def _with_code(draft: Draft, card: Card) -> Draft:
    """The draft, with the card's default code when the endpoint has none yet."""
    return draft if draft.code else replace(draft, code=card.default_code)


def _mark(problem: Problem) -> dict[str, object]:
    values = problem.sentence.values
    if "line" not in values:
        return {"message": in_words(problem.sentence), "line": 1, "column": 1}
    return {"message": values["message"], "line": values["line"], "column": values["column"]}
