"""The transport under httpx: connections of our own, each made only to an address that the guard allows.

The guard checks where a connection is made, not where a URL is parsed: however a URL looks, and whatever DNS says the
second time, the connection goes to the address that was checked. A reused connection leads to that same address.
``connections`` says why httpx's own pool is not used.
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
"""Resolves a host's name to its addresses, as canonical text. Raises OSError when it has none."""

Origin = tuple[str, str, int]
"""Scheme, host and port."""

Headers = Iterable[tuple[bytes, bytes]]

Shared = tuple[str, Origin]
"""For what a connection may be reused: an endpoint's id, and where it sends. So another endpoint never reads a late
response, which might disable it."""

KEEP_ALIVE_SECONDS = 4.0
"""How long an idle connection is kept. Node closes it after 5 s: closing earlier avoids sending into a closing one."""

MAX_IDLE_CONNECTIONS = 256
"""Idle connections that are kept, in all: each is one of the files that the system lets a process open."""

RESEND_SECONDS = 1.0
"""A reused connection that ends within this time counts as already closing: the request is sent again."""

MAX_ADDRESSES = 16
"""Addresses of one name that are used. No destination needs more, and each would be checked and tried."""

NEXT_ADDRESS_SECONDS = 0.25
"""How long to wait for an address before the name's next one is tried beside it."""

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""This machine lacks files or memory: not the destination's fault."""

_SET_HERE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class AddressForbidden(httpx.ConnectError):
    """The guard refused the address. ``reason`` names the rule."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends an ``httpx.Request`` as it stands: no redirects, cookies, proxies or decompression.

    It adds no headers but those that frame the body. It has no timeouts: the caller sets one absolute deadline around
    the call and the reading of the body. Raises ``AddressForbidden``; another ``httpx.ConnectError`` whose cause is an
    ``OSError``; or what ``connections`` raises. When this machine lacks a resource for a connection, it raises the
    ``OSError`` itself.
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
        """Like ``handle_async_request``, but without the cost of request and response objects that nobody uses.

        ``endpoint`` is the id of the endpoint that may reuse the connection. Raises ``httpx.LocalProtocolError`` for a
        request that would be read as something else.
        """
        origin = _origin(url)
        return Exchange(_on_wire(method, url, headers, body), (endpoint, origin), self._idle, self._connect)

    async def aclose(self) -> None:
        self._resolver.close()
        self._idle.close()

    async def checked(self, host: str, port: int) -> list[tuple[str, int]]:
        """Return where a connection to ``host`` may be made. Raises ``AddressForbidden`` if any address is forbidden.

        Any, not all: a name with one public and one private address is how DNS rebinding looks.
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
            # Only numbers are parsed here: the system must not look up anything that was not checked.
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
                # Shut down, do not close: cancelled this early, asyncio forgets the TLS connection but may still read
                # from its descriptor, and would then read from whatever is opened next under that number.
                with suppress(OSError):
                    made.shutdown(socket.SHUT_RDWR)
                raise
        except OSError as error:
            if error.errno in _OURS:
                raise
            raise httpx.ConnectError("could not connect") from error
        return connection


class _Idle:
    """Connections that wait to be reused, the latest first. When there are too many, the oldest is closed."""

    def __init__(self) -> None:
        self._kept: dict[Connection, tuple[Shared, float]] = {}
        """Until when each is kept, the oldest first."""
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
        """Close those whose time is over, and schedule the next sweep for the rest."""
        while self._kept and (until := next(iter(self._kept.values()))[1]) <= monotonic():
            self._let_go_of_the_oldest()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(until - monotonic(), self._sweep) if self._kept else None

    def _let_go_of_the_oldest(self) -> None:
        connection, (shared, _) = next(iter(self._kept.items()))
        del self._kept[connection]
        of = self._of[shared]
        of.popleft()  # the oldest of all is also the oldest of these
        if not of:
            del self._of[shared]
        connection.abort()


class Exchange(httpx.AsyncByteStream):
    """One request and its response: await ``head``, iterate over the body as it is on the wire, then close.

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
        """Set as soon as the request is sent, so that a caller whose deadline has passed can still read it."""

    async def head(self) -> Response:
        if kept := self._idle.take(self._shared):
            began = monotonic()
            try:
                return await self._ask(kept)
            except NoResponse:  # the server closed it as idle while the request was on its way
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
    """Return the whole request. Raises ``httpx.LocalProtocolError`` for one that would be read as something else."""
    lines = [b"%b %b HTTP/1.1" % (method.encode("ascii"), url.raw_path), b"Host: " + url.netloc]
    lines += [name + b": " + value for name, value in headers if _is_sent(name)]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join((*lines, b"", b""))
    ends = len(lines) + 1
    # Counting in the whole head costs half of checking each line.
    if not method.isalpha() or head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        raise httpx.LocalProtocolError("the request cannot be sent")
    return head + body


@lru_cache(maxsize=1024)
def _is_sent(name: bytes) -> bool:
    """Whether a header is sent as given. Raises ``httpx.LocalProtocolError`` for an invalid name."""
    if not _NAME.fullmatch(name):
        raise httpx.LocalProtocolError("the request cannot be sent")
    return name.lower() not in _SET_HERE


def _is_address(host: str) -> bool:
    """Whether the whole of ``host`` is an address, so that DNS resolves no part of it.

    Something like ``8.8.8.8%.example.com`` looks like an address with a zone, but is a name to the system: only
    link-local addresses have zones.
    """
    with suppress(ValueError):
        address = ip_address(host)
        return isinstance(address, IPv4Address) or address.scope_id is None or address.is_link_local
    return False
