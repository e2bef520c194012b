"""``make bench-fair``: does one misbehaving endpoint or client slow down others?

Prints each figure beside its baseline of the same run. Five situations: four endpoints, three of which misbehave; one
endpoint among twenty whose code uses all its time; the same in a newly started process that knows no code's run time;
ten thousand retries that are due at once; a thousand slow or idle connections at the intake.
"""

import argparse
import asyncio
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

from builders import an_endpoint  # noqa: E402
from pipeline import job  # noqa: E402
from pipeline.candidates import Hookbench, endpoints_for  # noqa: E402
from pipeline.measuring import Sink, load, p50_p99  # noqa: E402
from pipeline.observing import memory_mb  # noqa: E402
from running import wait_for  # noqa: E402

from fair.troublemakers import Troublemakers  # noqa: E402
from server.domain.endpoints import Endpoint  # noqa: E402
from server.domain.sources import Source  # noqa: E402

RATE = 20.0
RETRIES = 10_000
CONNECTIONS = 500
LOOPS = "function handler(webhook) { while (true) {} }"
BUSY = "function handler(webhook) { const end = Date.now() + 900; while (Date.now() < end); return webhook }"
GREEDY = 20


def among_trouble(sink: Sink, seconds: float) -> None:
    """Looping code, a destination that hangs, one that sends slowly, and a healthy endpoint, for the same events."""
    with Hookbench(endpoints_for(sink.url, 1)) as alone:
        baseline, _ = _healthy(alone, sink, seconds=min(seconds, 20.0))
    with Troublemakers() as trouble:

        def made(source: Source) -> list[Endpoint]:
            return [
                an_endpoint(source, code=LOOPS, url=sink.url),
                an_endpoint(source, url=trouble.hanging),
                an_endpoint(source, url=trouble.dripping),
                an_endpoint(source, code=job.code(sink.url), url=sink.url),
            ]

        with Hookbench(made) as candidate, _looking_at_pages(candidate) as pages:
            beside, arrived = _healthy(candidate, sink, seconds=seconds)
            failed = _failures(candidate, 3)
    _say("healthy endpoint alone", "p50 {:.1f} ms, p99 {:.1f} ms", *baseline)
    _say("beside three in trouble", "p50 {:.1f} ms, p99 {:.1f} ms", *beside)
    _target("its p99", f"{beside[1]:.0f} ms", f"{1.5 * baseline[1] + 250:.0f} ms", beside[1] <= 1.5 * baseline[1] + 250)
    _target("its failures", str(failed), f"0 of {arrived}", failed == 0)
    p95 = sorted(pages)[int(len(pages) * 0.95)] if pages else 0.0
    _target(f"pages, p95 of {len(pages)}", f"{p95:.0f} ms", "300 ms", bool(pages) and p95 <= 300)


def among_greedy(sink: Sink, seconds: float) -> None:
    """Twenty endpoints whose code loops or runs for 0.9 s, and a healthy endpoint, for the same events."""
    with Hookbench(endpoints_for(sink.url, 1)) as alone:
        baseline, _ = _healthy(alone, sink, seconds=min(seconds, 20.0))
    _say("healthy endpoint alone", "p50 {:.1f} ms, p99 {:.1f} ms", *baseline)
    for name, code in (("while (true)", LOOPS), ("0.9 s of work", BUSY)):
        with Troublemakers() as trouble:

            def made(source: Source, code: str = code, elsewhere: str = trouble.hanging) -> list[Endpoint]:
                greedy = [an_endpoint(source, code=code, url=elsewhere) for _ in range(GREEDY)]
                return [*greedy, an_endpoint(source, code=job.code(sink.url), url=sink.url)]

            with Hookbench(made) as candidate:
                beside, arrived = _healthy(candidate, sink, seconds=seconds)
                failed = _failures(candidate, GREEDY)
        _say(f"beside {GREEDY} with {name}", "p50 {:.1f} ms, p99 {:.1f} ms", *beside)
        most = 1.5 * baseline[1] + 250
        _target("its p99", f"{beside[1]:.0f} ms", f"{most:.0f} ms", beside[1] <= most)
        _target("its failures", str(failed), f"0 of {arrived}", failed == 0)


