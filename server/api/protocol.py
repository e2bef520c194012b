"""The server side of HTTP/1.1: uvicorn's protocol, which parses heads with httptools, with framing of our own.

uvicorn alone loses the body of a request that asks for an upgrade, buffers an unfinished head of any size, adds
trailers to the headers, parses all pipelined requests at once, and resets a connection when the response comes before
the whole body. So this module cuts heads out of the stream and parses them one at a time, each under a limit and a
deadline, and reads bodies itself: by their length or by their chunks.
"""

import asyncio
import re
from ipaddress import ip_address
from typing import cast

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server.api.chunks import BadChunks, Chunks
from server.api.connections import MAKES_WAY, ConnectionLimiter, Count
from server.api.heads import elements, rewritten

MAX_HEAD_BYTES = 64 * 1024
MAX_HEAD_LINES = 1000
MAX_TARGET_BYTES = 32 * 1024
"""Bytes of the request line. The filters of a page are part of its query; none of our addresses come near."""
MAX_WAITING_BYTES = 1024 * 1024
"""Bytes that may wait unparsed behind a request that is being handled. Reading is paused long before."""

LINGER_SECONDS = 2.0
LINGER_BYTES = 256 * 1024
"""After an early response, the rest of the body is read and dropped for so long and up to so many bytes. Otherwise the
system resets the connection, and the sender never reads the response."""

INVALID = (400, "This is not a valid HTTP request.")
HEAD_TOO_LARGE = (431, "The head of the request is too large.")
TARGET_TOO_LONG = (414, "The address is too long.")
NO_HOST = (400, "The request needs exactly one valid Host header.")
UNKNOWN_CODING = (501, "Only the transfer coding “chunked” is understood.")


class _Refused(Exception):
    """Ends the parsing of a head; ``answer`` is the response that the sender gets."""

    def __init__(self, answer: tuple[int, str]) -> None:
        super().__init__(answer[1])
        self.answer = answer


