"""What is done with an endpoint's deliveries as a whole: retries, limits, pause, and skipping the one at the head."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls as actions
from server.actions.controls import Pacing
from server.actions.drafts import Draft
from server.domain.sentences import Refused, say
from server.store import deliveries
from server.web import forms
from server.web.endpoints import advanced_page, find
from server.web.errors import NotFound
from server.web.messages import show_message
from server.web.render import redirect
from server.web.visit import Here

router = APIRouter()


@router.post("/endpoints/{endpoint_id}/retries")
async def set_retries(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    form = await forms.read(request)
    try:
        if form.has("reset"):
            await actions.reset_schedule(here.bench, endpoint)
        else:
            await actions.set_schedule(here.bench, endpoint, form.text("schedule"))
    except Refused as refused:
        return advanced_page(request, here, endpoint, Draft.of(endpoint), refused, schedule=form.text("schedule"))
    return redirect(f"/endpoints/{endpoint.id}/advanced", "endpoint-changed", request)


@router.post("/endpoints/{endpoint_id}/pacing")
async def set_pacing(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    form = await forms.read(request)
    typed = Pacing(form.text("rate_limit"), form.text("concurrency"), form.has("ordered"))
    try:
        await actions.set_pacing(here.bench, endpoint, typed)
    except Refused as refused:
        return advanced_page(request, here, endpoint, Draft.of(endpoint), refused, pacing=typed)
    return redirect(f"/endpoints/{endpoint.id}/advanced", "endpoint-changed", request)


@router.post("/endpoints/{endpoint_id}/pause")
async def pause(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    await actions.pause(here.bench, endpoint)
    return redirect(f"/endpoints/{endpoint.id}", "endpoint-paused", request)


@router.post("/endpoints/{endpoint_id}/resume")
async def resume(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    await actions.resume(here.bench, endpoint)
    return redirect(f"/endpoints/{endpoint.id}", "endpoint-resumed", request)


@router.post("/deliveries/{delivery_id}/skip")
async def skip(request: Request, here: Here, delivery_id: str) -> Response:
    delivery = await here.bench.store.read(lambda tx: deliveries.get(tx, delivery_id))
    if delivery is None:
        raise NotFound(say("There is no such delivery."))
    back = (await forms.read(request)).path("back", f"/messages/{delivery.message_id}")
    try:
        await actions.skip(here.bench, delivery)
    except Refused as refused:
        return await show_message(request, here, delivery.message_id, problem=refused.problems[0].sentence, status=422)
    return redirect(back, "skipped", request)