def at_start(sink: Sink, _: float) -> None:
    """The first events of a new process, which knows no run times yet: twenty looping endpoints and a healthy one."""
    baseline = _first_deliveries(sink, greedy=0)
    _say("first deliveries alone", "p50 {:.1f} ms, p99 {:.1f} ms", *baseline)
    beside = _first_deliveries(sink, greedy=GREEDY)
    _say(f"beside {GREEDY} with while (true)", "p50 {:.1f} ms, p99 {:.1f} ms", *beside)
    most = 1.5 * baseline[1] + 250
    _target("their p99", f"{beside[1]:.0f} ms", f"{most:.0f} ms", beside[1] <= most)


def _first_deliveries(sink: Sink, *, greedy: int) -> tuple[float, float]:
    """p50 and p99, in ms, of the healthy endpoint's deliveries for the events of the first second."""
    with Troublemakers() as trouble:

        def made(source: Source) -> list[Endpoint]:
            others = [an_endpoint(source, code=LOOPS, url=trouble.hanging) for _ in range(greedy)]
            return [*others, an_endpoint(source, code=job.code(sink.url), url=sink.url)]

        with Hookbench(made) as candidate:
            sink.taken()
            expected = load(candidate, seconds=1.0, connections=4, rate=RATE).acknowledged
            arrived: list[float] = []

            def all_here() -> bool:
                arrived.extend(sink.taken())
                return len(arrived) >= expected

            wait_for(all_here, seconds=60, what="the healthy deliveries")
    return p50_p99(arrived)


def many_retries(sink: Sink) -> None:
    """Many retries of one endpoint fall due at once; new events must not wait for them."""
    with Hookbench(endpoints_for(sink.url, 1)) as candidate:
        load(candidate, seconds=1.0, connections=4, rate=20)
        wait_for(candidate.settled, seconds=30)
        sink.taken()
        before = memory_mb(candidate.servers())
        with _connection(candidate) as database:
            _insert_retries(database, candidate)
        began = time.perf_counter()
        load(candidate, seconds=5.0, connections=8, rate=RATE)
        fresh: list[float] = []

        def all_gone() -> bool:
            # The retried events are hours old, so a lower age means a new event.
            fresh.extend(age for age in sink.taken() if age < 3_600_000)
            return candidate.settled()

        wait_for(all_gone, seconds=300, what="the retries")
        took, after = time.perf_counter() - began, memory_mb(candidate.servers())
    p99 = p50_p99(fresh)[1]
    _say(f"{RETRIES:,} retries due at once", "all made in {:.0f} s", took)
    _target("new events meanwhile, p99", f"{p99:.0f} ms", "2,000 ms", p99 <= 2000)
    _target("memory before and after", f"{before:.0f} → {after:.0f} MB", "flat", after <= before * 1.3)


def slow_and_idle(sink: Sink) -> None:
    """Connections that send a byte per second, and others that send nothing, beside a healthy sender."""
    with Hookbench(endpoints_for(sink.url, 1)) as candidate:
        alone = load(candidate, seconds=5.0, connections=4, rate=RATE)
        with _slow_connections(candidate) as closed:
            beside = load(candidate, seconds=10.0, connections=4, rate=RATE)
            wait_for(lambda: len(closed) >= 2 * CONNECTIONS, seconds=60, what="the slow ones to be cut")
    _say("ingest alone", "p50 {:.1f} ms, p99 {:.1f} ms", *p50_p99(alone.latencies_ms))
    p99 = p50_p99(beside.latencies_ms)[1]
    _target(f"beside {CONNECTIONS} slow, {CONNECTIONS} idle, p99", f"{p99:.0f} ms", "500 ms", p99 <= 500)
    _target("slow ones cut after, at most", f"{max(closed):.1f} s", "15 s + 1", max(closed) <= 16)


def _healthy(candidate: Hookbench, sink: Sink, *, seconds: float) -> tuple[tuple[float, float], int]:
    load(candidate, seconds=1.0, connections=2, rate=10)
    time_out = time.monotonic() + 30
    while sink.taken() and time.monotonic() < time_out:
        time.sleep(0.2)
    expected = load(candidate, seconds=seconds, connections=4, rate=RATE).acknowledged
    arrived: list[float] = []

    def all_here() -> bool:
        arrived.extend(sink.taken())
        return len(arrived) >= expected

    wait_for(all_here, seconds=60, what="the healthy deliveries")
    return p50_p99(arrived), len(arrived)


