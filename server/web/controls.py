"""The actions in the head of an endpoint's pages: pause, resume, enable, disable, delete."""

from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls, endpoints
from server.web.endpoint_frame import TheEndpoint
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.visit import Here

router = source_pages()


@router.post("/endpoints/{endpoint_id}/pause")
async def pause(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await controls.pause(here.services, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-paused", request)


@router.post("/endpoints/{endpoint_id}/resume")
async def resume(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await controls.resume(here.services, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-resumed", request)


@router.post("/endpoints/{endpoint_id}/enable")
async def enable(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await endpoints.enable(here.services, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-enabled", request)


@router.post("/endpoints/{endpoint_id}/disable")
async def disable(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await endpoints.disable(here.services, endpoint)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-disabled", request)


@router.post("/endpoints/{endpoint_id}/delete")
async def remove(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await endpoints.remove(here.services, endpoint)
    return redirect(here.to("/endpoints"), "endpoint-deleted", request)
