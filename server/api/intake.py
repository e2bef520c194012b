"""``POST /in/<token>``: where Dodo Payments sends its events.

This is the hot path, so requests are validated by hand and ahead of FastAPI: a FastAPI route costs three times as much.
Nothing is parsed here; the raw bytes go to ``delivery.intake``.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from server.api import inspector
from server.api.connections import ConnectionLimiter
from server.delivery.deadline import Deadline
from server.delivery.intake import Accepted, Duplicate, Intake, Rejected
from server.delivery.memory_budget import MemoryBudget, OverBudget
from server.domain import inspector_addresses
from server.domain.sources import IntakeRefusal
from server.store import Busy

# Constant sentences: a stranger learns nothing about what is stored here.
UNKNOWN = "There is no source at this address."
UNSIGNED = "The signature is missing or wrong."
TOO_LARGE = "The event is too large."
NOT_JSON = "The body must be a JSON object with a type."
TOO_SLOW = "The event took too long to arrive."
BUSY = "The event could not be stored just now; please send it again."

PREFIX = "/in/"
HEALTH = "/healthz"

PAGES_AT_ONCE = 6
MANY_PAGES = 32
"""When more pages than these wait for a slot, a new one begins only while no event is under way."""
EVENT_FIRST_SECONDS = 0.1
"""The longest that a page waits for events and new connections, so that a stream of them does not keep pages out."""

ROOM = MemoryBudget(24 * 1024 * 1024)
"""For all bodies of this process that have begun to arrive and are not whole. One event has at most 64 MiB."""


@dataclass(frozen=True, slots=True)
class IntakeResponse:
    status: int
    sentence: str
    closes: bool = False
    """The body may not have been read to its end, so the connection cannot be used for another request."""

    async def give(self, send: Send) -> None:
        body = self.sentence.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        if self.closes:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


STORED = IntakeResponse(200, "")
UNREADABLE = IntakeResponse(503, BUSY)
NOT_FOUND = IntakeResponse(404, UNKNOWN, closes=True)
_REFUSED = {
    IntakeRefusal.NO_SECRET: IntakeResponse(401, UNSIGNED),
    IntakeRefusal.HEADERS: IntakeResponse(401, UNSIGNED),
    IntakeRefusal.SIGNATURE: IntakeResponse(401, UNSIGNED),
    IntakeRefusal.CLOCK: IntakeResponse(401, UNSIGNED),
    IntakeRefusal.NOT_JSON: IntakeResponse(400, NOT_JSON),
    IntakeRefusal.UNREADABLE: UNREADABLE,
}


class Slot:
    """A request's place among the few that are handled at once."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._held = self._over = False

    async def take(self) -> None:
        if self._is_over() or self._held:
            return
        await self._slots.acquire()
        self._held = True
        if self._is_over():  # another task of the request has responded meanwhile
            self.leave()

    def _is_over(self) -> bool:
        return self._over

    def leave(self) -> None:
        if self._held:
            self._held = False
            self._slots.release()

    def end(self) -> None:
        """Leave for good: the response has begun, and nothing more is to be done."""
        self._over = True
        self.leave()