class HttpProtocol(HttpToolsProtocol):
    """One connection. ``protocol_for`` sets ``seconds`` and ``all_connections``."""

    seconds: float
    """Within which each head must arrive whole."""
    all_connections: ConnectionLimiter

    _head = b""
    """The beginning of a head that is not whole."""
    _left = 0
    """Bytes of the body that are still to come, when its length was declared."""
    _chunks: Chunks | None = None
    _rest = b""
    """Bytes that arrived behind a request that is being handled."""
    _keeps_alive = False
    """Whether the connection stays open after this request, once its body is whole."""
    _deadline: asyncio.TimerHandle | None = None
    """Closes the connection. Set while a head is awaited or arriving, and while the connection lingers."""
    _discarded: int | None = None
    """Bytes dropped since the response was complete; ``None`` while the connection is in use."""
    _counted: Count
    _has_ended = False
    """The client sends nothing more and waits for its response."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._counted = self.all_connections.add(transport, self.client[0] if self.client else "")
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.all_connections.remove(self._counted)
        if self.cycle is not None:
            self.cycle.scope.setdefault("state", {})["gone"] = True  # for ``IntakeFirst``
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether to keep our side open: a sender may close its own as soon as the request is sent."""
        cycle = self.cycle
        if self._body_is_due or cycle is None or cycle.response_complete or self.scope["method"] != "POST":
            return False
        self._has_ended = True
        return True

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data:
            if self.transport.is_closing():
                return
            if self._discarded is not None:
                self._discard(data)
                return
            if self._left:
                data = self._take_body(data)
            elif self._chunks is not None:
                data = self._take_chunks(self._chunks, data)
            elif self.cycle is not None and not self.cycle.response_complete:
                self._keep_for_later(data)
                return
            else:
                data = self._take_head(data)

    def on_headers_complete(self) -> None:
        length, codings, host = 0, b"", None
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"host":
                if host is not None:
                    raise _Refused(NO_HOST)
                host = value
            elif name == b"transfer-encoding":
                codings += b"," + value
            elif name == b"expect":
                self.expect_100_continue |= b"100-continue" in elements(value.lower())
        version = self.parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise _Refused(INVALID)
        if version == "1.0":
            self.expect_100_continue = False  # HTTP/1.0 clients do not know it (RFC 9110 10.1.1)
        if self.url[:1] not in (b"/", b"*"):
            host = self._use_absolute_form(host)
        if (host is None and version == "1.1") or (host is not None and not _is_host(host)):
            raise _Refused(NO_HOST)
        if codings:
            _check_codings(codings)
            self._chunks = Chunks(self.on_body)
        self._left = length
        super().on_headers_complete()
        self._keeps_alive = self.cycle.keep_alive
        self.scope["state"][MAKES_WAY] = self._make_way

    def on_body(self, body: bytes) -> None:
        """Pass a piece to the application, in most cases without a copy: uvicorn copies each piece three times."""
        cycle = self.cycle
        if cycle.response_complete:
            return
        if not cycle.body:
            cycle.body = cast(bytearray, body)
        elif type(cycle.body) is bytearray:
            cycle.body += body
        else:
            cycle.body = bytearray(cycle.body) + body
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        cycle.message_event.set()

    def on_message_complete(self) -> None:
        if not self._body_is_due:  # for an upgrade the parser calls this after the head
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.all_connections.is_idle(self._counted)
        if self._rest:
            self.loop.call_soon(self._go_on)
        elif self._has_ended:
            self.transport.close()

    @property
    def _body_is_due(self) -> bool:
        return self._left > 0 or self._chunks is not None

    def _use_absolute_form(self, host: bytes | None) -> bytes | None:
        """Return the host of ``http://host/path``, which replaces the header (RFC 9112 3.2.2)."""
        scheme, mark, after = self.url.partition(b"://")
        if not mark or scheme.lower() not in (b"http", b"https"):
            raise _Refused(INVALID)
        path_at = min((at for at in (after.find(b"/"), after.find(b"?")) if at >= 0), default=len(after))
        named, path = after[:path_at].rpartition(b"@")[2], after[path_at:]
        self.url = path if path[:1] == b"/" else b"/" + path
        if host is not None:
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
        self.headers.append((b"host", named))
        return named

    def _take_head(self, data: bytes) -> bytes:
        """Read up to the end of a head, if it has arrived. Returns what follows the head."""
        if self._head:
            data, self._head = self._head + data, b""
            self.all_connections.holds(self._counted, 0)
        elif data[0] in b"\r\n":
            data = data.lstrip(b"\r\n")  # skip empty lines before a request (RFC 9112 2.2)
        end = _end_of_head(data)
        if end > MAX_HEAD_BYTES or (end < 0 and len(data) > MAX_HEAD_BYTES):
            self._refuse(HEAD_TOO_LARGE)
            return b""
        if end < 0:
            self._head = data
            self.all_connections.holds(self._counted, len(data))
            if self._deadline is None:
                self._await_head()
            return b""
        self._stop_waiting()
        self._parse(data[:end])
        if not self._body_is_due:
            self.all_connections.is_busy(self._counted)
        elif len(data) < end + self._left or self._chunks is not None:
            # A response before the body is whole also ends the connection.
            self.all_connections.is_idle(self._counted)
            self.cycle.keep_alive = False
            self.cycle.transport = _Lingering(self)  # type: ignore[assignment]
        return data[end:]

    def _parse(self, head: bytes) -> None:
        lines = head.count(b"\n")
        if lines != head.count(b"\r\n"):
            head = head.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # a line may end in LF alone (RFC 9112 2.2)
        if b" \r\n" in head or b"\t\r\n" in head:
            head = _without_space_at_ends(head)
        if lines > MAX_HEAD_LINES:
            self._refuse(HEAD_TOO_LARGE)
            return
        if len(head) > MAX_TARGET_BYTES and head.find(b"\r\n") > MAX_TARGET_BYTES:
            self._refuse(TARGET_TOO_LONG)
            return
        refused = self._feed(head)
        if refused is INVALID and (again := rewritten(head)) is not None:
            self.parser = httptools.HttpRequestParser(self)
            refused = self._feed(again)
        if refused:
            self._refuse(refused)
            return
        if self._body_is_due or self.parser.should_upgrade():
            self.parser = httptools.HttpRequestParser(self)  # bodies bypass the parser: start a new one

    def _feed(self, head: bytes) -> tuple[int, str] | None:
        """Start a request with a whole head. Returns the response to send instead, if the head is invalid."""
        self._left, self._chunks = 0, None
        try:
            self.parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            pass  # we never upgrade, and ignore the request for it (RFC 9110 7.8)
        except httptools.HttpParserError as error:
            reason = error.__context__
            return reason.answer if isinstance(reason, _Refused) else INVALID
        return None

    def _take_body(self, data: bytes) -> bytes:
        piece = data if len(data) <= self._left else data[: self._left]
        self._left -= len(piece)
        self.on_body(piece)
        if not self._left:
            self._body_is_whole()
        return data[len(piece) :]

    def _take_chunks(self, chunks: Chunks, data: bytes) -> bytes:
        try:
            rest = chunks.take(data)
        except BadChunks:
            self._refuse(INVALID)
            return b""
        if rest is None:
            return b""
        self._chunks = None
        self._body_is_whole()
        return rest

    def _body_is_whole(self) -> None:
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._keeps_alive
        if not self.cycle.response_complete:
            self.all_connections.is_busy(self._counted)
        self.on_message_complete()

    def _keep_for_later(self, data: bytes) -> None:
        self._rest += data
        self.all_connections.holds(self._counted, len(self._rest))
        self.flow.pause_reading()
        if len(self._rest) > MAX_WAITING_BYTES:
            self.transport.close()

    def _make_way(self) -> None:
        self.all_connections.makes_way(self._counted)

    def _go_on(self) -> None:
        rest, self._rest = self._rest, b""
        self.all_connections.holds(self._counted, 0)
        if rest and not self.transport.is_closing():
            self.data_received(rest)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self.seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, answer: tuple[int, str]) -> None:
        """Respond to an invalid request, unless a response has begun, and end the connection."""
        self._left, self._chunks, self._head = 0, None, b""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started:
                self.transport.close()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        status, sentence = answer
        body = sentence.encode()
        head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self._linger()

    def _linger(self) -> None:
        """End the connection so that the sender reads the response, although it may still be sending."""
        if self._discarded is not None or self.transport.is_closing():
            return
        self._stop_waiting()
        self._discarded = 0
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _discard(self, data: bytes) -> None:
        assert self._discarded is not None
        self._discarded += len(data)
        if self._discarded > LINGER_BYTES:
            self.transport.close()


