"""Writing transformations: the test run, the check while typing, and the editor of an endpoint with its versions."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.actions import endpoints as actions
from server.actions import replays, transforms
from server.actions.drafts import Draft, code_problems
from server.domain.endpoints import Endpoint, Version
from server.domain.ids import EndpointId, VersionId
from server.domain.integrations import Card
from server.domain.sentences import Problem, Refused
from server.domain.stamps import Part, Seen, stamp
from server.store import endpoints, matches
from server.web import drafts, forms
from server.web.endpoints import card_of, form_page
from server.web.forms import Form
from server.web.frame import TheEndpoint, address_of, find, name_of
from server.web.i18n import in_words
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = APIRouter()


@router.post("/transformations/try")
async def try_out(request: Request, here: Here) -> Response:
    """Run the form's code on its payload. A script that fails is a good answer; a form that cannot be run is a 422."""
    form = await forms.read(request)
    endpoint, here, draft = await _posted(form, here)
    context: dict[str, Any] = drafts.test_fields(form)
    if form.has("sample"):
        return await _whole(request, here, endpoint, draft, **context)

    refused = None
    try:
        context["trial"] = await transforms.try_out(
            here.bench, draft, context["event_type"], context["payload"], endpoint=endpoint
        )
    except Refused as refusal:
        refused = refusal
        context["trial_problems"] = refusal.problems
    status = 422 if refused else 200
    if _is_fragment(request):
        shown = drafts.shown(draft, refused.problems if refused else (), stored=endpoint, **context)
        return page(request, "endpoints/test_result.html", here, status=status, **shown)
    return await _whole(request, here, endpoint, draft, refused, status=status, **context)


@router.post("/transformations/start")
async def start(request: Request, here: Here) -> Response:
    """Put one of the card's samples, or its default, into the editor. Nothing is saved."""
    form = await forms.read(request)
    endpoint, here, draft = await _posted(form, here)
    draft = replace(draft, code=_sample_code(card_of(here, draft.card), form.text("start")))
    if _is_fragment(request):
        return page(request, "endpoints/code.html", here, **drafts.shown(draft))
    return await _whole(request, here, endpoint, draft, **drafts.test_fields(form))


@router.post("/transformations/check")
async def check(request: Request, here: Here) -> Response:
    """``{"error": null | {"message", "line", "column"}}`` for the marks in the editor while somebody types."""
    code = drafts.code(await forms.read(request))
    found = await code_problems(here.bench, Draft(card="", code=code))
    return JSONResponse({"error": _mark(found[0]) if found else None})


@router.get("/endpoints/{endpoint_id}/transformation")
async def edit(
    request: Request, here: Here, endpoint: TheEndpoint, version: VersionId | None = None, undo: VersionId | None = None
) -> Response:
    """The editor, with the code in force or with an older ``version`` to look at and to test.

    ``undo``: the version that was active before one was restored just now.
    """
    draft = _with_code(Draft.of(endpoint), card_of(here, endpoint.card))
    looked_at = await here.bench.store.read(lambda tx: endpoints.version(tx, version)) if version else None
    if looked_at and looked_at.endpoint_id == endpoint.id:
        return await _editor(request, here, endpoint, replace(draft, code=looked_at.code), looked_at=looked_at)
    before = await here.bench.store.read(lambda tx: endpoints.version(tx, undo)) if undo else None
    return await _editor(request, here, endpoint, draft, before=_of(endpoint, before))