class IntakeFirst:
    """Leads events past the middlewares and routes of the pages, which would double the cost of an event."""

    def __init__(self, app: FastAPI, connections: ConnectionLimiter | None = None) -> None:
        self.app = app
        self._connections = connections
        self._slots = asyncio.Semaphore(PAGES_AT_ONCE)
        self._waiting = self._events = 0
        self._no_event = asyncio.Event()
        self._no_event.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"]
            if path.startswith("//"):  # a sender joined a path to an address that ends in a slash
                path = "/" + path.lstrip("/")
            token = path[len(PREFIX) :].strip("/")
            if path.startswith(PREFIX) and "/" not in token:
                await self._event(token, scope, receive, send)
                return
        if scope["type"] == "http" and scope["path"].startswith(inspector_addresses.PREFIX):
            await inspector.respond(self.app.state.request_bin, scope, receive, send)
        elif scope["type"] == "http" and scope["path"] != HEALTH:  # health must respond even while pages do not
            await self._page(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _event(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._events += 1
        self._no_event.clear()
        try:
            answer = await _take_in(self.app.state.intake, token, Headers(raw=scope["headers"]), receive)
            await answer.give(send)
        finally:
            self._events -= 1
            if not self._events:
                self._no_event.set()

    async def _let_events_pass(self) -> None:
        """Wait, if hundreds of pages are requested together: the event needs the processor that they would take.

        The event loop takes in one new connection in each of its rounds, and a page takes a round. So an event behind
        new connections would wait for all their pages: they are taken in before a page begins.
        """
        if not await self._is_one_more_connected() and not self._must_wait():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(EVENT_FIRST_SECONDS):
                while await self._is_one_more_connected():
                    pass
                if self._must_wait():
                    await self._no_event.wait()

    async def _is_one_more_connected(self) -> bool:
        """Let the event loop take in a new connection. Returns whether there was one."""
        if self._connections is None:
            return False
        before = self._connections.added
        await asyncio.sleep(0)
        return self._connections.added != before

    def _must_wait(self) -> bool:
        return self._waiting > MANY_PAGES and self._events > 0

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make a page, few at once: each blocks the event loop for a while, and hundreds may be requested together.

        A slot is not held while a client sends its form, nor while a stream is open.
        """
        slot = Slot(self._slots)

        async def receive_without() -> Message:
            slot.leave()
            message = await receive()
            await slot.take()
            return message

        async def send_and_leave(message: Message) -> None:
            slot.end()
            await send(message)

        try:
            self._waiting += 1
            try:
                await slot.take()
                await self._let_events_pass()
            finally:
                self._waiting -= 1
            if "state" in scope and scope["state"].get("gone"):
                return  # the client left while it waited, as hundreds may do
            await self.app(scope, receive_without, send_and_leave)
        finally:
            slot.end()


async def receive(request: Request) -> Response:
    """Handle the route within the application, for a server that does not use ``IntakeFirst``."""
    token = request.path_params["token"]
    answer = await _take_in(request.app.state.intake, token, request.headers, request.receive)
    headers = {"connection": "close"} if answer.closes else None
    return Response(answer.sentence, answer.status, headers, media_type="text/plain")


async def _take_in(intake: Intake, token: str, headers: Headers, receive: Receive) -> IntakeResponse:
    """Return 200 after the event is stored durably, or was stored before; otherwise a status and one sentence."""
    try:
        if not await intake.knows(token):
            return NOT_FOUND  # before a byte of the body is read
        with Deadline(intake.timeout):
            body = await _read(headers, receive, intake.max_body)
    except TimeoutError:
        return IntakeResponse(408, TOO_SLOW, closes=True)
    except OverBudget:
        return IntakeResponse(503, BUSY, closes=True)
    except ClientDisconnect:
        return IntakeResponse(400, NOT_JSON, closes=True)
    except Busy:
        return IntakeResponse(503, BUSY, closes=True)
    try:
        if body is None:
            await intake.refuse(token, IntakeRefusal.TOO_LARGE)
            return IntakeResponse(413, TOO_LARGE, closes=True)
        match await intake.accept(token, headers, body):
            case Accepted() | Duplicate():
                return STORED
            case Rejected(reason):
                return _REFUSED[reason]
    except Busy:
        return IntakeResponse(503, BUSY, closes=True)


async def _read(headers: Headers, receive: Receive, limit: int) -> bytes | None:
    """Return the body, or ``None`` as soon as it is known to be larger than ``limit`` bytes."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return None
    piece = await _piece(receive)
    first: bytes = piece.get("body", b"")
    if not piece.get("more_body", False):  # most events arrive in one piece
        return first if len(first) <= limit else None
    received = bytearray(first)
    with ROOM.hold() as held:
        held.grow(len(first))
        while piece.get("more_body", False):
            piece = await _piece(receive)
            more = piece.get("body", b"")
            held.grow(len(more))
            received += more
            if len(received) > limit:
                return None
    return bytes(received)


async def _piece(receive: Receive) -> Message:
    piece = await receive()
    if piece["type"] == "http.disconnect":
        raise ClientDisconnect
    return piece
