"""``make bench-pipeline``: the real server between a load generator and a sink, all on this machine.

Prints a table; each line is one situation. Figures of one run are comparable with each other, not with those of another
machine. Saturated lines measure throughput; their latencies are those of a full queue.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

from builders import SECRET, a_source, an_endpoint  # noqa: E402
from running import Running, wait_for  # noqa: E402

from server.domain.endpoints import Destination, Endpoint  # noqa: E402
from server.domain.sources import Source  # noqa: E402
from server.store import Store, Transaction, endpoints, sources  # noqa: E402

SEED = HERE.parent.parent / "fixtures" / "seed" / "track_payments.js"
SECONDS = 8.0


@dataclass(frozen=True)
class Figures:
    name: str
    acknowledged_per_s: float
    delivered_per_s: float
    ingest_ms: tuple[float, float]
    delivered_ms: tuple[float, float]
    memory_mb: float


class Sink:
    def __enter__(self) -> "Sink":
        port_file = Path(tempfile.mkdtemp()) / "port"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.sink", str(port_file)], cwd=HERE.parent, env=_environment()
        )
        wait_for(lambda: port_file.exists() and port_file.read_text(), what="the sink")
        self.port = int(port_file.read_text())
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.wait()

    def taken(self) -> list[float]:
        answer = httpx.get(f"http://127.0.0.1:{self.port}/taken", trust_env=False)
        found: list[float] = answer.json()["latencies_ms"]
        return found


def situation(name: str, sink: Sink, *, listening: int, rate: float = 0, connections: int = 32) -> Figures:
    """One server with so many endpoints, under a load for ``SECONDS``, until everything has arrived."""
    folder = Path(tempfile.mkdtemp()) / "data"
    folder.mkdir(mode=0o700)
    source = a_source()
    code = SEED.read_text().replace("https://track.customer.io/api/v2/entity", f"http://127.0.0.1:{sink.port}/")
    made = [an_endpoint(source, code=code, url=f"http://127.0.0.1:{sink.port}/") for _ in range(listening)]
    asyncio.run(_keep(folder, source, made))
    settings = {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "HOOKBENCH_LOG_FORMAT": "json"}
    with Running(folder, settings) as hookbench:
        sink.taken()
        _load(hookbench, source, 1.0, 4, 50)  # warm up: workers, connections
        wait_for(lambda: not _waiting(folder), seconds=60)
        sink.taken()
        started = time.perf_counter()
        # With many endpoints an event is many deliveries: the load lasts shorter, so that the queue ends in good time.
        sent = _load(hookbench, source, max(1.0, SECONDS / max(1, listening)), connections, rate)
        expected = sent["acknowledged"] * listening
        arrived: list[float] = []
        while len(arrived) < expected and time.perf_counter() - started < 120:
            arrived += sink.taken()
            time.sleep(0.05)
        drained = time.perf_counter() - started
        memory = psutil.Process(hookbench.process.pid).memory_info().rss / 1e6
    assert len(arrived) >= expected, f"{expected - len(arrived)} deliveries are missing"
    return Figures(
        name,
        sent["acknowledged"] / sent["seconds"],
        len(arrived) / drained if listening else 0.0,
        _p50_p99(sent["latencies_ms"]),
        _p50_p99(arrived),
        memory,
    )


SITUATIONS: tuple[tuple[str, dict[str, float]], ...] = (
    ("ingest only, saturated", {"listening": 0}),
    ("whole path, 1 endpoint, saturated", {"listening": 1}),
    ("whole path, 1 endpoint, 300/s", {"listening": 1, "rate": 300}),
    ("whole path, 3 endpoints, saturated", {"listening": 3}),
    ("whole path, 10 endpoints, saturated", {"listening": 10}),
)


def main() -> None:
    print(f"{'':38}{'ack/s':>8}{'deliv/s':>9}{'ack p50/p99 ms':>18}{'delivered p50/p99 ms':>24}{'MB':>7}", flush=True)
    with Sink() as sink:
        for name, how in SITUATIONS:
            _print(situation(name, sink, listening=int(how["listening"]), rate=how.get("rate", 0)))


def _print(line: Figures) -> None:
    ingest, delivered = ("/".join(f"{value:.1f}" for value in pair) for pair in (line.ingest_ms, line.delivered_ms))
    speeds = f"{line.acknowledged_per_s:8.0f}{line.delivered_per_s:9.0f}"
    print(f"{line.name:38}{speeds}{ingest:>18}{delivered:>24}{line.memory_mb:7.0f}", flush=True)


async def _keep(folder: Path, source: Source, made: Sequence[Endpoint]) -> None:
    store = Store.open(f"sqlite:///{folder / 'hookbench.db'}")

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        for endpoint in made:
            assert endpoint.destination is Destination.SEND
            endpoints.insert(tx, endpoint)

    await store.write(keep)
    store.close()


def _waiting(folder: Path) -> int:
    connection = sqlite3.connect(folder / "hookbench.db")
    count: int = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'pending'").fetchone()[0]
    connection.close()
    return count


def _load(hookbench: Running, source: Source, seconds: float, connections: int, rate: float) -> dict[str, object]:
    address = f"{hookbench.url}/in/{source.token}"
    command = [sys.executable, "-m", "pipeline.load", address, SECRET, str(seconds), str(connections), str(rate)]
    done = subprocess.run(command, cwd=HERE.parent, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parent)}


def _p50_p99(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return (0.0, 0.0)
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


if __name__ == "__main__":
    main()
