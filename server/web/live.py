"""``GET /test/changes``: tells an open page which of its topics changed. The page then fetches those parts again.

So one place decides what a part shows and to whom: the page's own handler. See ``static/js/live.js``.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.actions.accounts import hash_of
from server.actions.services import Services
from server.web.page_routes import source_pages
from server.web.visit import SESSION_COOKIE, Here, SignInNeeded, Visit, visit

router = source_pages()

MAX_TOPICS = 10
PAUSE_SECONDS = 0.5
"""Changes within this time are sent together, so a busy source sends at most two events a second."""
HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 5.0
"""Least time between two checks that a stream's session still lasts. A stream reveals only names of topics, so that a
late check does no harm."""


@router.get("/changes")
async def live(request: Request, here: Here, topic: Annotated[list[str] | None, Query()] = None) -> Response:
    """Server-sent events about the address's source only.

    A topic: ``source:src_…``, ``endpoint:ep_…``, ``message:msg_…``, ``notices:src_…``, ``refusals:src_…`` or
    ``inspector:ins_…``. A stream that is closed in favour of newer ones ends with the event ``replaced``, so that its
    page does not reconnect and close another.
    """
    changes = _changes(request, here, frozenset((topic or [])[:MAX_TOPICS]))
    return StreamingResponse(changes, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _changes(request: Request, here: Visit, topics: frozenset[str]) -> AsyncIterator[bytes]:
    """The stream's events. Ends when the server stops (the feed ends) or the session does."""
    owner = hash_of(request.cookies.get(SESSION_COOKIE, ""))
    checked, clock = 0.0, asyncio.get_running_loop().time
    with here.services.feed.watch(here.source.id, topics, owner) as watcher:
        yield format_sse_event(comment="open")
        while (told := await watcher.told(HEARTBEAT_SECONDS, PAUSE_SECONDS)) is not None:
            if not told or clock() >= checked + CHECK_SECONDS:
                if not await _still_signed_in(request, here.services):
                    return
                checked = clock()
            yield format_sse_event(data_str=" ".join(sorted(told))) if told else format_sse_event(comment="still here")
        if watcher.made_way:
            yield format_sse_event(event="replaced", data_str="")


async def _still_signed_in(request: Request, services: Services) -> bool:
    try:
        await visit(request, services)
    except SignInNeeded:
        return False
    return True
