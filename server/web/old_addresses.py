"""Redirects old addresses without a source (``/logs`` instead of ``/test/logs``): bookmarks, mails, open pages.

A page redirects to the source of what its address names, otherwise to the source that was opened last. A form is
redirected unchanged (307) to the source of what it is about. The form of a new endpoint names no source, so it is shown
again with one button for each source.
"""

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.ids import SourceId
from server.store import Transaction, sources
from server.web import endpoint_form, forms
from server.web.endpoints import card_of, new_page
from server.web.visit import LastHere, Visit

router = APIRouter()

PLACES = (
    "endpoints", "logs", "activity", "messages", "attempts", "deliveries", "replays", "notices", "inspector",
    "transformations", "conditions", "events", "sources", "settings", "docs", "reveal", "cards", "search",
)  # fmt: skip
MAX_IDS = 8
"""Ids in an address that are looked up; the rest are ignored."""


@router.get("/")
async def home(request: Request, here: LastHere) -> Response:
    return _lead(here, here.source.id, "/endpoints", request.url.query, 303)


@router.post("/endpoints")
async def create(request: Request, here: LastHere) -> Response:
    """Show the form again and ask for the source; create nothing before that is known."""
    form = await forms.read(request)
    draft = endpoint_form.posted(form, card_of(here, form.text("card")))
    return new_page(request, here, draft, status=409, choosing_source=True, trial=endpoint_form.trial_fields(form))


@router.post("/source")
async def switch(request: Request, here: LastHere) -> Response:
    """Handle the old form that switched between Test and Live, on pages that were left open."""
    chosen = (await forms.read(request)).text("source")
    known = next((source.id for source in here.sources if source.id == chosen), here.source.id)
    return _lead(here, known, "/endpoints", "", 303)


async def lead_on(request: Request, here: LastHere) -> Response:
    named = f"{request.url.path}?{request.url.query}"
    if request.method == "POST":
        form = await forms.read(request)
        named += f" {form.text('endpoint')} {form.text('up_to')}"
    ids = re.findall(r"(?:ep|msg|att|dlv|rpl|ntc)_[0-9A-Z]{26}", named)[:MAX_IDS]
    source_id = await here.services.store.read(lambda tx: _owner(tx, ids)) or here.source.id
    return _lead(here, source_id, request.url.path, request.url.query, 307 if request.method == "POST" else 303)


for place in PLACES:
    for path in (f"/{place}", f"/{place}/{{rest:path}}"):
        router.add_api_route(path, lead_on, methods=["GET", "POST"])


@router.get("/test")
@router.get("/live")
async def source_home(request: Request, here: LastHere) -> Response:
    """Redirect a source's slug alone, as people type it. ``errors`` redirects the slugs of further sources."""
    named = request.url.path[1:]
    source_id = next((each.id for each in here.sources if here.slugs[each.id] == named), here.source.id)
    return _lead(here, source_id, "/endpoints", request.url.query, 303)


def _owner(tx: Transaction, ids: list[str]) -> SourceId | None:
    """The source of the first id that is found; ``None`` when none is."""
    return next((found for each in ids if (found := sources.owning(tx, each))), None)


def _lead(here: Visit, source_id: SourceId, path: str, query: str, status: int) -> Response:
    address = f"/{here.slugs[source_id]}{path}" + (f"?{query}" if query else "")
    return RedirectResponse(address, status)
