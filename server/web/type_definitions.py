"""The types of events and of what a destination accepts, for the code editor (``static/js/types.js``)."""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from server.domain.cards import Card
from server.domain.drift import DriftKind, drifts
from server.domain.endpoints import URL_NOT_SET
from server.domain.type_definitions import Observed, type_definitions
from server.store import Transaction, observations
from server.web.endpoint_frame import TheEndpoint
from server.web.endpoints import card_of
from server.web.i18n import gettext
from server.web.page_routes import source_pages
from server.web.visit import Here, Visit

router = source_pages()

MAX_EVENTS = 100
"""Event types in the address."""


@router.get("/endpoints/{endpoint_id}/types.d.ts")
async def of_endpoint(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The types for the code of an endpoint: its event types, its variables, and what its destination accepts."""
    card = here.services.cards.get(endpoint.card)
    text = await asyncio.to_thread(
        type_definitions,
        event_types=endpoint.event_types,
        contract=card.contract if card else None,
        url=endpoint.url if endpoint.url != URL_NOT_SET or card is None else _example_url(card),
        variables=[*endpoint.variables, *(card.variables if card else ())],
        observed=await _observed(here),
        words=gettext,
    )
    return _answer(request, text)


@router.get("/transformations/types.d.ts")
async def of_card(
    request: Request, here: Here, card: str, event: Annotated[list[str] | None, Query(max_length=MAX_EVENTS)] = None
) -> Response:
    """The types for the code of a new endpoint. ``event``: the event types that its form has chosen; none for all."""
    found = card_of(here, card)
    text = await asyncio.to_thread(
        type_definitions,
        event_types=event,
        contract=found.contract,
        url=_example_url(found),
        variables=found.variables,
        observed=await _observed(here),
        words=gettext,
    )
    return _answer(request, text)


async def _observed(here: Visit) -> Observed:
    """What real events had and the catalog lacks."""
    return await here.services.store.read(_lacking)


def _lacking(tx: Transaction) -> Observed:
    found: dict[str, dict[str, Sequence[str]]] = {}
    for one in (each for observation in observations.all_of(tx) for each in drifts(observation)):
        fields = found.setdefault(one.event_type, {})
        if one.kind is not DriftKind.NEW_EVENT_TYPE:
            fields[one.path] = one.types
    return found


def _example_url(card: Card) -> str:
    """Where requests of the card go, as far as that is known before its form is filled in."""
    if card.asks_url:
        return card.url.placeholder
    return card.default_url({each.name: each.placeholder for each in card.fields if each.placeholder})


def _answer(request: Request, text: str) -> Response:
    body = text.encode()
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "cookie, accept-language"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/plain; charset=utf-8", headers=headers)
