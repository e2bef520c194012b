"""The frame of the pages about an endpoint's code: editor, test cases, backtest, shadow, coverage, history."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from server.domain.cards import Card
from server.domain.endpoints import Endpoint
from server.domain.versions import CodeDraft
from server.store import drafts
from server.web.endpoint_frame import address_of, name_of
from server.web.render import page
from server.web.visit import Visit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class CodeFrame:
    """What the frame shows."""

    code_tab: str
    """Which of the pages it is: editor, cases, backtest, shadow, coverage or history."""
    endpoint: Endpoint
    at: str
    """The address of the endpoint's pages."""
    card: Card | None
    name: str
    address: str
    saved: CodeDraft | None
    """The draft; ``None`` when nothing was saved since the last activation."""
    active: str = "endpoints"


async def code_page(
    request: Request,
    here: Visit,
    endpoint: Endpoint,
    code_tab: str,
    template: str,
    *values: "DataclassInstance",
    saved: CodeDraft | None = None,
    block: str | None = None,
    status: int = 200,
    in_thread: bool = False,
) -> Response:
    """One of the pages about an endpoint's code, whose template extends ``endpoints/code_frame.html``.

    ``saved``: the draft, where the page has read it already. ``in_thread``: it may be long, so it is rendered in a
    thread.
    """
    if saved is None and endpoint.draft_id:
        saved = await here.services.store.read(lambda tx: drafts.current(tx, endpoint.id))
    frame = CodeFrame(
        code_tab=code_tab,
        endpoint=endpoint,
        at=here.to(f"/endpoints/{endpoint.id}"),
        card=here.services.cards.get(endpoint.card),
        name=name_of(here, endpoint),
        address=address_of(here, endpoint),
        saved=saved,
    )
    rendered = partial(page, request, template, here, frame, *values, block=block, status=status)
    return await asyncio.to_thread(rendered) if in_thread else rendered()
