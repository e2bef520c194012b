"""What an event's sender notices of an attack: how long the acknowledgements take, and the memory that it costs."""

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
CLOSED_SECONDS = 3.0
GROWTH_BYTES = 64 * MIB


@dataclass
class Noticed:
    """``waits``: seconds to each acknowledgement during the attack. ``busy``: what of it the event loop computed."""

    waits: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    grown: int = 0

    def assert_nothing_stood_still(self) -> None:
        """Where others keep the processors busy, an event waits for them too, so its wait alone says little.

        A server that stands still computes all the while; one whose door is closed does not answer at all.
        """
        assert len(self.waits) >= 5, "too few events were sent meanwhile"
        *_, last_but_one, longest = sorted(map(min, self.waits, self.busy))
        # One event may meet the moment in which hundreds of connections are accepted; on a busy machine that is long.
        assert last_but_one <= PATIENCE_SECONDS, f"{last_but_one:.3f} s"
        assert longest <= 3 * PATIENCE_SECONDS, f"{longest:.3f} s"
        assert max(self.waits) <= CLOSED_SECONDS, f"{max(self.waits):.3f} s"
        assert self.grown <= GROWTH_BYTES, f"{self.grown / MIB:.0f} MiB"


@contextmanager
def events_meanwhile(hookbench: Running, pause: float = 0.02) -> Iterator[Noticed]:
    """A second client sends events one after another, each on a connection of its own, before and during the block."""
    noticed, over = Noticed(), threading.Event()
    process = psutil.Process(hookbench.process.pid)
    for _ in range(10):
        acknowledged(hookbench)
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
    """Seconds that the event loop's thread has had a processor."""
    return next(one.user_time + one.system_time for one in process.threads() if one.id == process.pid)


def acknowledged(hookbench: Running) -> float:
    """Seconds from connecting to the acknowledgement of one event."""
    event = signed('{"type": "payment.succeeded", "data": {}}')
    head = f"POST /in/{SOURCE.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n".encode() + event.head
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", hookbench.port), timeout=20) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(event.body) + event.body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    return time.perf_counter() - started


def opened(hookbench: Running, count: int, sent: bytes = b"") -> list[socket.socket]:
    """So many connections, on each of which ``sent`` was sent; those that were refused are left out."""
    found = []
    for _ in range(count):
        with suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", hookbench.port), timeout=5)
            connection.settimeout(0.2)  # the other side may have stopped reading
            found.append(connection)
            with suppress(OSError):
                connection.sendall(sent)
    return found


def closed(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


def exchange(hookbench: Running, request: bytes) -> bytes:
    """The beginning of what is answered; empty where the connection was ended instead."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", hookbench.port), timeout=20) as connection:
        with suppress(OSError):
            connection.sendall(request)
        return connection.recv(65536)
    return b""
