"""Deleting endpoints: the question before it, the page Recently deleted, Undo, and deleting for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import deleted_endpoints as actions
from server.domain.cards import Card
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, Millis
from server.domain.sentences import Invalid, Sentence
from server.store import Transaction, audit, deleted_endpoints
from server.store.deleted_endpoints import PAGE
from server.store.retention import DELETED_MS
from server.web import forms
from server.web.endpoint_frame import TheEndpoint, address_of, name_of
from server.web.page_routes import source_pages
from server.web.render import page, redirect, undo
from server.web.visit import Here, Visit

router = source_pages()

MAX_CHOSEN = 50
"""Endpoints that one action takes: as many as the list shows on a page."""


@dataclass(frozen=True, slots=True)
class DeletedRow:
    endpoint: Endpoint
    name: str
    address: str
    card: Card | None
    deleted_at: Millis
    deleted_by: str
    erased_at: Millis


@dataclass(frozen=True, slots=True)
class DeletedPage:
    """What Recently deleted shows."""

    rows: Sequence[DeletedRow]
    total: int
    newer: str
    """The address of the page before; empty on the first."""
    older: str
    problem: Sentence | None = None
    active: str = "endpoints"


@router.get("/endpoints/deleted")
async def deleted(request: Request, here: Here, page: str = "") -> Response:
    return await _deleted_page(request, here, int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1)


@router.post("/endpoints/deleted/restore")
async def restore(request: Request, here: Here) -> Response:
    """Restore the endpoints in the form; what Undo does too."""
    chosen = (await forms.read(request)).every("ids")[:MAX_CHOSEN]
    restored: list[Endpoint] = []
    try:
        for each in await _known(here, chosen):
            restored.append(await actions.restore(here.services, each, here.user.name))
    except Invalid as refused:
        return await _deleted_page(request, here, 1, refused.problems[0].sentence)
    if not restored:
        return await _deleted_page(request, here, 1, actions.NOT_DELETED)
    if len(restored) == 1:
        return redirect(here.to(f"/endpoints/{restored[0].id}"), "endpoint-restored", request)
    return redirect(here.to("/endpoints"), "endpoints-restored", request)


@router.post("/endpoints/deleted/erase")
async def erase(request: Request, here: Here) -> Response:
    chosen = (await forms.read(request)).every("ids")[:1]
    try:
        for each in await _known(here, chosen):
            await actions.erase(here.services, each, here.user.name)
    except Invalid as refused:
        return await _deleted_page(request, here, 1, refused.problems[0].sentence)
    return redirect(here.to("/endpoints/deleted"), "endpoint-erased", request)


@router.post("/endpoints/{endpoint_id}/delete")
async def remove(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await actions.remove(here.services, endpoint, here.user.name)
    return redirect(undo(here.to("/endpoints"), [endpoint.id]), "endpoint-deleted", request)


async def _known(here: Visit, chosen: Sequence[str]) -> list[EndpointId]:
    """Those of the ids that belong to deleted endpoints of this source, the first deleted first."""

    def query(tx: Transaction) -> list[EndpointId]:
        found = (deleted_endpoints.get(tx, EndpointId(each[:40])) for each in dict.fromkeys(chosen))
        return [each.endpoint.id for each in found if each and each.endpoint.source_id == here.source.id]

    return await here.services.store.read(query)


async def _deleted_page(request: Request, here: Visit, number: int, problem: Sentence | None = None) -> Response:
    offset = (max(1, number) - 1) * PAGE

    def query(tx: Transaction) -> tuple[list[DeletedRow], int]:
        found = deleted_endpoints.page(tx, here.source.id, offset, PAGE)
        by = audit.deleted_by(tx, [each.endpoint.id for each in found])
        rows = [
            DeletedRow(
                each.endpoint,
                name_of(here, each.endpoint),
                address_of(here, each.endpoint),
                here.services.cards.get(each.endpoint.card),
                each.deleted_at,
                by.get(each.endpoint.id, ""),
                each.deleted_at + DELETED_MS,
            )
            for each in found
        ]
        return rows, deleted_endpoints.count(tx, here.source.id)

    rows, total = await here.services.store.read(query)
    at = here.to("/endpoints/deleted")
    shown = DeletedPage(
        rows,
        total,
        newer=f"{at}?page={number - 1}" if number > 1 else "",
        older=f"{at}?page={number + 1}" if offset + PAGE < total else "",
        problem=problem,
    )
    return page(request, "endpoints/deleted.html", here, shown, status=422 if problem else 200)
