"""An endpoint's Advanced tab: retries, pacing, headers, variables, and whether its code runs."""

from collections.abc import Awaitable
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls
from server.actions import endpoints as actions
from server.actions.controls import Pacing
from server.actions.drafts import Draft
from server.domain import schedules
from server.domain.endpoints import Endpoint
from server.domain.sentences import Refused
from server.web import drafts, forms, plans
from server.web.frame import find, tab_page
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = APIRouter()


@router.get("/endpoints/{endpoint_id}/advanced")
async def advanced(request: Request, here: Here, endpoint_id: str, schedule: str | None = None) -> Response:
    """With ``schedule``, how that one would go; nothing is kept."""
    endpoint, here = await find(here, endpoint_id)
    if schedule is not None and request.headers.get("hx-request-type") == "partial":
        return page(request, "endpoints/plan.html", here, plan=plans.plan(schedule), problems={})
    return await advanced_page(request, here, endpoint, schedule=schedule)


@router.post("/endpoints/{endpoint_id}/retries")
async def set_retries(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    form = await forms.read(request)
    typed = form.text("schedule")
    if form.has("reset"):
        return await saved(request, here, endpoint, controls.reset_schedule(here.bench, endpoint))
    return await saved(request, here, endpoint, controls.set_schedule(here.bench, endpoint, typed), schedule=typed)


@router.post("/endpoints/{endpoint_id}/pacing")
async def set_pacing(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    form = await forms.read(request)
    typed = Pacing(form.text("rate_limit"), form.text("concurrency"), form.has("ordered"))
    return await saved(request, here, endpoint, controls.set_pacing(here.bench, endpoint, typed), pacing=typed)


@router.post("/endpoints/{endpoint_id}/headers")
async def set_headers(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    draft = replace(Draft.of(endpoint), headers=drafts.pairs(await forms.read(request), "headers"))
    return await saved(request, here, endpoint, actions.set_headers(here.bench, endpoint, draft.headers), draft)


@router.post("/endpoints/{endpoint_id}/variables")
async def set_variables(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    draft = replace(Draft.of(endpoint), variables=drafts.pairs(await forms.read(request), "variables"))
    return await saved(request, here, endpoint, actions.set_variables(here.bench, endpoint, draft.variables), draft)


@router.post("/endpoints/{endpoint_id}/transforming")
async def set_transforming(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    on = (await forms.read(request)).has("transforming")
    return await saved(request, here, endpoint, actions.set_transforming(here.bench, endpoint, on))


async def saved(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    action: Awaitable[object],
    draft: Draft | None = None,
    *,
    said: str = "endpoint-changed",
    schedule: str | None = None,
    pacing: Pacing | None = None,
    typed_secret: str = "",
) -> Response:
    """Do it, and go back to the tab; or, where it is refused, show the tab with what was typed and the reasons."""
    try:
        await action
    except Refused as refused:
        return await advanced_page(
            request, here, endpoint, draft, refused, schedule=schedule, pacing=pacing, typed_secret=typed_secret
        )
    return redirect(f"/endpoints/{endpoint.id}/advanced", said, request)


async def advanced_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    draft: Draft | None = None,
    refused: Refused | None = None,
    *,
    schedule: str | None = None,
    pacing: Pacing | None = None,
    typed_secret: str = "",
) -> Response:
    """``draft``, ``schedule``, ``pacing`` and ``typed_secret``: as typed, where they are not as they are kept."""
    plan = plans.plan(schedules.written(endpoint.controls.schedule) if schedule is None else schedule)
    now, former = here.bench.now(), endpoint.former_secret
    context = drafts.shown(
        draft or Draft.of(endpoint),
        refused.problems if refused else (),
        plan=plan,
        pacing=pacing or Pacing.of(endpoint.controls),
        typed_secret=typed_secret,
        secrets=endpoint.secrets_at(now),
        left=divmod((former.until - now) // 60_000, 60) if former else None,
    )
    return await tab_page(request, here, endpoint, "advanced", status=422 if refused else 200, **context)
