"""The sources page: each source's ingest address, signing secret and refused requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import sources as actions
from server.domain.ids import Millis, SourceId
from server.domain.sentences import Invalid, Sentence, say
from server.domain.sources import IntakeRefusal, Source
from server.store import Transaction, sources
from server.web import forms, plans
from server.web.errors import NotFound
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()

REASONS: Mapping[IntakeRefusal, Sentence] = {
    IntakeRefusal.SIGNATURE: say("Signature missing or wrong"),
    IntakeRefusal.CLOCK: say("Signed correctly, but the timestamp is more than five minutes off"),
    IntakeRefusal.TOO_LARGE: say("Too large"),
    IntakeRefusal.NOT_JSON: say("Not a JSON object with a type"),
    IntakeRefusal.UNREADABLE: say("The stored signing secret could not be read; the sender was asked to retry"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A source as the page shows it."""

    source: Source
    address: str
    refused: tuple[tuple[Sentence, sources.Refusals, Sentence | None], ...]
    """(reason, count, how far the sender's clock is off when that is the reason) of each kind of refusal."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A signing secret that was refused, and why."""

    source: Source
    typed: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class SourceList:
    """What the list of sources shows."""

    now: Millis
    shown: Sequence[Shown]
    mistake: Mistake | None
    active: str = "sources"


@router.get("/sources")
async def index(request: Request, here: Here) -> Response:
    return await _index(request, here)


@router.post("/sources/{source_id}/secret")
async def save_secret(request: Request, here: Here, source_id: SourceId) -> Response:
    source = _find(here, source_id)
    typed = (await forms.read(request)).text("secret")
    try:
        await actions.save_secret(here.services, source, typed)
    except Invalid as refused:
        return await _index(request, here, Mistake(source, typed, refused.problems[0].sentence))
    return redirect(here.to("/sources"), "secret-saved", request)


@router.post("/sources/{source_id}/secret/new")
async def make_secret(request: Request, here: Here, source_id: SourceId) -> Response:
    form = await forms.read(request)
    await actions.make_secret(here.services, _find(here, source_id), form.optional("replaces"))
    return redirect(here.to("/sources"), "secret-made", request)


@router.post("/sources/{source_id}/secret/stop-former")
async def stop_former(request: Request, here: Here, source_id: SourceId) -> Response:
    await actions.stop_former(here.services, _find(here, source_id))
    return redirect(here.to("/sources"), "secret-stopped", request)


@router.post("/sources/{source_id}/address")
async def change_address(request: Request, here: Here, source_id: SourceId) -> Response:
    await actions.change_address(here.services, _find(here, source_id))
    return redirect(here.to("/sources"), "address-changed", request)


async def _index(request: Request, here: Visit, mistake: Mistake | None = None) -> Response:
    base = here.services.public_url or str(request.base_url).rstrip("/")

    def look(tx: Transaction) -> list[Shown]:
        return [
            Shown(
                source,
                f"{base}/in/{source.token}",
                tuple(
                    (REASONS[reason], counted, _clock(counted.clock_off_ms))
                    for reason, counted in sources.refused(tx, source.id).items()
                ),
            )
            for source in sources.every(tx)
        ]

    values = SourceList(now=here.services.now(), shown=await here.services.store.read(look), mistake=mistake)
    return page(request, "sources/list.html", here, values, status=422 if mistake else 200)


def _clock(off: Millis | None) -> Sentence | None:
    """How far the latest sender's clock was off; ``None`` when it was not."""
    if off is None:
        return None
    span = plans.span(round(abs(off) / 1000) * 1000)
    if off < 0:
        return say("The last timestamp was {span} behind this machine's clock. Check both clocks.", span=span)
    return say("The last timestamp was {span} ahead of this machine's clock. Check both clocks.", span=span)


def _find(here: Visit, source_id: SourceId) -> Source:
    found = next((source for source in here.sources if source.id == source_id), None)
    if found is None:
        raise NotFound(say("This source does not exist."))
    return found
