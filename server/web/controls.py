"""The actions in the head of an endpoint's pages: rename, pause, resume, enable, disable."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls, endpoints
from server.domain.sentences import Invalid, Sentence
from server.web import forms
from server.web.endpoint_frame import TheEndpoint, name_of
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here

router = source_pages()

TABS: Mapping[str, str] = {
    **{name: f"/{name}" for name in ("testing", "advanced", "audit", "cases", "shadow", "coverage", "history")},
    "replay": "/replays",
    "editor": "/transformation",
    "backtest": "/backtests",
}
"""Where the form of the name leads back to, by tab, those about the code included; any other leads to the Overview."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """What the page shows that refuses a name."""

    at: str
    name: str
    tab: str
    typed: str
    problem: Sentence
    active: str = "endpoints"


@router.post("/endpoints/{endpoint_id}/rename")
async def rename(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    form = await forms.read(request)
    typed, tab, at = form.text("name"), form.text("tab"), here.to(f"/endpoints/{endpoint.id}")
    try:
        await endpoints.rename(here.services, endpoint, typed, here.user.name)
    except Invalid as refused:
        values = Renaming(at, name_of(here, endpoint), tab, typed, refused.problems[0].sentence)
        return page(request, "endpoints/rename.html", here, values, status=422)
    return redirect(at + TABS.get(tab, ""), "endpoint-renamed", request)


@router.post("/endpoints/{endpoint_id}/pause")
async def pause(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await controls.pause(here.services, endpoint, here.user.name)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-paused", request)


@router.post("/endpoints/{endpoint_id}/resume")
async def resume(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await controls.resume(here.services, endpoint, here.user.name)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-resumed", request)


@router.post("/endpoints/{endpoint_id}/enable")
async def enable(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await endpoints.enable(here.services, endpoint, here.user.name)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-enabled", request)


@router.post("/endpoints/{endpoint_id}/disable")
async def disable(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await endpoints.disable(here.services, endpoint, here.user.name)
    return redirect(here.to(f"/endpoints/{endpoint.id}"), "endpoint-disabled", request)
