"""The frame of an endpoint's pages: looks the endpoint up, and renders its head and tabs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.domain.cards import Card
from server.domain.endpoint_names import endpoint_address, endpoint_name
from server.domain.endpoints import DisabledBecause, Endpoint
from server.domain.ids import EndpointId, Millis
from server.domain.sentences import say
from server.domain.stamps import FormPart, Seen
from server.store import Transaction, deleted_endpoints, deliveries, endpoints, operational_events
from server.web.errors import NotFound, WayOut
from server.web.forms import MAX_STAMP
from server.web.page_routes import source_pages
from server.web.render import context_of, fragment, page
from server.web.visit import Here, Visit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

router = source_pages()


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """What an endpoint's head shows besides the endpoint's own fields."""

    waiting: int
    """Waiting deliveries, counted up to ``deliveries.MAX_COUNTED`` + 1."""
    disabled_at: Millis | None
    """When Hookbench disabled it automatically; ``None`` when it did not, or when the event is no longer stored."""

    @property
    def behind(self) -> int:
        """How many wait behind the first one; more than ``deliveries.MAX_COUNTED`` when they are not counted."""
        return self.waiting if self.waiting > deliveries.MAX_COUNTED else max(0, self.waiting - 1)


@dataclass(frozen=True, slots=True)
class EndpointFrame:
    """What the frame of an endpoint's pages shows."""

    tab: str
    endpoint: Endpoint
    standing: EndpointStatus
    at: str
    """The address of the endpoint's pages."""
    card: Card | None
    name: str
    address: str
    active: str = "endpoints"


@dataclass(frozen=True, slots=True)
class StaleWarning:
    """What the warning of an open form shows."""

    changed: bool


async def find(here: Visit, endpoint_id: EndpointId) -> Endpoint:
    """The endpoint. Raises ``NotFound``, and ``OtherSource`` when it belongs to another source."""
    endpoint = await here.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    if endpoint is None:
        if deleted := await here.services.store.read(lambda tx: deleted_endpoints.get(tx, endpoint_id)):
            at = f"/{here.slugs[deleted.endpoint.source_id]}/endpoints/deleted#{endpoint_id}"
            sentence = say("This endpoint was deleted. It can be restored under Recently deleted.")
            raise NotFound(sentence, WayOut(say("Recently deleted"), at))
        raise NotFound(say("This endpoint does not exist. It may have been deleted."))
    here.check_owner(endpoint.source_id)
    return endpoint


async def _of_the_address(here: Here, endpoint_id: EndpointId) -> Endpoint:
    return await find(here, endpoint_id)


TheEndpoint = Annotated[Endpoint, Depends(_of_the_address)]
"""The endpoint that the address names. Without one the response is 404, or a redirect to its own source."""


@router.get("/endpoints/{endpoint_id}/head")
async def head(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The head alone, which open pages refresh. It is the same on every tab."""
    return await tab_page(request, here, endpoint, "", template="endpoints/head.html")


@router.get("/endpoints/{endpoint_id}/changed")
async def changed(request: Request, here: Here, endpoint: TheEndpoint, part: FormPart, seen: str = "") -> Response:
    """A warning for an open form that somebody else has saved since; empty otherwise."""
    context = context_of(request, here, StaleWarning(Seen(part, seen[:MAX_STAMP]).is_stale(endpoint)))
    return HTMLResponse(fragment("endpoints/stale.html", "changed", context))


def name_of(here: Visit, endpoint: Endpoint) -> str:
    return endpoint_name(here.services.cards, endpoint)


def address_of(here: Visit, endpoint: Endpoint) -> str:
    return endpoint_address(here.services.cards, endpoint.card, endpoint.url)


async def tab_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    tab: str,
    *values: "DataclassInstance",
    template: str | None = None,
    block: str | None = None,
    status: int = 200,
) -> Response:
    """One of an endpoint's pages: its frame and its own ``values``. ``template`` replaces the tab's own."""
    frame = EndpointFrame(
        tab=tab,
        endpoint=endpoint,
        standing=await here.services.store.read(lambda tx: _standing(tx, endpoint)),
        at=here.to(f"/endpoints/{endpoint.id}"),
        card=here.services.cards.get(endpoint.card),
        name=name_of(here, endpoint),
        address=address_of(here, endpoint),
    )
    return page(request, template or f"endpoints/{tab}.html", here, frame, *values, block=block, status=status)


def _standing(tx: Transaction, endpoint: Endpoint) -> EndpointStatus:
    by_itself = endpoint.disabled_because not in (None, DisabledBecause.PERSON)
    return EndpointStatus(
        waiting=deliveries.waiting(tx, endpoint.id),
        disabled_at=operational_events.disabled_at(tx, endpoint.id) if by_itself else None,
    )
