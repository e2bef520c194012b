"""``GET /test/changes``: tells an open page which of its topics changed. The page then fetches those parts anew.

What a part shows, and to whom, is so decided in one place: by the page's own handler. See ``static/js/live.js``.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.actions.workbench import Workbench
from server.delivery.feed import Noticed, Reader, Told
from server.domain.ids import SourceId
from server.domain.sentences import say
from server.web import errors
from server.web.visit import Here, SignInNeeded, Visit, visit

router = APIRouter()

MOST_STREAMS = 100
MOST_TOPICS = 10
PAUSE_SECONDS = 0.5
"""What changes within this time is told at once, so a busy source is told of at most twice a second."""
HEARTBEAT_SECONDS = 15.0
TOO_MANY = say("Too many pages are open at a time; this one does not refresh itself.")


@router.get("/changes")
async def live(request: Request, here: Here, topic: Annotated[list[str] | None, Query()] = None) -> Response:
    """Server-sent events of the address's source alone.

    A topic: ``source:src_…``, ``endpoint:ep_…``, ``message:msg_…`` or ``notices:src_…``.
    """
    if here.bench.feed.readers >= MOST_STREAMS:
        return errors.answer(request, 503, TOO_MANY)
    changes = _changes(request, here, frozenset((topic or [])[:MOST_TOPICS]))
    return StreamingResponse(changes, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _changes(request: Request, here: Visit, topics: frozenset[str]) -> AsyncIterator[bytes]:
    """Ends with the feed, that is when the server stops, and with the session."""
    with here.bench.feed.listen() as changes:
        yield format_sse_event(comment="open")
        while (told := await _told(changes, here.source.id, topics)) is not None:
            if not await _still_signed_in(request, here.bench):
                return
            yield format_sse_event(data_str=" ".join(sorted(told))) if told else format_sse_event(comment="still here")


async def _told(changes: Reader, source_id: SourceId, topics: frozenset[str]) -> set[str] | None:
    """Which of the topics changed, gathered for a moment; none after a quiet while, ``None`` when the feed ended."""
    told: set[str] = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARTBEAT_SECONDS) as patience:
            async for changed in changes:
                if changed.source_id != source_id:
                    continue
                if not told and topics & _topics(changed):
                    patience.reschedule(asyncio.get_running_loop().time() + PAUSE_SECONDS)
                told |= topics & _topics(changed)
            return None
    return told


def _topics(changed: Told) -> frozenset[str]:
    if isinstance(changed, Noticed):
        return frozenset({f"notices:{changed.source_id}"})
    found = {f"source:{changed.source_id}"}
    if changed.message_id:
        found.add(f"message:{changed.message_id}")
    if changed.endpoint_id:
        found.add(f"endpoint:{changed.endpoint_id}")
    return frozenset(found)


async def _still_signed_in(request: Request, bench: Workbench) -> bool:
    try:
        await visit(request, bench)
    except SignInNeeded:
        return False
    return True
