"""``/inspect/<token>``: an address of the inspector. It takes any method and path, and responds as a person said.

Its callers are strangers, so everything is bounded. It holds no slot of the pages: a delayed response costs nothing but
its connection, which is the first to close when there are too many.
"""

import asyncio
import random
import time

from starlette.types import Message, Receive, Scope, Send

from server.api.connections import MAKES_WAY
from server.delivery.deadline import Deadline
from server.delivery.memory_budget import MemoryBudget, OverBudget
from server.delivery.request_bin import RequestBin, TooMany
from server.domain.ids import InspectedRequestId, mint
from server.domain.inspector_addresses import (
    MAX_BODY_BYTES,
    PREFIX,
    WITHOUT_BODY,
    InspectedRequest,
    InspectorAddress,
    shown_headers,
    shown_target,
)
from server.store import Busy

UNKNOWN = "There is no address of the inspector here."
TOO_MANY = "The inspector receives too many requests just now."
TOO_SLOW = "The request took too long to arrive."
TOO_LARGE = "The body is larger than 1 MiB. Its beginning was kept."
FAILS = "This address fails some requests on purpose."

ROOM = MemoryBudget(8 * MAX_BODY_BYTES)
"""For all bodies that have begun to arrive and are not whole."""

_GUARD = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cache-control", b"no-store"),
]
"""A browser must not run what an address responds."""


class _Gone(Exception):
    """The client left before its body was whole."""


async def inspect(scope: Scope, receive: Receive, send: Send) -> None:
    """The same as an application of its own, for a server without ``IntakeFirst``."""
    await respond(scope["app"].state.request_bin, scope, receive, send)


async def respond(bin: RequestBin, scope: Scope, receive: Receive, send: Send) -> None:
    """Keep the request and respond. A refused one gets one sentence: a stranger learns nothing of what is stored."""
    token = scope["path"][len(PREFIX) :].partition("/")[0]
    try:
        address = await bin.address(token)
        if address is None:
            return await _say(send, 404, UNKNOWN)
        with bin.place(address):
            await _take_in(bin, address, scope, receive, send)
    except (TooMany, OverBudget, Busy):
        await _say(send, 429, TOO_MANY, (b"retry-after", b"1"))
    except TimeoutError:
        await _say(send, 408, TOO_SLOW)
    except _Gone:
        return None


async def _take_in(bin: RequestBin, address: InspectorAddress, scope: Scope, receive: Receive, send: Send) -> None:
    with Deadline(bin.timeout):
        body, cut = await _read(receive)
    answers = address.answers
    status = 413 if cut else answers.status_at(random.random())  # noqa: S311  no secret depends on it
    await bin.keep(address, _request(address, scope, body, cut, status))
    if answers.delay_ms:
        if make_way := scope.get("state", {}).get(MAKES_WAY):
            make_way()  # events come first when connections run out
        if not await _wait(answers.delay_ms / 1000, receive):
            return
    if cut:
        await _say(send, status, TOO_LARGE)
    elif status != answers.status:
        await _say(send, status, FAILS, closes=False)
    else:
        await _give(send, status, answers.body, answers.content_type)


def _request(address: InspectorAddress, scope: Scope, body: bytes, cut: bool, status: int) -> InspectedRequest:
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1")[len(PREFIX) + len(address.token) :]
    query = scope["query_string"].decode("latin-1")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return InspectedRequest(
        id=mint(InspectedRequestId),
        address_id=address.id,
        received_at=time.time_ns() // 1_000_000,
        method=scope["method"],
        target=shown_target(path, query),
        headers=shown_headers(headers),
        size=len(body),
        cut=cut,
        status=status,
        body=body,
    )


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The body, or its first ``MAX_BODY_BYTES``, and whether it is longer."""
    received = bytearray()
    with ROOM.hold() as held:
        while True:
            piece = await receive()
            if piece["type"] == "http.disconnect":
                raise _Gone
            more = piece.get("body", b"")
            held.grow(len(more))
            received += more
            if len(received) > MAX_BODY_BYTES:
                return bytes(received[:MAX_BODY_BYTES]), True
            if not piece.get("more_body", False):
                return bytes(received), False


async def _wait(seconds: float, receive: Receive) -> bool:
    """Wait. False as soon as the client has left."""
    left = asyncio.ensure_future(_until_gone(receive))
    try:
        done, _ = await asyncio.wait({left}, timeout=seconds)
        return not done
    finally:
        left.cancel()


async def _until_gone(receive: Receive) -> Message:
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message


async def _say(send: Send, status: int, sentence: str, *more: tuple[bytes, bytes], closes: bool = True) -> None:
    closing = [(b"connection", b"close")] if closes else []
    await _give(send, status, sentence, "text/plain; charset=utf-8", [*closing, *more])


async def _give(
    send: Send, status: int, text: str, content_type: str, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = b"" if status in WITHOUT_BODY else text.encode()
    headers = [*_GUARD, *(more or [])]
    if status not in WITHOUT_BODY:
        headers += [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
