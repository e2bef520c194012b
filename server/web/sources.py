"""The sources: ingest address, signing secret, and what was refused."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.actions import sources as actions
from server.domain.ids import Millis
from server.domain.sentences import Refused, Sentence, say
from server.domain.sources import IntakeRefusal, Source
from server.store import Transaction, sources
from server.web import forms
from server.web.errors import NotFound
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = APIRouter()

REASONS: Mapping[IntakeRefusal, Sentence] = {
    IntakeRefusal.SIGNATURE: say("Signature missing or wrong, or its time more than five minutes off"),
    IntakeRefusal.TOO_LARGE: say("Too large"),
    IntakeRefusal.NOT_JSON: say("Not a JSON object with a type"),
}


@router.get("/sources")
async def index(request: Request, here: Here) -> Response:
    return await _index(request, here)


@router.post("/sources/{source_id}/secret")
async def save_secret(request: Request, here: Here, source_id: str) -> Response:
    source, form = _find(here, source_id), await forms.read(request)
    typed = form.text("secret")
    try:
        await actions.save_secret(here.bench, source, typed)
    except Refused as refused:
        return await _index(request, here, (source.id, typed, refused.problems[0].sentence))
    return redirect("/sources", "secret-saved", request)


@router.post("/sources/{source_id}/secret/new")
async def make_secret(request: Request, here: Here, source_id: str) -> Response:
    await actions.make_secret(here.bench, _find(here, source_id))
    return redirect("/sources", "secret-made", request)


@router.post("/sources/{source_id}/address")
async def change_address(request: Request, here: Here, source_id: str) -> Response:
    await actions.change_address(here.bench, _find(here, source_id))
    return redirect("/sources", "address-changed", request)


async def _index(request: Request, here: Visit, wrong: tuple[str, str, Sentence] | None = None) -> Response:
    """``wrong``: the source whose secret was refused, what was typed, and why."""

    def look(tx: Transaction) -> dict[str, Mapping[IntakeRefusal, tuple[int, Millis]]]:
        return {source.id: sources.refused(tx, source.id) for source in here.sources}

    return page(
        request,
        "sources/list.html",
        here,
        status=422 if wrong else 200,
        active="sources",
        base=here.bench.public_url or str(request.base_url).rstrip("/"),
        refused=await here.bench.store.read(look),
        reasons=REASONS,
        wrong=wrong,
    )


def _find(here: Visit, source_id: str) -> Source:
    found = next((source for source in here.sources if source.id == source_id), None)
    if found is None:
        raise NotFound(say("There is no such source."))
    return found
