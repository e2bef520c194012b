"""The transport under httpx: connections of our own, each made only to an address that the guard allows.

The guard stands where a connection is made and not where a URL is read: whatever a URL looks like, whatever DNS says
the second time, the address that was judged is the address that is connected to. A connection that is used again leads
to that same address. Why not httpx's own pool: see ``connections``.
"""

import asyncio
import errno
import re
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from time import monotonic

import httpx
from aiohappyeyeballs import start_connection

from server.delivery.connections import Connection, NoResponse, Response
from server.delivery.resolver import Resolver
from server.domain.addresses import AddressRules
from server.domain.reasons import Reason

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""A host's name to the addresses it has, as canonical text. Raises OSError when it has none."""

Origin = tuple[str, str, int]
"""Scheme, host and port."""

Headers = Iterable[tuple[bytes, bytes]]

Shared = tuple[str, Origin]
"""What connections may be used again for: an endpoint's id and where it sends. A response that comes late is never read
by another endpoint, which it might disable."""

KEEP_ALIVE_SECONDS = 4.0
"""How long an idle connection is kept. Node closes after 5 s: letting go first avoids sending into a closing one."""

MAX_IDLE_CONNECTIONS = 256
"""Connections that are kept, to whatever origins: each is one of the files that the system lets a process open."""

RESEND_SECONDS = 1.0
"""How soon a kept connection must end to be taken for one that the other side was closing already."""

MAX_ADDRESSES = 16
"""Addresses of one name that are looked at. More are no destination's need, and each would be judged and tried."""

NEXT_ADDRESS_SECONDS = 0.25
"""When to try a name's next address beside one that does not answer."""

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Files or memory that this machine lacks: no fault of the destination's."""

_SET_HERE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class AddressForbidden(httpx.ConnectError):
    """The guard refused the address. ``reason`` names the rule."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends an ``httpx.Request`` as it stands: no redirects, cookies, proxies, decompression or headers of its own but
    those that frame the body.

    Has no timeouts: whoever calls sets one absolute deadline around the call and the reading of the body. Raises
    ``AddressForbidden``; another ``httpx.ConnectError`` whose cause is an ``OSError``; or what ``connections`` raises.
    Of what this machine lacks for a connection it raises the ``OSError`` itself.
    """

    def __init__(
        self,
        rules: AddressRules,
        *,
        fixed: Mapping[tuple[str, int], tuple[str, int]] | None = None,
        ca_file: Path | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._rules = rules
        self._fixed = fixed or {}
        self._resolver = Resolver()
        self._resolve = resolve or self._resolver.addresses
        self._trust = ssl.create_default_context()
        if ca_file:
            self._trust.load_verify_locations(ca_file)
        self._idle = _Idle()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = self.exchange(request.method, request.url, request.headers.raw, await request.aread())
        answer = await exchange.head()
        return httpx.Response(answer.status, headers=answer.headers, stream=exchange, request=request)

    def exchange(self, method: str, url: httpx.URL, headers: Headers, body: bytes, *, endpoint: str = "") -> "Exchange":
        """As ``handle_async_request``, without the costs of a request and a response that nobody uses.

        ``endpoint`` is who may use the connection again. Raises ``httpx.LocalProtocolError`` for what would be read as
        something else than this request.
        """
        origin = _origin(url)
        return Exchange(_on_wire(method, url, headers, body), (endpoint, origin), self._idle, self._connect)

    async def aclose(self) -> None:
        self._resolver.close()
        self._idle.close()

    async def checked(self, host: str, port: int) -> list[tuple[str, int]]:
        """Where a connection to ``host`` may be made. Raises ``AddressForbidden`` if an address is not allowed.

        Any, not all: a name with one public and one private address is how rebinding looks.
        """
        if there := self._fixed.get((host.lower().rstrip("."), port)):
            return [there]
        addresses = [host] if _is_address(host) else (await self._resolve(host))[:MAX_ADDRESSES]
        for address in addresses:
            if refusal := self._rules.refusal(address):
                raise AddressForbidden(refusal)
        return [(address, port) for address in addresses]

    async def _connect(self, origin: Origin) -> Connection:
        scheme, host, port = origin
        try:
            there = await self.checked(host, port)
            # What is not an address by now is nothing that the system may look up: only numbers are read here.
            numbers = [socket.getaddrinfo(*at, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0] for at in there]
            made = await start_connection(numbers, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS)
            try:
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(made),
                    sock=made,
                    ssl=self._trust if scheme == "https" else None,
                    server_hostname=host.rstrip(".") if scheme == "https" else None,
                )
            except BaseException:
                # Not closed here: asyncio may be reading from it still, for a TLS that it forgets when cancelled this
                # early. It would go on reading from the number, whatever is opened next. So it is given an end to find.
                with suppress(OSError):
                    made.shutdown(socket.SHUT_RDWR)
                raise
        except OSError as error:
            if error.errno in _OURS:
                raise
            raise httpx.ConnectError("could not connect") from error
        return connection


