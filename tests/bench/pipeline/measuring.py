"""Puts a candidate under load and returns the figures of that time."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
from builders import SECRET
from running import wait_for

from pipeline.candidates import Candidate, environment
from pipeline.observing import ProcessorTime, memory_mb

HERE = Path(__file__).parent
DRAIN_SECONDS = 60.0
CONNECTIONS = 32


@dataclass(frozen=True)
class Figures:
    acknowledged_per_s: float
    delivered_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    delivered_p50_ms: float
    """From the creation of an event to its arrival at the sink."""
    delivered_p99_ms: float
    cpu_us: float
    """Processor time an event, of the servers and their workers."""
    server_us: float
    """… of the servers alone."""
    database_us: float
    """… of the database server; 0 for SQLite, whose work is the server's."""
    memory_mb: float
    """Proportional set size of the servers and their workers at the end."""
    lost: float
    """Deliveries that did not arrive."""
    doubled: float
    """Deliveries that arrived more than once."""
    late: float
    """See ``Counted``."""
    at_once: float

    def named(self) -> dict[str, float]:
        return asdict(self)


class Sink:
    """``with Sink() as sink:`` runs a destination for all candidates."""

    def __enter__(self) -> "Sink":
        port_file = Path(tempfile.mkdtemp()) / "port"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.sink", str(port_file)], cwd=HERE.parent, env=environment()
        )
        wait_for(lambda: port_file.exists() and port_file.read_text(), what="the sink")
        self.url = f"http://127.0.0.1:{port_file.read_text()}/"
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.wait()

    def taken(self) -> list[float]:
        """Latency in ms of each event that arrived since the last call."""
        found: list[float] = httpx.get(f"{self.url}taken", trust_env=False).json()
        return found

    def counted(self) -> "Counted":
        """What arrived since the last call."""
        return Counted(**httpx.get(f"{self.url}counted", trust_env=False).json())


@dataclass(frozen=True)
class Counted:
    arrived: int
    events: int
    """Different ones."""
    late: int
    """Requests that came after an event that was sent later over the same connection, if each sender has only one."""
    at_once: int
    """The most requests within ``sink.WINDOW_SECONDS``."""


@contextmanager
def warmed_up(candidate: Candidate, sink: Sink) -> Iterator[None]:
    """Start a candidate, and let it open its connections and start its workers."""
    with candidate:
        load(candidate, seconds=1.0, connections=4, rate=100)
        wait_for(candidate.settled, seconds=60, what="the warm-up")
        sink.taken()
        yield


def measure(candidate: Candidate, sink: Sink, *, listening: int = 1, rate: float = 0, seconds: float) -> Figures:
    """As ``under_load``, on a candidate that it starts and stops."""
    with warmed_up(candidate, sink):
        return under_load(candidate, sink, listening=listening, rate=rate, seconds=seconds)


def under_load(
    candidate: Candidate,
    sink: Sink,
    *,
    listening: int = 1,
    rate: float = 0,
    seconds: float,
    connections: int = CONNECTIONS,
    database: Callable[[], float] = float,
) -> Figures:
    """Put a running candidate under load for ``seconds`` and wait until everything has arrived.

    ``listening``: endpoints an event. ``rate``: events per second; 0: as fast as they are acknowledged. ``database``:
    processor seconds that the database server has used so far.
    """
    sink.counted()
    spent, of_database = ProcessorTime(candidate.servers()), database()
    started = time.perf_counter()
    sent = load(candidate, seconds=seconds, connections=connections, rate=rate)
    expected, latencies = sent.acknowledged * listening, list[float]()
    while len(latencies) < expected and time.perf_counter() - started < seconds + DRAIN_SECONDS:
        latencies += sink.taken()
        time.sleep(0.05)
    drained = time.perf_counter() - started
    wait_for(candidate.settled, seconds=60, what="the last record")
    total_s, servers_s = spent.seconds()
    of_database = database() - of_database
    latencies += sink.taken()  # what came twice may come last
    counted = sink.counted()
    an_event = 1e6 / max(1, sent.acknowledged)
    return Figures(
        sent.acknowledged / sent.seconds,
        len(latencies) / drained,
        *p50_p99(sent.latencies_ms),
        *p50_p99(latencies),
        total_s * an_event,
        servers_s * an_event,
        of_database * an_event,
        memory_mb(candidate.servers()),
        max(0, expected - counted.events * listening),
        max(0, counted.arrived - counted.events * listening),
        counted.late,
        counted.at_once,
    )


@dataclass(frozen=True)
class Sent:
    acknowledged: int
    seconds: float
    latencies_ms: list[float]


def load(candidate: Candidate, *, seconds: float, connections: int, rate: float) -> Sent:
    """Send signed events to all processes of a candidate at once, each its share."""
    processes = begin_load(candidate, seconds=seconds, connections=connections, rate=rate)
    outcomes = [process.communicate() for process in processes]
    for process, (_, error) in zip(processes, outcomes, strict=True):
        assert process.returncode == 0, error
    found = [json.loads(printed) for printed, _ in outcomes]
    return Sent(
        sum(one["acknowledged"] for one in found),
        max(one["seconds"] for one in found),
        [each for one in found for each in one["latencies_ms"]],
    )


def begin_load(candidate: Candidate, *, seconds: float, connections: int, rate: float) -> list[subprocess.Popen[str]]:
    """Start a load generator for each process of a candidate."""
    share = len(candidate.addresses)
    how = [SECRET, str(seconds), str(connections // share), str(rate / share)]
    return [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline.load", address, *how],
            cwd=HERE.parent,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for address in candidate.addresses
    ]


def p50_p99(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return (0.0, 0.0)
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