@router.post("/endpoints/{endpoint_id}/transformation")
async def save(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    card = card_of(here, endpoint.card)
    draft = drafts.posted(form, card, endpoint)
    seen = Seen(Part.CODE, forms.seen(form))
    typed = drafts.test_fields(form) | {"seen": seen.stamp}
    try:
        saved, made_version = await actions.save_code(here.bench, endpoint, draft, seen)
    except Refused as refused:
        return await _editor(request, here, endpoint, draft, refused, status=422, **typed)
    except actions.Stale as stale:
        return await _editor(
            request, here, stale.now, drafts.posted(form, card, stale.now), status=409, stale=True, **typed
        )
    if made_version and saved.transforming and form.switch("rerun", default=False):
        return await _rerun(request, here, saved)
    said = "code-saved" if made_version else "code-unchanged"
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation"), said, request)


@router.post("/endpoints/{endpoint_id}/versions/{version_id}/restore")
async def restore(request: Request, here: Here, endpoint: TheEndpoint, version_id: VersionId) -> Response:
    try:
        await actions.restore_version(here.bench, endpoint, version_id)
    except Refused as refused:
        draft = _with_code(Draft.of(endpoint), card_of(here, endpoint.card))
        return await _editor(request, here, endpoint, draft, refused, status=422)
    if endpoint.transforming and await here.bench.store.read(lambda tx: matches.parked(tx, endpoint.id) > 0):
        # How many would go out with the code that is in force now, and a button.
        return redirect(here.to(f"/endpoints/{endpoint.id}/replays/new?kind=parked"), "code-saved", request)
    undo = f"?undo={endpoint.version.id}" if endpoint.version else ""
    return redirect(here.to(f"/endpoints/{endpoint.id}/transformation{undo}"), "code-saved", request)


async def _rerun(request: Request, here: Visit, endpoint: Endpoint) -> Response:
    """What is parked runs with the version that was just saved."""
    try:
        await replays.rerun_parked(here.bench, endpoint, here.user.name)
    except Refused:
        return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "code-saved-parked", request)
    return redirect(here.to(f"/endpoints/{endpoint.id}/replays"), "code-saved-rerun", request)


async def _posted(form: Form, here: Visit) -> tuple[Endpoint | None, Visit, Draft]:
    """The draft in a posted form: of a new endpoint, or of the transformation of the one that the form names."""
    if not form.text("endpoint"):
        return None, here, drafts.posted(form, card_of(here, form.text("card")))
    endpoint = await find(here, EndpointId(form.text("endpoint")))
    typed = drafts.posted(form, card_of(here, endpoint.card), endpoint)
    kept = Draft.of(endpoint)
    return endpoint, here, replace(kept, variables=typed.variables, transforming=typed.transforming, code=typed.code)


async def _whole(
    request: Request,
    here: Visit,
    endpoint: Endpoint | None,
    draft: Draft,
    refused: Refused | None = None,
    **values: Any,
) -> Response:
    """The page that a form came from, for readers without scripts."""
    if endpoint is None:
        return form_page(request, here, draft, refused, **values)
    return await _editor(request, here, endpoint, draft, refused, **values)


async def _editor(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    draft: Draft,
    refused: Refused | None = None,
    *,
    status: int = 200,
    **values: Any,
) -> Response:
    versions, parked = await here.bench.store.read(
        lambda tx: (endpoints.history(tx, endpoint.id), matches.parked(tx, endpoint.id))
    )
    defaults = {"looked_at": None, "before": None, "stamp": stamp(endpoint, Part.CODE)}
    context = drafts.shown(draft, refused.problems if refused else (), stored=endpoint, **defaults | values)
    return page(
        request,
        "endpoints/transformation.html",
        here,
        status=status,
        active="endpoints",
        endpoint=endpoint,
        at=here.to(f"/endpoints/{endpoint.id}"),
        card=card_of(here, endpoint.card),
        name=name_of(here, endpoint),
        address=address_of(here, endpoint),
        versions=versions,
        parked=parked,
        **context,
    )


def _of(endpoint: Endpoint, version: Version | None) -> Version | None:
    """The version, when it is an older one of this endpoint."""
    active = endpoint.version
    if version is None or version.endpoint_id != endpoint.id or active is None or version.id == active.id:
        return None
    return version


def _with_code(draft: Draft, card: Card) -> Draft:
    """An endpoint that never had code starts from its card's."""
    return draft if draft.code else replace(draft, code=card.default_code)


def _sample_code(card: Card, name: str) -> str:
    return next((sample.code for sample in card.samples if sample.name == name), card.default_code)


def _mark(problem: Problem) -> dict[str, object]:
    values = problem.sentence.values
    if "line" not in values:
        return {"message": in_words(problem.sentence), "line": 1, "column": 1}
    return {"message": values["message"], "line": values["line"], "column": values["column"]}


def _is_fragment(request: Request) -> bool:
    return request.headers.get("hx-request-type") == "partial"
