"""``POST /in/<token>``: where Dodo Payments sends its events.

Validated by hand and ahead of FastAPI, since this is the hot path: a route of FastAPI's costs three times as much.
Nothing is parsed here; the raw bytes go to ``delivery.intake``.
"""

import asyncio

from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.delivery.intake import Accepted, Duplicate, Intake, Refused
from server.domain.sources import IntakeRefusal
from server.store import Busy

# Constant sentences: a stranger learns nothing about what is stored here.
UNSIGNED = "The signature is missing or wrong."
TOO_LARGE = "The event is too large."
NOT_JSON = "The body must be a JSON object with a type."
TOO_SLOW = "The event took too long to arrive."
BUSY = "The event could not be stored just now; please send it again."

_STATUS = {IntakeRefusal.SIGNATURE: (401, UNSIGNED), IntakeRefusal.NOT_JSON: (400, NOT_JSON)}


PREFIX = "/in/"


class IntakeFirst:
    """The way of an event past the middlewares and routes of the pages, which cost as much as all that it needs."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PREFIX):
            token = scope["path"][len(PREFIX) :]
            if "/" not in token:
                response = await _take_in(self.app.state.intake, token, Request(scope, receive))
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def receive(request: Request) -> Response:
    """The route within the application, for a server that was not given ``IntakeFirst``."""
    return await _take_in(request.app.state.intake, request.path_params["token"], request)


async def _take_in(intake: Intake, token: str, request: Request) -> Response:
    """200 after the event is stored durably, or was stored before; otherwise a status and one sentence."""
    try:
        async with asyncio.timeout(intake.timeout):
            body = await _read(request, intake.max_body)
    except TimeoutError:
        return _close(408, TOO_SLOW)
    except ClientDisconnect:
        return _close(400, NOT_JSON)
    try:
        if body is None:
            await intake.refuse(token, IntakeRefusal.TOO_LARGE)
            return _close(413, TOO_LARGE)
        match await intake.accept(token, request.headers, body):
            case Accepted() | Duplicate():
                return _say(200, "")
            case Refused(reason):
                return _say(*_STATUS[reason])
    except Busy:
        return _close(503, BUSY)


async def _read(request: Request, limit: int) -> bytes | None:
    """The body, or ``None`` as soon as it is known to be larger than ``limit`` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return None
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            return None
    return bytes(received)


def _say(status: int, sentence: str) -> Response:
    return Response(sentence, status, media_type="text/plain")


def _close(status: int, sentence: str) -> Response:
    """The body may not be read to its end, so nothing more can be understood on this connection."""
    return Response(sentence, status, media_type="text/plain", headers={"connection": "close"})