def _insert_retries(database: sqlite3.Connection, candidate: Hookbench) -> None:
    """Insert deliveries as a long outage leaves them: each failed once, hours ago, and is due now."""
    now, long_ago = int(time.time() * 1000), int(time.time() * 1000) - 2 * 3_600_000
    body = job.body(f"pay_{long_ago * 1_000_000}")
    rows = range(RETRIES)
    database.executemany(
        "INSERT INTO messages (id, source_id, webhook_id, event_type, origin, received_at, body) "
        "VALUES (?, ?, ?, 'payment.succeeded', 'received', ?, ?)",
        [(f"msg_{n:026}", candidate.source.id, f"evt_{n}", long_ago, body) for n in rows],
    )
    database.executemany(
        "INSERT INTO deliveries (id, message_id, endpoint_id, state, trigger, attempts, step, due_at, created_at, "
        "updated_at) VALUES (?, ?, ?, 'pending', 'retry', 1, 1, ?, ?, ?)",
        [(f"dlv_{n:026}", f"msg_{n:026}", candidate.made[0].id, now, long_ago, long_ago) for n in rows],
    )


@contextmanager
def _connection(candidate: Hookbench) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(candidate.file, timeout=30)
    with connection:
        yield connection
    connection.close()


def _failures(candidate: Hookbench, endpoint: int) -> int:
    query = "SELECT count(*) FROM attempts WHERE endpoint_id = ? AND outcome != 'succeeded'"
    with _connection(candidate) as database:
        found: int = database.execute(query, (candidate.made[endpoint].id,)).fetchone()[0]
    return found


@contextmanager
def _looking_at_pages(candidate: Hookbench) -> Iterator[list[float]]:
    """Requests pages as a signed-in user, four per second; the list collects how long each took, in ms."""
    took: list[float] = []
    done = threading.Event()
    link = urlsplit(candidate.running.setup_url or "")
    token = parse_qs(link.query)["token"][0]
    person = httpx.Client(
        base_url=candidate.running.url, trust_env=False, headers={"sec-fetch-site": "same-origin"}, timeout=60
    )
    secret = "correct horse battery"
    person.post("/setup", data={"token": token, "name": "ada", "password": secret, "repeated": secret})
    endpoint = f"/test/endpoints/{candidate.made[0].id}"
    pages = ("/test/endpoints", "/test/logs", endpoint, "/test/logs?view=attempts")

    def look() -> None:
        while not done.wait(0.25):
            began = time.perf_counter()
            answer = person.get(pages[len(took) % len(pages)])
            assert answer.status_code == 200, f"{answer.url} {answer.status_code}"
            took.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=look)
    thread.start()
    yield took
    done.set()
    thread.join()
    person.close()


@contextmanager
def _slow_connections(candidate: Hookbench) -> Iterator[list[float]]:
    """Holds slow and idle connections open; the list collects after how many seconds the server closed each."""
    closed: list[float] = []
    parts = urlsplit(candidate.addresses[0])
    head = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-length: 1000\r\n\r\n".encode()

    async def hold(first: bytes) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        began = time.perf_counter()
        writer.write(first)
        with_body = bool(first)
        while not reader.at_eof():
            try:
                async with asyncio.timeout(1):
                    await reader.read(1000)
            except TimeoutError:
                if with_body:
                    writer.write(b".")
            except ConnectionError:
                break
        closed.append(time.perf_counter() - began)
        writer.close()

    async def hold_all() -> None:
        await asyncio.gather(*(hold(head if n % 2 else b"") for n in range(2 * CONNECTIONS)))

    thread = threading.Thread(target=lambda: asyncio.run(hold_all()))
    thread.start()
    yield closed
    thread.join()


def _say(what: str, words: str, *values: float) -> None:
    print(f"{what:44}{words.format(*values)}", flush=True)


def _target(what: str, value: str, target: str, reached: bool) -> None:
    print(f"{what:44}{value:20}to reach {target:12}{'' if reached else '  MISSED'}", flush=True)


SITUATIONS: dict[str, Callable[[Sink, float], None]] = {
    "trouble": among_trouble,
    "greedy": among_greedy,
    "start": at_start,
    "retries": lambda sink, _: many_retries(sink),
    "connections": lambda sink, _: slow_and_idle(sink),
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-fair", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the troublemakers are borne")
    parser.add_argument("--only", choices=SITUATIONS, help="only this situation")
    asked = parser.parse_args()
    with Sink() as sink_:
        for name, situation in SITUATIONS.items():
            if not asked.only or name == asked.only:
                situation(sink_, asked.seconds)
