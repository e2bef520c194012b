"""Bounds for the head of a request, which uvicorn lacks: it keeps what comes before the empty line, however much there
is and however slowly it comes. Bodies are bounded where they are read.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 1024
"""What may come of a head after its first piece; a piece has at most 256 KiB."""

TOO_LARGE = "The head of the request is too large."


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which lets go of a connection whose next head is too large or does not come in time."""

    seconds: float

    _bytes = 0
    _in_head = True
    _awaited: asyncio.TimerHandle | None = None
    """Set while a head is awaited or under way; it lets go of the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_whole()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        awaited = self._awaited
        super().data_received(data)
        if not self._in_head:
            return  # a body, or the end of a head
        if self._awaited is None:
            self._await_head()  # most heads come in one piece, and need no clock
        elif self._awaited is awaited:
            self._count(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._head_is_whole()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._bytes = 0
        self._awaited = self.loop.call_later(self.seconds, self.transport.close)

    def _head_is_whole(self) -> None:
        self._in_head = False
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _count(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > MOST_BYTES and not self.transport.is_closing():
            self.send_400_response(TOO_LARGE)


def heads_within(seconds: float) -> type[BoundedHeads]:
    """The protocol for ``uvicorn.Config(http=…)``: each head must be there whole within ``seconds``."""
    return type("HeadsWithin", (BoundedHeads,), {"seconds": seconds})