class _Lingering:
    """The transport for a response that may come before the whole request."""

    def __init__(self, protocol: HttpProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol._discarded is not None or self._protocol.transport.is_closing()

    def close(self) -> None:
        if self._protocol._body_is_due:
            self._protocol._linger()
        else:
            self._protocol.transport.close()


def protocol_for(seconds: float, connections: ConnectionLimiter) -> type[HttpProtocol]:
    """Return the protocol for ``uvicorn.Config(http=…)``: each head must arrive whole within ``seconds``."""
    return type("BoundHttpProtocol", (HttpProtocol,), {"seconds": seconds, "all_connections": connections})


def _end_of_head(data: bytes) -> int:
    """Return where the body begins; -1 while the empty line has not arrived."""
    end = data.find(b"\r\n\r\n")
    within = len(data) if end < 0 else end
    for empty_line in (b"\n\n", b"\n\r\n"):
        at = data.find(empty_line, 0, within)
        if at >= 0:
            within, end = at + len(empty_line), at
            return within
    return end + 4 if end >= 0 else -1


def _without_space_at_ends(head: bytes) -> bytes:
    """Remove white space at the ends of lines: the parser takes it for a part of ``Transfer-Encoding``.

    A line of nothing else stays, so that it is rejected: removed, it would end the head.
    """
    return b"\r\n".join(line.rstrip(b" \t") or line for line in head.split(b"\r\n"))


def _check_codings(codings: bytes) -> None:
    named = elements(codings.lower())
    if named != [b"chunked"]:
        raise _Refused(UNKNOWN_CODING if named and named[-1] == b"chunked" else INVALID)


def _is_host(host: bytes) -> bool:
    """Whether it is a name or an address, with or without a port. An empty host is valid too (RFC 9112 3.2)."""
    if host.startswith(b"["):
        address, bracket, port = host[1:].partition(b"]")
        if not bracket or (port and port[:1] != b":"):
            return False
        if not _FUTURE_ADDRESS.fullmatch(address) and not _is_ip_address(address):
            return False
        port = port[1:]
    else:
        name, _, port = host.partition(b":")
        if name.translate(None, _NAME_BYTES):
            return False
    return not port or (port.isdigit() and len(port.lstrip(b"0")) <= 5)


def _is_ip_address(address: bytes) -> bool:
    try:
        ip_address(address.decode("ascii").partition("%")[0])
    except ValueError:
        return False
    return True


_FUTURE_ADDRESS = re.compile(rb"[vV][0-9A-Fa-f]{1,8}\.[A-Za-z0-9\-._~!$&'()*+,;=:]{1,255}")
"""RFC 3986 3.2.2 allows address versions after IPv6."""
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+,;="
