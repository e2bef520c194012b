"""The pages about endpoints: the list, the form, and an endpoint's three tabs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.actions import endpoints as actions
from server.actions import transforms
from server.actions.controls import Pacing
from server.actions.drafts import Draft
from server.domain import schedules
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import Millis, earliest
from server.domain.integrations import Card, FieldKind
from server.domain.messages import ACCEPTED, Attempt, AttemptOutcome, Delivery, Trigger
from server.domain.sentences import Refused, say
from server.store import Transaction, attempts, deliveries, endpoints, matches, notices, queues, replays
from server.store.endpoints import Tally
from server.web import drafts, forms, plans
from server.web.errors import NotFound
from server.web.names import endpoint_address, endpoint_name
from server.web.notices import Shown, shown
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = APIRouter()

DAY_MS = 24 * 60 * 60 * 1000

FILTERS: Mapping[str, tuple[AttemptOutcome, ...]] = {
    "": (),
    "succeeded": tuple(ACCEPTED),
    "failed": (
        AttemptOutcome.REJECTED,
        AttemptOutcome.UNREACHABLE,
        AttemptOutcome.BLOCKED,
        AttemptOutcome.TRANSFORM_FAILED,
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    endpoint: Endpoint
    card: Card | None
    name: str
    address: str
    waiting: int
    """How many deliveries wait; counted while it is paused."""
    error_rate: float | None
    last: tuple[AttemptOutcome, Millis] | None


@router.get("/endpoints")
async def index(request: Request, here: Here) -> Response:
    since = earliest("att", here.bench.now() - DAY_MS)

    def look(tx: Transaction) -> list[Row]:
        found = endpoints.of_source(tx, here.source.id)
        ids = [endpoint.id for endpoint in found]
        tallies, last = endpoints.tallies(tx, ids, since), endpoints.last_attempts(tx, ids)
        waiting = queues.waiting(tx, [endpoint.id for endpoint in found if endpoint.paused])
        return [
            Row(
                endpoint=endpoint,
                card=here.bench.cards.get(endpoint.card),
                name=name_of(here, endpoint),
                address=address_of(here, endpoint),
                waiting=waiting.get(endpoint.id, 0),
                error_rate=tallies[endpoint.id].error_rate if endpoint.id in tallies else None,
                last=last.get(endpoint.id),
            )
            for endpoint in found
        ]

    rows = await here.bench.store.read(look)
    return page(request, "endpoints/list.html", here, active="endpoints", rows=rows)


@router.get("/endpoints/new")
async def new(request: Request, here: Here, card: str = "webhook") -> Response:
    return form_page(request, here, drafts.fresh(card_of(here, card)))


@router.post("/endpoints")
async def create(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    draft = drafts.posted(form, card_of(here, form.text("card")))
    try:
        endpoint = await actions.create(here.bench, here.source.id, draft)
    except Refused as refused:
        return form_page(request, here, draft, refused, status=422, **drafts.test_fields(form))
    return redirect(f"/endpoints/{endpoint.id}", "endpoint-created", request)


@router.get("/endpoints/{endpoint_id}")
async def overview(request: Request, here: Here, endpoint_id: str, show: str = "", before: str = "") -> Response:
    endpoint, here = await find(here, endpoint_id)
    search = attempts.Search(endpoint_id=endpoint.id, outcomes=FILTERS.get(show, ()), before=before)
    since = earliest("att", here.bench.now() - DAY_MS)

    def look(tx: Transaction) -> tuple[list[Attempt], Tally, int, Delivery | None, list[Shown]]:
        tally = endpoints.tallies(tx, [endpoint.id], since).get(endpoint.id, Tally({}))
        head = queues.head(tx, endpoint.id) if endpoint.controls.ordered else None
        told = shown(tx, here, notices.of_endpoint(tx, endpoint.id))
        return attempts.page(tx, search, bodies=False), tally, deliveries.waiting(tx, endpoint.id), head, told

    found, tally, waiting, head, told = await here.bench.store.read(look)
    parked, latest = await here.bench.store.read(
        lambda tx: (matches.parked(tx, endpoint.id), replays.history(tx, endpoint.id, limit=1))
    )
    counts = [(outcome.value, tally.by_outcome.get(outcome, 0)) for outcome in AttemptOutcome]
    return tab_page(
        request,
        here,
        endpoint,
        "overview",
        block="attempts",
        attempts=found,
        older=found[-1].id if len(found) == attempts.PAGE else "",
        before=before,
        show=show if show in FILTERS else "",
        tally=tally,
        counts=[(state, number) for state, number in counts if number],
        waiting=waiting,
        head=head,
        shown=told,
        parked=parked,
        latest=latest,
        slow=transforms.slow(here.bench, endpoint),
    )


@router.get("/endpoints/{endpoint_id}/testing")
async def testing(request: Request, here: Here, endpoint_id: str, event_type: str = "") -> Response:
    endpoint, here = await find(here, endpoint_id)
    return await _testing(request, here, endpoint, event_type)


@router.post("/endpoints/{endpoint_id}/example")
async def send_example(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    event_type = (await forms.read(request)).text("event_type")
    try:
        await actions.send_example(here.bench, endpoint, event_type)
    except Refused as refused:
        return await _testing(request, here, endpoint, event_type, refused)
    return redirect(f"/endpoints/{endpoint.id}/testing?event_type={event_type}", "example-sent", request)


@router.get("/endpoints/{endpoint_id}/advanced")
async def advanced(request: Request, here: Here, endpoint_id: str, schedule: str | None = None) -> Response:
    """With ``schedule``, how that one would go; nothing is kept."""
    endpoint, here = await find(here, endpoint_id)
    if schedule is not None:
        if request.headers.get("hx-request-type") == "partial":
            return page(request, "endpoints/plan.html", here, plan=plans.plan(schedule), problems={})
        return advanced_page(request, here, endpoint, Draft.of(endpoint), schedule=schedule)
    return advanced_page(request, here, endpoint, Draft.of(endpoint))


@router.post("/endpoints/{endpoint_id}/headers")
async def set_headers(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    draft = replace(Draft.of(endpoint), headers=drafts.pairs(await forms.read(request), "headers"))
    try:
        await actions.set_headers(here.bench, endpoint, draft.headers)
    except Refused as refused:
        return advanced_page(request, here, endpoint, draft, refused)
    return redirect(f"/endpoints/{endpoint.id}/advanced", "endpoint-changed", request)


@router.post("/endpoints/{endpoint_id}/variables")
async def set_variables(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    draft = replace(Draft.of(endpoint), variables=drafts.pairs(await forms.read(request), "variables"))
    try:
        await actions.set_variables(here.bench, endpoint, draft.variables)
    except Refused as refused:
        return advanced_page(request, here, endpoint, draft, refused)
    return redirect(f"/endpoints/{endpoint.id}/advanced", "endpoint-changed", request)


@router.post("/endpoints/{endpoint_id}/transforming")
async def set_transforming(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    on = (await forms.read(request)).has("transforming")
    try:
        await actions.set_transforming(here.bench, endpoint, on)
    except Refused as refused:
        return advanced_page(request, here, endpoint, Draft.of(endpoint), refused)
    return redirect(f"/endpoints/{endpoint.id}/advanced", "endpoint-changed", request)


@router.post("/endpoints/{endpoint_id}/destination")
async def set_destination(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    capture = (await forms.read(request)).text("destination") == Destination.CAPTURE
    draft = replace(Draft.of(endpoint), destination=Destination.CAPTURE if capture else Destination.SEND)
    try:
        await actions.change(here.bench, endpoint, draft)
    except Refused as refused:
        # What is missing before anything can be sent is asked for by the form.
        return _edit(request, here, endpoint, without_secrets(here, draft), refused, status=422)
    return redirect(f"/endpoints/{endpoint.id}/advanced", "endpoint-changed", request)


@router.get("/endpoints/{endpoint_id}/edit")
async def edit(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    return _edit(request, here, endpoint, without_secrets(here, Draft.of(endpoint)))


@router.post("/endpoints/{endpoint_id}/edit")
async def save(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    typed = drafts.posted(await forms.read(request), card_of(here, endpoint.card))
    draft = replace(typed, headers=tuple(endpoint.headers.items()), variables=tuple(endpoint.variables.items()))
    try:
        await actions.change(here.bench, endpoint, draft)
    except Refused as refused:
        return _edit(request, here, endpoint, draft, refused, status=422)
    return redirect(f"/endpoints/{endpoint.id}", "endpoint-changed", request)


@router.post("/endpoints/{endpoint_id}/enable")
async def enable(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    await actions.enable(here.bench, endpoint)
    return redirect(f"/endpoints/{endpoint.id}", "endpoint-enabled", request)


@router.post("/endpoints/{endpoint_id}/disable")
async def disable(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    await actions.disable(here.bench, endpoint)
    return redirect(f"/endpoints/{endpoint.id}", "endpoint-disabled", request)


@router.post("/endpoints/{endpoint_id}/delete")
async def remove(request: Request, here: Here, endpoint_id: str) -> Response:
    endpoint, here = await find(here, endpoint_id)
    await actions.remove(here.bench, endpoint)
    return redirect("/endpoints", "endpoint-deleted", request)


async def find(here: Visit, endpoint_id: str) -> tuple[Endpoint, Visit]:
    """The endpoint, and the visit as seen from its source. Raises ``NotFound``."""
    endpoint = await here.bench.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    if endpoint is None:
        raise NotFound(say("There is no such endpoint. It may have been deleted."))
    return endpoint, here.at(endpoint.source_id)


def card_of(here: Visit, name: str) -> Card:
    card = here.bench.cards.get(name)
    if card is None:
        raise NotFound(say("There is no such integration."))
    return card


def name_of(here: Visit, endpoint: Endpoint) -> str:
    return endpoint_name(here.bench.cards, endpoint.card, endpoint.description, endpoint.url)


def address_of(here: Visit, endpoint: Endpoint) -> str:
    return endpoint_address(here.bench.cards, endpoint.card, endpoint.url)


def without_secrets(here: Visit, draft: Draft) -> Draft:
    """The draft as a form may show it: stored secrets never leave the server by this way."""
    secret = {field.name for field in card_of(here, draft.card).fields if field.kind is FieldKind.SECRET}
    shown = {name: value for name, value in (draft.credentials or {}).items() if name not in secret}
    return replace(draft, credentials=shown)


def form_page(
    request: Request, here: Visit, draft: Draft, refused: Refused | None = None, *, status: int = 200, **values: object
) -> Response:
    """The form of a new endpoint."""
    context = drafts.shown(draft, refused.problems if refused else (), **values)
    card, cards = card_of(here, draft.card), here.bench.cards
    return page(
        request, "endpoints/new.html", here, status=status, active="endpoints", card=card, cards=cards, **context
    )


def _edit(
    request: Request, here: Visit, endpoint: Endpoint, draft: Draft, refused: Refused | None = None, status: int = 200
) -> Response:
    card = card_of(here, endpoint.card)
    stored = {f.name for f in card.fields if f.kind is FieldKind.SECRET and endpoint.credentials.get(f.name)}
    context = drafts.shown(draft, refused.problems if refused else ())
    return page(
        request,
        "endpoints/edit.html",
        here,
        status=status,
        active="endpoints",
        endpoint=endpoint,
        name=name_of(here, endpoint),
        card=card,
        stored=stored,
        **context,
    )


async def _testing(
    request: Request, here: Visit, endpoint: Endpoint, event_type: str, refused: Refused | None = None
) -> Response:
    search = attempts.Search(endpoint_id=endpoint.id)
    recent = await here.bench.store.read(lambda tx: attempts.page(tx, search, bodies=False))
    examples = [attempt for attempt in recent if attempt.trigger is Trigger.EXAMPLE][:5]
    first = next(iter(sorted(endpoint.event_types or ())), drafts.FIRST_EVENT_TYPE)
    return tab_page(
        request,
        here,
        endpoint,
        "testing",
        block="examples",
        status=422 if refused else 200,
        tree=drafts.TREE,
        event_type=event_type or first,
        examples=examples,
        problem=refused.problems[0].sentence if refused else None,
    )


def advanced_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    draft: Draft,
    refused: Refused | None = None,
    *,
    schedule: str | None = None,
    pacing: Pacing | None = None,
    typed_secret: str = "",
) -> Response:
    """``schedule``, ``pacing`` and ``typed_secret``: as typed, where they are not as they are kept."""
    plan = plans.plan(schedules.written(endpoint.controls.schedule) if schedule is None else schedule)
    pacing = pacing or Pacing.of(endpoint.controls)
    now, former = here.bench.now(), endpoint.former_secret
    context = drafts.shown(
        draft,
        refused.problems if refused else (),
        plan=plan,
        pacing=pacing,
        typed_secret=typed_secret,
        secrets=endpoint.secrets_at(now),
        left=divmod((former.until - now) // 60_000, 60) if former else None,
    )
    return tab_page(request, here, endpoint, "advanced", status=422 if refused else 200, **context)


def tab_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    tab: str,
    *,
    template: str | None = None,
    block: str | None = None,
    status: int = 200,
    **values: object,
) -> Response:
    """One of an endpoint's pages, with its frame. ``template``: where it is not the tab's own."""
    return page(
        request,
        template or f"endpoints/{tab}.html",
        here,
        block=block,
        status=status,
        active="endpoints",
        tab=tab,
        endpoint=endpoint,
        at=f"/endpoints/{endpoint.id}",
        card=here.bench.cards.get(endpoint.card),
        name=name_of(here, endpoint),
        address=address_of(here, endpoint),
        **values,
    )
