"""Runs the application: socket, HTTP server and log."""

import asyncio
import gc
import logging
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from io import StringIO
from ipaddress import ip_address, ip_network
from types import FrameType
from typing import TextIO

import structlog
import uvicorn
from structlog.tracebacks import ExceptionDictTransformer
from uvicorn.server import ServerState

from server import descriptors
from server.actions.accounts import Setup
from server.allocator import limit_arenas
from server.api.connections import ConnectionLimiter
from server.api.intake import IntakeFirst
from server.api.protocol import protocol_for
from server.app import create_app
from server.domain.visible import visible
from server.settings import Settings
from server.store import Unusable

YOUNG_OBJECTS = 10_000
"""New objects before Python's garbage collector runs. A few events under way exceed the default of 700."""

MAX_LOGGED = 1000
"""Characters of one value in a log line. URLs that strangers request have up to 32,000."""

log = structlog.get_logger()

SWITCH_SECONDS = 0.001
"""How long a thread waits for the GIL while the event loop is busy. The writer thread needs it a dozen times in a
transaction, so Python's 5 ms would add up to 60 ms an event."""
RECEIVE_BYTES = 64 * 1024
"""The socket's receive buffer. With larger ones, hundreds of fast senders block the event loop with copying alone. Most
events are smaller; a large one still arrives at about 600 kB/s from another continent."""

REQUESTS_SECONDS = 1
"""How long a stop waits for requests under way. Dodo retries an event that was not acknowledged by then."""


def configure_logging(settings: Settings) -> None:
    """Log one line for each event to standard error, as text for people or JSON for collectors."""
    shared: list[structlog.typing.Processor] = [
        _only_visible,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks omit the values of local variables, which may contain secrets.
    if settings.log_format == "json":
        without_locals = ExceptionDictTransformer(show_locals=False)
        shared += [structlog.processors.ExceptionRenderer(without_locals), structlog.processors.JSONRenderer()]
    else:
        colors, plain = sys.stderr.isatty(), _visible_traceback
        shared += [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(_Unfailing(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )


def _only_visible(logger: object, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape control characters and shorten long values: outsiders write some of them, and terminals show the log."""
    return {name: _on_one_line(value) if type(value) is str else value for name, value in line.items()}


def _on_one_line(text: str) -> str:
    cut = text if len(text) <= MAX_LOGGED else f"{text[:MAX_LOGGED]}… ({len(text)} characters)"
    return visible(cut).replace("\n", "\\n")


def _visible_traceback(stream: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    stream.write(visible(text.getvalue()))


class _Unfailing:
    """A stream for the log that ignores write errors: a full disk must not abort the delivery that logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # full disk, broken pipe, closed stream
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _State(ServerState):
    """What uvicorn's connections share. The headers of each response hold its date, which changes every second."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        now = int(time.time())
        if now != self._second:
            self._second, self._headers = now, [(b"date", formatdate(now, usegmt=True).encode())]
        return self._headers

    @default_headers.setter
    def default_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        """uvicorn sets them, to none, before the first response."""
        self._headers = headers


class _Server(uvicorn.Server):
    """Calls ``started`` once it accepts connections, and ``stopping`` when it begins to stop.

    uvicorn looks ten times a second whether a signal came, and sets the date of responses. This one waits for the
    signal, and makes the date when a response needs it, so that a server without work sleeps.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self.server_state = _State()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._signalled = asyncio.Event()
        self._started = started
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:  # a signal may have come before
            await self._signalled.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop:
            # Unlike the handler of a signal alone, this wakes the loop.
            self._loop.call_soon_threadsafe(self._signalled.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()  # before it waits for connections: the streams of open pages would never end
        await super().shutdown(sockets)


def serve(settings: Settings, announce: Callable[[socket.socket, Settings, str | None], None]) -> None:
    """Run until SIGTERM or Ctrl+C. ``announce`` is called once with the listening socket and the set-up token.

    Raises ``Unusable`` with a sentence when the address or the data cannot be used.
    """
    limit_arenas()
    app = create_app(settings)
    found = descriptors.raised(settings.delivery_concurrency, settings.workers)
    if not found.enough:
        log.warning("descriptors.few", limit=found.limit, hint="Raise it with: ulimit -n 4096")
    connections = ConnectionLimiter(found.connections, is_proxy=_proxies(settings.trusted_proxies))
    config = uvicorn.Config(
        IntakeFirst(app, connections),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        http=protocol_for(settings.intake_timeout, connections),
        proxy_headers=bool(settings.public_url),  # without a proxy, callers could claim any address
        forwarded_allow_ips=list(settings.trusted_proxies),
        ws="none",
        timeout_graceful_shutdown=REQUESTS_SECONDS,
    )
    with _listen(settings) as listening:

        def started() -> None:
            sys.setswitchinterval(SWITCH_SECONDS)
            app.state.prepared.add_done_callback(lambda _: _spare_the_collector())
            setup: Setup | None = app.state.setup
            announce(listening, settings, setup.token if setup else None)

        server = _Server(config, started, lambda: app.state.services.feed.close())
        logging.getLogger("uvicorn.error").addFilter(lambda record: app.state.trouble is None and not _cut_off(record))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            return  # Ctrl+C, after a clean stop
        except SystemExit:
            if app.state.trouble:
                raise Unusable(str(app.state.trouble)) from None
            raise


def _proxies(trusted: tuple[str, ...]) -> Callable[[str], bool]:
    """A function that says whether an address may be a proxy's, which is exempt from the limit for one address."""
    every = "*" in trusted
    networks = [ip_network(one, strict=False) for one in trusted if _is_network(one)]

    def is_proxy(address: str) -> bool:
        if every or address in trusted or not address:  # a Unix socket has no address
            return True
        parsed = ip_address(address.partition("%")[0])
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return parsed.is_loopback or any(parsed in network for network in networks)

    return is_proxy


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _spare_the_collector() -> None:
    """Exclude everything loaded so far from garbage collection: scanning it would block every event for many ms.

    Once it is scanned, or 4 MB of garbage would stay. That takes 0.1 s, so it comes after the first events.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()


def _cut_off(record: logging.LogRecord) -> bool:
    """Whether it is the traceback of a request that a stop cut off; the log line before it says so already."""
    return record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise Unusable(
            f"Hookbench cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Another port: HOOKBENCH_PORT=8001 make run"
        ) from error
    return listening
