"""``GET /test/changes``: tells an open page which of its topics changed. The page then fetches those parts anew.

What a part shows, and to whom, is so decided in one place: by the page's own handler. See ``static/js/live.js``.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.actions.accounts import hash_of
from server.actions.services import Services
from server.web.visit import SESSION_COOKIE, Here, SignInNeeded, Visit, visit

router = APIRouter()

MAX_TOPICS = 10
PAUSE_SECONDS = 0.5
"""What changes within this time is told at once, so a busy source is told of at most twice a second."""
HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 5.0
"""How often at most a stream asks the database whether its session still lasts. It tells names of topics and nothing
more."""


@router.get("/changes")
async def live(request: Request, here: Here, topic: Annotated[list[str] | None, Query()] = None) -> Response:
    """Server-sent events of the address's source alone.

    A topic: ``source:src_…``, ``endpoint:ep_…``, ``message:msg_…`` or ``notices:src_…``. A stream that makes way for
    newer ones ends with the event ``replaced``, so that its page does not come back at once and end another.
    """
    changes = _changes(request, here, frozenset((topic or [])[:MAX_TOPICS]))
    return StreamingResponse(changes, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _changes(request: Request, here: Visit, topics: frozenset[str]) -> AsyncIterator[bytes]:
    """Ends with the feed, that is when the server stops, and with the session."""
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
