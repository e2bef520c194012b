"""Measures how an attack affects a sender of events: time to acknowledgement, and growth of the server's memory."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil
from raw import SOURCE, signed
from running import Running

MIB = 1024 * 1024
PATIENCE_SECONDS = 0.25
PATIENCE_EVENTS = 250
"""An event may wait while the event loop computes as much as for so many events at rest: on a shared core, each second
of the processor does less."""
EVENTS_AT_REST = 30
CLOSED_SECONDS = 3.0
GROWTH_BYTES = 64 * MIB


@dataclass
class Noticed:
    """What was measured during an attack.

    ``waits``: seconds until each acknowledgement. ``busy``: processor seconds of the event loop in that time.
    ``grown``: growth of the server's memory in bytes. ``patience``: seconds for which the event loop may compute.
    """

    waits: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    grown: int = 0
    patience: float = PATIENCE_SECONDS

    def assert_nothing_stood_still(self) -> None:
        """Assert that the event loop was never blocked for long.

        On a busy machine an event also waits for other processes, so its wait alone proves little. A blocked event loop
        computes the whole time, so the smaller of wait and computing time is checked. A server that accepts no
        connections computes nothing, so the longest wait is checked as well.
        """
        assert len(self.waits) >= 5, "too few events were sent meanwhile"
        *_, last_but_one, longest = sorted(map(min, self.waits, self.busy))
        # One event may arrive while hundreds of connections are accepted, which takes long on a busy machine.
        assert last_but_one <= self.patience, f"{last_but_one:.3f} s"
        assert longest <= 3 * self.patience, f"{longest:.3f} s"
        assert max(self.waits) <= CLOSED_SECONDS, f"{max(self.waits):.3f} s"
        assert self.grown <= GROWTH_BYTES, f"{self.grown / MIB:.0f} MiB"


@contextmanager
def events_meanwhile(hookbench: Running, pause: float = 0.02) -> Iterator[Noticed]:
    """A second client that sends events one after another, each on a new connection, before and during the block."""
    noticed, over = Noticed(), threading.Event()
    process = psutil.Process(hookbench.process.pid)
    at_rest = computed(process)
    for _ in range(EVENTS_AT_REST):
        acknowledged(hookbench)
    at_rest = (computed(process) - at_rest) / EVENTS_AT_REST
    noticed.patience = max(PATIENCE_SECONDS, PATIENCE_EVENTS * at_rest)
    before = peak = process.memory_info().rss

    def send() -> None:
        nonlocal peak
        while not over.wait(pause):
            before_it = computed(process)
            noticed.waits.append(acknowledged(hookbench))
            noticed.busy.append(computed(process) - before_it)
            peak = max(peak, process.memory_info().rss)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield noticed
        deadline = time.monotonic() + 10
        while len(noticed.waits) < 5 and sender.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        over.set()
        sender.join(30)
    noticed.grown = peak - before


def computed(process: psutil.Process) -> float:
    """Processor seconds of the event loop's thread so far."""
    return next(float(one.user_time + one.system_time) for one in process.threads() if one.id == process.pid)


def acknowledged(hookbench: Running) -> float:
    """Seconds from connecting to the acknowledgement of one event."""
    event = an_event()
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", hookbench.port), timeout=20) as connection:
        connection.sendall(event)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    return time.perf_counter() - started


def an_event() -> bytes:
    """A request with a signed event."""
    event = signed('{"type": "payment.succeeded", "data": {}}')
    head = f"POST /in/{SOURCE.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n".encode() + event.head
    return head + b"Content-Length: %d\r\n\r\n" % len(event.body) + event.body


def opened(hookbench: Running, count: int, sent: bytes = b"") -> list[socket.socket]:
    """Up to ``count`` open connections, on each of which ``sent`` was sent; refused ones are left out."""
    found = []
    for _ in range(count):
        with suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", hookbench.port), timeout=5)
            connection.settimeout(0.2)  # the server may have stopped reading
            found.append(connection)
            with suppress(OSError):
                connection.sendall(sent)
    return found


def closed(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


def exchange(hookbench: Running, request: bytes) -> bytes:
    """The beginning of the response; empty if the server closed the connection instead."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", hookbench.port), timeout=20) as connection:
        with suppress(OSError):
            connection.sendall(request)
        return connection.recv(65536)
    return b""