class _Idle:
    """Connections that wait to be used again, the latest first. Where there are too many, the oldest goes."""

    def __init__(self) -> None:
        self._kept: dict[Connection, tuple[Shared, float]] = {}
        """Until when, the oldest first."""
        self._of: dict[Shared, deque[Connection]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def take(self, shared: Shared) -> Connection | None:
        while of := self._of.get(shared):
            connection = of.pop()
            _, until = self._kept.pop(connection)
            if not of:
                del self._of[shared]
            if connection.quiet and monotonic() < until:
                return connection
            connection.abort()
        return None

    def keep(self, shared: Shared, connection: Connection) -> None:
        if self._closed:
            connection.abort()
            return
        self._kept[connection] = shared, monotonic() + KEEP_ALIVE_SECONDS
        self._of.setdefault(shared, deque()).append(connection)
        if len(self._kept) > MAX_IDLE_CONNECTIONS:
            self._let_go_of_the_oldest()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(KEEP_ALIVE_SECONDS, self._sweep)

    def close(self) -> None:
        self._closed = True
        if self._timer:
            self._timer.cancel()
        while self._kept:
            self._let_go_of_the_oldest()

    def _sweep(self) -> None:
        """Let go of those whose time is over; come again for the rest."""
        while self._kept and (until := next(iter(self._kept.values()))[1]) <= monotonic():
            self._let_go_of_the_oldest()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(until - monotonic(), self._sweep) if self._kept else None

    def _let_go_of_the_oldest(self) -> None:
        connection, (shared, _) = next(iter(self._kept.items()))
        del self._kept[connection]
        of = self._of[shared]
        of.popleft()  # the oldest of all is the oldest of those
        if not of:
            del self._of[shared]
        connection.abort()


class Exchange(httpx.AsyncByteStream):
    """One request and what comes back: await ``head``, then iterate over the body as it is on the wire, then close.

    Closing it early drops the connection.
    """

    __slots__ = ("_connect", "_connection", "_idle", "_request", "_shared", "answer")

    def __init__(
        self, request: bytes, shared: Shared, idle: _Idle, connect: Callable[[Origin], Awaitable[Connection]]
    ) -> None:
        self._request = request
        self._shared = shared
        self._idle = idle
        self._connect = connect
        self._connection: Connection | None = None
        self.answer: Response | None = None
        """There as soon as the request is on its way, so that a caller whose patience ends can look at it."""

    async def head(self) -> Response:
        if kept := self._idle.take(self._shared):
            began = monotonic()
            try:
                return await self._ask(kept)
            except NoResponse:  # closed while the request was on its way, as after each server's own idle time
                if monotonic() - began > RESEND_SECONDS:
                    raise
        return await self._ask(await self._connect(self._shared[1]))

    async def _ask(self, connection: Connection) -> Response:
        self._connection = connection
        try:
            self.answer = answer = connection.ask(self._request)
            await answer.head()
        except BaseException:
            connection.abort()
            raise
        return answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        assert self.answer
        piece = await self.answer.piece()
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        if self._connection is None:
            return
        if self._connection.idle:
            self._idle.keep(self._shared, self._connection)
        else:
            self._connection.abort()


_DEFAULT_PORT = {"http": 80, "https": 443}


def _origin(url: httpx.URL) -> Origin:
    scheme, host = url.scheme, url.raw_host.decode("ascii")
    port = url.port or _DEFAULT_PORT.get(scheme)
    if port is None or port > 65_535 or not host:
        raise httpx.LocalProtocolError("the URL leads to no HTTP server")
    return scheme, host, port


def _on_wire(method: str, url: httpx.URL, headers: Headers, body: bytes) -> bytes:
    """The whole request. Raises ``httpx.LocalProtocolError`` for what would be read as something else."""
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), url.raw_path), b"Host: " + url.netloc]
    lines += [name + b": " + value for name, value in headers if _is_sent(name)]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join((*lines, b"", b""))
    ends = len(lines) + 1
    # Counted in the whole, which costs half of looking at each line.
    if not method.isalpha() or head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        raise httpx.LocalProtocolError("the request cannot be sent")
    return head + body


@lru_cache(maxsize=1024)
def _is_sent(name: bytes) -> bool:
    """Whether a header goes out as it is given. Raises ``httpx.LocalProtocolError`` for what is no name."""
    if not _NAME.fullmatch(name):
        raise httpx.LocalProtocolError("the request cannot be sent")
    return name.lower() not in _SET_HERE


def _is_address(host: str) -> bool:
    """Whether the whole of ``host`` is an address, so that nothing in it is left for DNS to answer.

    What looks like one with a zone (``8.8.8.8%.example.com``) is a name to the system. Only link-local ones have zones.
    """
    with suppress(ValueError):
        address = ip_address(host)
        return isinstance(address, IPv4Address) or address.scope_id is None or address.is_link_local
    return False
