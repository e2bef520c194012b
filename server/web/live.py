"""``GET /live``: one stream a page. It says what changed; the page then asks anew for the parts that show it.

The data of each event is a line of topics, ``source:src_… message:msg_… endpoint:ep_…``; ``static/js/live.js`` sends
``refresh`` to the parts whose ``data-live`` names one of them. So a part is always rendered by its own page, with its own
filters and its own check of who asks, and a stream holds nothing but ids.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.delivery.feed import Changed
from server.web.visit import Here

router = APIRouter()

MOST_STREAMS = 100
GATHER_SECONDS = 0.5
"""Changes are gathered for this long, so that a flood of events is two lines a second and not a thousand."""
LONGEST_SECONDS = 600.0
"""Then the stream ends; the browser asks for the next one, and who asks is looked at again."""


async def room(request: Request) -> AsyncIterator[None]:
    """Holds one of the streams that may be open at a time."""
    state = request.app.state
    streams: int = getattr(state, "streams", 0)
    if streams >= MOST_STREAMS:
        raise HTTPException(503)
    state.streams = streams + 1
    try:
        yield
    finally:
        state.streams -= 1


@router.get("/live", response_class=EventSourceResponse)
async def live(here: Here, room: Annotated[None, Depends(room)]) -> AsyncIterator[ServerSentEvent]:
    """FastAPI adds a comment every 15 seconds, which keeps proxies from closing a quiet stream."""
    yield ServerSentEvent(comment="open")
    with here.bench.feed.listen() as changes:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                async for changed in changes:
                    topics = dict.fromkeys(_topics(changed))
                    await asyncio.sleep(GATHER_SECONDS)
                    topics |= dict.fromkeys(topic for more in changes.unread() for topic in _topics(more))
                    yield ServerSentEvent(raw_data=" ".join(topics))
        except TimeoutError:
            return


def _topics(changed: Changed) -> list[str]:
    topics = [f"source:{changed.source_id}", f"message:{changed.message_id}"]
    return topics if changed.endpoint_id is None else [*topics, f"endpoint:{changed.endpoint_id}"]
