"""HTTP/1.1 as a client speaks it, over one connection: a request out, its response in, whether it can be used again.

Own code, since this is the hottest part of a delivery (measured per request: httpx's own pool 2,000 µs, aiohttp 54).
``response_reader`` reads what comes; here is when it may be taken for the answer to what was asked, and what becomes of
the connection.
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
"""Bytes of a body that nobody has asked for yet, above which the connection is not read."""


class NoResponse(httpx.ReadError):
    """The connection ended before a byte of an answer."""


class StaleResponse(NoResponse):
    """What came on a kept connection was sent before the other side could have read the request."""


class ResponseCutShort(httpx.RemoteProtocolError):
    """What had come was valid, but it ended too early."""


class Oversized(httpx.RemoteProtocolError):
    """A head, or what frames the body, exceeds its limit."""


class Connection(asyncio.Protocol):
    """One connection; one exchange at a time: ``ask``, then ``piece`` by piece to its end, or ``abort``."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        """Only to be looked at: the event loop reads, writes and closes it."""
        self._arrivals = select.poll()
        self._arrivals.register(made, select.POLLIN)
        self._transport: asyncio.Transport | None = None
        self._answer: Response | None = None
        self._asked_at = 0.0
        self._request_bytes = 0
        """Of the request on its way, while nothing of its answer has come on a connection that was kept; else 0."""
        self._spoiled = False
        """Something came that nobody had asked for, or the other side has closed."""

    def ask(self, request: bytes) -> "Response":
        """Send a whole request. Await ``head`` of what this returns."""
        assert self._transport
        if self._answer is not None:
            self._request_bytes, self._asked_at = len(request), monotonic()
        self._answer = answer = Response(self._transport)
        self._transport.write(request)
        return answer

    @property
    def idle(self) -> bool:
        """The exchange has ended, and the next one may begin."""
        answer = self._answer
        if self._spoiled or self._transport is None or (answer and not answer.reusable):
            return False
        return not self._transport.get_write_buffer_size()

    @property
    def quiet(self) -> bool:
        """Nothing has arrived since the exchange ended, not even what the event loop has not looked at yet."""
        return self.idle and self._socket.fileno() >= 0 and not self._arrivals.poll(0)

    def abort(self) -> None:
        """Let go at once, whatever is under way."""
        self._spoiled = True
        if self._transport:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

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
        """Whether the first bytes on a kept connection cannot be the answer to our request.

        The other side has not acknowledged a byte of it, or less than half of the shortest round trip has passed: half,
        since a route may become shorter. What is left to chance is what comes in the same moment, on this endpoint's
        own connection.
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
    """What comes back for one request."""

    __slots__ = (
        "_chunks", "_failure", "_news", "_paused", "_reader", "_transport", "_waiting", "began", "ended", "headers",
        "reusable", "started", "status", "transfer_codings",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport) -> None:
        self.status = 0
        """0 until the head has been read; then, or after ``read_partial_head``, the status."""
        self.headers: list[tuple[bytes, bytes]] = []
        """As they stand on the wire."""
        self.transfer_codings: list[bytes] = []
        self.began = False
        """A byte has come."""
        self.started = False
        """Its head is whole."""
        self.ended = False
        """Its body is whole."""
        self.reusable = False
        """It has ended, nothing came after it, and the other side keeps the connection."""
        self._transport = transport
        self._reader = ResponseReader()
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._failure: tuple[type[httpx.TransportError], str] | ssl.SSLError | None = None
        self._news: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Wait for the head. Early hints are passed over. Raises an ``httpx.TransportError``."""
        while not self.started:
            await self._more()

    async def piece(self) -> bytes | None:
        """The next piece of the body as it is on the wire, without the framing of chunks; ``None`` when it is whole."""
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
        """Whatever has become of the response: take its status if the status line has been read."""
        if not self.started:
            self._reader.read_partial_head()
            self._take_head()

    async def _more(self) -> None:
        if isinstance(self._failure, ssl.SSLError):
            raise httpx.ConnectError("refused after the handshake") from self._failure
        if self._failure:
            failure, words = self._failure
            # A new one: what is raised knows the frames it went through, and they know this answer.
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

    # What the connection calls

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
        """What came cannot be the answer."""
        self._fail(StaleResponse, "what came was sent before the request arrived")

    def lost(self, error: Exception | None) -> None:
        """The connection has ended. For an answer that says nothing of its length, that is how it ends."""
        if self._failure:
            return
        if not self.began and isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason):
            self._failure = error.with_traceback(
                None
            )  # under TLS 1.3 a server refuses a client without a certificate only now
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
        # Of a body that was too much to keep nobody takes up reading again.
        self.reusable = self._reader.keep_alive and not self._paused and self._waiting <= MAX_BUFFERED_BYTES
