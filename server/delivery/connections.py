"""The client side of HTTP/1.1 on one connection: sends a request, receives its response, and can then be reused.

It is our own code because this is the hottest part of a delivery, and httpx's own pool costs dozens of times as much
per request as aiohttp's. ``response_reader`` parses the bytes; this module decides whether they may be the response to
the request, and whether the connection can be reused.
"""

import asyncio
import select
import socket
import ssl
import struct
import sys
from collections import deque
from time import monotonic
from typing import cast

import httpx

from server.delivery.response_reader import Malformed, ResponseReader, TooLarge

MAX_BUFFERED_BYTES = 64 * 1024
"""Bytes of a body that may wait to be read by the caller. With more, reading from the connection pauses."""


class NoResponse(httpx.ReadError):
    """The connection ended before the first byte of a response."""


class StaleResponse(NoResponse):
    """The bytes on a reused connection were sent before the other side could have read the request."""


class ResponseCutShort(httpx.RemoteProtocolError):
    """The response was valid so far, but ended too early."""


class Oversized(httpx.RemoteProtocolError):
    """A head, or the framing of a body, exceeds its limit."""


class Connection(asyncio.Protocol):
    """One connection with one exchange at a time: call ``ask``, then read the response to its end, or ``abort``."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        """Only inspected here: the event loop reads, writes and closes it."""
        self._arrivals = select.poll()
        self._arrivals.register(made, select.POLLIN)
        self._transport: asyncio.Transport | None = None
        self._answer: Response | None = None
        self._asked_at = 0.0
        self._request_bytes = 0
        """Size of a request sent on a reused connection, until the first byte of its response arrives; otherwise 0."""
        self._spoiled = False
        """The connection cannot be reused: unexpected bytes arrived, it was closed, or it was aborted."""

    def ask(self, request: bytes) -> "Response":
        """Send a whole request and return its response. Await ``head`` of it next."""
        assert self._transport
        if self._answer is not None:
            self._request_bytes, self._asked_at = len(request), monotonic()
        self._answer = answer = Response(self._transport)
        self._transport.write(request)
        return answer

    @property
    def idle(self) -> bool:
        """Whether the exchange has ended and the next one may begin."""
        answer = self._answer
        if self._spoiled or self._transport is None or (answer and not answer.reusable):
            return False
        return not self._transport.get_write_buffer_size()

    @property
    def quiet(self) -> bool:
        """Whether it is idle and nothing has arrived since, not even bytes that the event loop has not read yet."""
        return self.idle and self._socket.fileno() >= 0 and not self._arrivals.poll(0)

    def abort(self) -> None:
        """Drop the connection at once, whatever is under way."""
        self._spoiled = True
        if self._transport:
            self._transport.abort()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the methods, but not the base class

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.ended:
            self.abort()
        elif self._request_bytes and self._came_too_soon():
            self._spoiled = True
            self._answer.refuse()
        else:
            self._request_bytes = 0
            self._answer.feed(data)

    def eof_received(self) -> None:
        self._lost(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(error)

    def _lost(self, error: Exception | None) -> None:
        self._spoiled = True
        if self._answer and not self._answer.ended:
            self._answer.lost(error)

    def _came_too_soon(self) -> bool:
        """Whether the first bytes on a reused connection cannot be the response to our request.

        They cannot when the other side has not acknowledged a byte of the request, or less than half of the shortest
        round trip has passed: half, since a route may become shorter. Stale bytes that arrive later than that cannot be
        detected; they can only come from this endpoint's own destination.
        """
        if self._transport is None:
            return True
        waiting = self._request_bytes
        if self._transport.get_write_buffer_size() >= waiting:
            return True
        return _sent_before_ours(self._socket, waiting, monotonic() - self._asked_at)


if sys.platform == "linux":
    import fcntl
    import termios

    _TCP_INFO_BYTES = 152
    _UNACKNOWLEDGED, _NOT_SENT, _MIN_ROUND_TRIP = slice(24, 28), slice(144, 148), slice(148, 152)
    """Where they stand in ``struct tcp_info``: segments, bytes, and microseconds (Linux 4.6 and newer)."""
    _NEVER_MEASURED = 0xFFFF_FFFF

    def _sent_before_ours(made: socket.socket, request_bytes: int, elapsed: float) -> bool:
        try:
            info = made.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
            if len(info) < _TCP_INFO_BYTES:
                return False
            if any(info[_UNACKNOWLEDGED]) or any(info[_NOT_SENT]):  # only then ask how many bytes
                (queued,) = struct.unpack("i", fcntl.ioctl(made, termios.TIOCOUTQ, b"\0\0\0\0"))
                if queued >= request_bytes:
                    return True
        except OSError:
            return False
        round_trip = int.from_bytes(info[_MIN_ROUND_TRIP], sys.byteorder)
        return round_trip != _NEVER_MEASURED and elapsed < round_trip / 2_000_000

else:

    def _sent_before_ours(made: socket.socket, request_bytes: int, elapsed: float) -> bool:
        return False


class Response:
    """The response to one request, as it arrives."""

    __slots__ = (
        "_chunks", "_failure", "_news", "_paused", "_reader", "_transport", "_waiting", "began", "ended", "headers",
        "reusable", "started", "status", "transfer_codings",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport) -> None:
        self.status = 0
        """The status code; 0 until the head has been read, or ``read_partial_head`` found one."""
        self.headers: list[tuple[bytes, bytes]] = []
        """Names and values as received."""
        self.transfer_codings: list[bytes] = []
        self.began = False
        """The first byte has arrived."""
        self.started = False
        """The head is complete."""
        self.ended = False
        """The body is complete."""
        self.reusable = False
        """The response has ended, nothing followed it, and the other side keeps the connection open."""
        self._transport = transport
        self._reader = ResponseReader()
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._failure: tuple[type[httpx.TransportError], str] | ssl.SSLError | None = None
        self._news: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Wait until the head is complete. Interim responses (1xx) are skipped. Raises an ``httpx.TransportError``."""
        while not self.started:
            await self._more()

    async def piece(self) -> bytes | None:
        """Return the next piece of the body as on the wire but without the framing of chunks; ``None`` at its end."""
        while not self._chunks:
            if self.ended:
                return None
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
            await self._more()
        chunk = self._chunks.popleft()
        self._waiting -= len(chunk)
        return chunk

    def read_partial_head(self) -> None:
        """Take the status if the status line has been read, even where the response was cut short."""
        if not self.started:
            self._reader.read_partial_head()
            self._take_head()

    async def _more(self) -> None:
        if isinstance(self._failure, ssl.SSLError):
            raise httpx.ConnectError("refused after the handshake") from self._failure
        if self._failure:
            failure, words = self._failure
            # Raise a new exception each time: a raised one keeps its frames alive, and they refer to this response.
            raise failure(words)
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def _wake(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)

    def _take_head(self) -> None:
        reader = self._reader
        self.status, self.headers, self.transfer_codings = reader.status, reader.headers, reader.transfer_codings

    # Called by the connection

    def feed(self, data: bytes) -> None:
        if self._failure:
            return
        self.began = True
        reader = self._reader
        try:
            reader.feed(data)
        except TooLarge:
            self._failure = Oversized, "the head, or what frames the body, is too large"
        except Malformed:
            self._failure = httpx.RemoteProtocolError, "the response is not valid HTTP"
        if not self.started and reader.head_read:
            self.started = True
            self._take_head()
        if reader.pieces:
            self._waiting += sum(map(len, reader.pieces))
            self._chunks.extend(reader.pieces)
            reader.pieces.clear()
        if self._failure:
            self._transport.abort()
        elif reader.complete:
            self._end()
        elif self._waiting > MAX_BUFFERED_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def refuse(self) -> None:
        """Fail, because the bytes that arrived cannot be the response."""
        self._fail(StaleResponse, "what came was sent before the request arrived")

    def lost(self, error: Exception | None) -> None:
        """Handle the end of the connection. It completes a response of undeclared length, and fails any other."""
        if self._failure:
            return
        if not self.began and isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason):
            # Under TLS 1.3 a server rejects a client without a certificate only after the handshake.
            self._failure = error.with_traceback(None)
            self._wake()
        elif not self.began:
            self._fail(NoResponse, "the connection ended without an answer")
        elif error is None and self._reader.head_read and self._reader.end():
            self._end()
            self._wake()
        elif error is not None:
            self._fail(httpx.ReadError, "the connection broke")
        else:
            self._fail(ResponseCutShort, "the answer broke off")

    def _fail(self, failure: type[httpx.TransportError], words: str) -> None:
        self._failure = failure, words
        self._transport.abort()
        self._wake()

    def _end(self) -> None:
        self.ended = True
        # When reading was paused for a large body, nobody resumes it: the connection cannot be reused.
        self.reusable = self._reader.keep_alive and not self._paused and self._waiting <= MAX_BUFFERED_BYTES
