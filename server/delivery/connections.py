"""HTTP/1.1 as a client speaks it, over one connection: a request out, its answer in, and whether it can be used again.

Own code on httptools' parser, since this is the hottest part of a delivery: in one run a request cost 54 µs of CPU
through aiohttp and 11 here; httpx's own pool takes about 2,000. And a webhook's sender has to be exact where others
are generous: what follows an answer is never taken for the next one, and no more of it is read than was asked for.
"""

import asyncio
from collections import deque
from typing import cast

import httptools
import httpx

MOST_BESIDE = 64 * 1024
"""Bytes of an answer that are not its body: the head with all early hints before it, what frames chunks, trailers."""
MOST_HEADERS = 100
MOST_BUFFERED = 64 * 1024
"""Bytes of a body that nobody has asked for yet, above which the connection is not read."""


class NoAnswer(httpx.ReadError):
    """The connection ended before a byte of an answer."""


class BrokeOff(httpx.RemoteProtocolError):
    """What had come was valid, but it ended too early."""


class Connection(asyncio.Protocol):
    """One connection; one exchange at a time: ``ask``, then ``piece`` by piece to its end, or ``abort``."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._spoiled = False
        """Something came that nobody had asked for, or the other side has closed."""

    async def ask(self, request: bytes) -> "Answer":
        """Send a whole request; returns when the head of its answer is there. Raises an ``httpx.TransportError``."""
        assert self._transport
        self._answer = answer = Answer(self._transport)
        self._transport.write(request)
        await answer.head()
        return answer

    @property
    def idle(self) -> bool:
        """The exchange has ended, and the next one may begin."""
        answer = self._answer
        if self._spoiled or self._transport is None or (answer and not answer.reusable):
            return False
        return not self._transport.get_write_buffer_size()

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
        else:
            self._answer.feed(data)

    def eof_received(self) -> None:
        self._lost(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(error)

    def _lost(self, error: Exception | None) -> None:
        self._spoiled = True
        if self._answer and not self._answer.ended:
            self._answer.lost(error)


class Answer:
    """What comes back for one request. Its methods without an underscore from ``on_header`` on are the parser's."""

    __slots__ = (
        "_beside", "_chunks", "_failure", "_news", "_parser", "_paused", "_transport", "_until_closed", "_waiting",
        "ended", "headers", "reusable", "started", "status",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        """As they stand on the wire."""
        self.started = False
        """Its head is whole."""
        self.ended = False
        """Its body is whole."""
        self.reusable = False
        """It has ended, nothing came after it, and the other side keeps the connection."""
        self._transport = transport
        self._parser = httptools.HttpResponseParser(self)
        """Goes with the end of the answer: it points back, and such circles wait for the collector, bodies and all."""
        # Lines that end in LF alone, and spaces after a chunk's size: old servers send both, clients read both.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True)
        self._beside = 0
        self._until_closed = True
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._failure: tuple[type[httpx.TransportError], str] | None = None
        self._news: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Wait for the head. Early hints are passed over."""
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

    async def _more(self) -> None:
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

    # What the connection calls

    def feed(self, data: bytes) -> None:
        if self._failure:
            return
        self._beside += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self.ended:  # only what follows the answer is broken, or no HTTP at all: 101, which nobody asked for
                self.reusable = False
            else:
                self._fail(httpx.RemoteProtocolError, "the answer is not valid HTTP, or its head is too large")
        else:
            if self._beside > MOST_BESIDE and not self.ended:
                self._fail(httpx.RemoteProtocolError, "what is around the body of the answer is too large")

    def lost(self, error: Exception | None) -> None:
        """The connection has ended. For an answer that says nothing of its length, that is how it ends."""
        if self._failure:
            return
        if not self.started and not self._beside:
            self._fail(NoAnswer, "the connection ended without an answer")
        elif error is not None:
            self._fail(httpx.ReadError, "the connection broke")
        elif self.started and self._until_closed:
            self._end(reusable=False)
        else:
            self._fail(BrokeOff, "the answer broke off")

    def _fail(self, failure: type[httpx.TransportError], words: str) -> None:
        self._failure = failure, words
        del self._parser
        self._transport.abort()
        self._wake()

    def _end(self, *, reusable: bool) -> None:
        self.started = self.ended = True
        self.reusable = reusable and not self._paused  # nobody would take up reading again
        self.status = self.status or self._parser.get_status_code()
        del self._parser
        self._wake()

    # What the parser calls. After the answer it goes on with whatever follows, which is none of ours.

    def on_message_begin(self) -> None:
        if self.ended:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.ended or self.started:  # of what follows, or after the last chunk
            return
        self.headers.append((name, value))
        if len(self.headers) > MOST_HEADERS:
            raise ValueError("too many headers")
        match name.lower():
            case b"content-length":
                self._until_closed = False
            case b"transfer-encoding":
                self._until_closed = value.rpartition(b",")[2].strip().lower() != b"chunked"

    def on_headers_complete(self) -> None:
        if self.ended:
            return
        status = self._parser.get_status_code()
        if status < 100:
            raise ValueError("no status")
        if sum(len(name) + len(value) for name, value in self.headers) > MOST_BESIDE:
            raise ValueError("too large")
        if 100 <= status < 200 and status != 101:
            self.headers.clear()
            self._until_closed = True
            return
        self.status = status
        self.started = True
        self._wake()

    def on_body(self, body: bytes) -> None:
        if self.ended:
            return
        self._chunks.append(body)
        self._waiting += len(body)
        self._beside -= len(body)
        if self._waiting > MOST_BUFFERED and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        if self.started and not self.ended:
            self._end(reusable=self._parser.should_keep_alive())
