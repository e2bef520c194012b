"""``make bench-pipeline``: measures the server between a load generator and a sink, and a yardstick for comparison.

All processes run on this machine. Prints a table with one line per situation, then the targets. Compare figures only
within one run, not between machines. Saturated situations measure throughput; their latencies are those of a full
queue. ``µs/event`` is the processor time of the server and its workers for one event, the figure that other load on
the machine changes least.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psutil

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

from builders import SECRET  # noqa: E402
from running import wait_for  # noqa: E402

from pipeline.candidates import Candidate, Hookbench, Yardstick, environment, judged, own_card, seeded  # noqa: E402
from pipeline.stored import fill  # noqa: E402

SECONDS = 8.0
DRAIN_SECONDS = 120.0


@dataclass(frozen=True)
class Figures:
    acknowledged_per_s: float
    delivered_per_s: float
    ingest_ms: tuple[float, float]
    delivered_ms: tuple[float, float]
    """p50 and p99, from the creation of an event to its arrival at the sink."""
    cpu_us: float
    memory_mb: float
    """Proportional set size of the server and its workers at the end."""


class Sink:
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
        answer = httpx.get(f"{self.url}taken", trust_env=False)
        found: list[float] = answer.json()["latencies_ms"]
        return found


def measure(
    candidate: Candidate,
    sink: Sink,
    *,
    listening: int,
    rate: float = 0,
    seconds: float = SECONDS,
    connections: int = 32,
) -> Figures:
    """Put a server under load for ``seconds`` and wait until everything has arrived.

    ``listening``: endpoints per event. ``rate``: events per second; 0: as fast as they are acknowledged.
    """
    with candidate:
        load(candidate, seconds=1.0, connections=4, rate=100)  # warm up: workers, connections
        wait_for(candidate.settled, seconds=60, what="the warm-up")
        sink.taken()
        began, started = _cpu_seconds(candidate), time.perf_counter()
        sent = load(candidate, seconds=seconds, connections=connections, rate=rate)
        expected, arrived = sent["acknowledged"] * listening, list[float]()
        while len(arrived) < expected and time.perf_counter() - started < DRAIN_SECONDS:
            arrived += sink.taken()
            time.sleep(0.05)
        drained = time.perf_counter() - started
        wait_for(candidate.settled, seconds=60, what="the last record")
        used, memory = _cpu_seconds(candidate) - began, memory_mb(candidate)
    assert len(arrived) >= expected, f"{expected - len(arrived)} deliveries are missing"
    return Figures(
        sent["acknowledged"] / sent["seconds"],
        len(arrived) / drained,
        p50_p99(sent["latencies_ms"]),
        p50_p99(arrived),
        used / sent["acknowledged"] * 1e6,
        memory,
    )


def load(candidate: Candidate, *, seconds: float, connections: int, rate: float) -> dict[str, object]:
    """Send signed events. Returns what ``pipeline.load`` prints."""
    how = [SECRET, str(seconds), str(connections), str(rate)]
    command = [sys.executable, "-m", "pipeline.load", candidate.address, *how]
    done = subprocess.run(command, cwd=HERE.parent, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main(only: str, million: int) -> None:
    print(f"{'':34}{'ack/s':>8}{'deliv/s':>9}{'ack p50/p99 ms':>17}{'deliv p50/p99 ms':>19}{'µs/event':>10}{'MB':>6}")
    found: dict[str, Figures] = {}
    with Sink() as sink:
        made = partial(seeded, sink.url)
        several = {3: SECONDS / 3, 10: SECONDS / 8}  # shorter, since each event makes several deliveries
        situations = {
            "ingest only": lambda: measure(Hookbench(made(0)), sink, listening=0),
            "yardstick": lambda: measure(Yardstick(sink.url), sink, listening=1),
            "whole path": lambda: measure(Hookbench(made(1)), sink, listening=1),
            "yardstick at 400/s": lambda: measure(Yardstick(sink.url), sink, listening=1, rate=400),
            "whole path at 300/s": lambda: measure(Hookbench(made(1)), sink, listening=1, rate=300),
            "whole path at 400/s": lambda: measure(Hookbench(made(1)), sink, listening=1, rate=400),
            **{
                f"whole path, {number} endpoints": partial(_several, made(number), sink, number, seconds)
                for number, seconds in several.items()
            },
            "without a contract": lambda: _judged(sink, contract=False),
            "with a contract": lambda: _judged(sink, contract=True),
            "whole path, empty database": lambda: measure(Hookbench(made(1)), sink, listening=1, rate=300),
            f"whole path, {million:,} stored": lambda: _after(million, sink, made(1)),
        }
        for name, situation in situations.items():
            if only in name:
                found[name] = situation()
                _print(name, found[name])
    _targets(found, million)


def _several(made, sink: Sink, number: int, seconds: float) -> Figures:  # type: ignore[no-untyped-def]
    return measure(Hookbench(made), sink, listening=number, seconds=seconds)


def _judged(sink: Sink, *, contract: bool) -> Figures:
    """Figures of an endpoint whose card has a contract that every request meets, or has none."""
    return measure(Hookbench(judged(sink.url), prepare=own_card(contract=contract)), sink, listening=1)


def _after(million: int, sink: Sink, made) -> Figures:  # type: ignore[no-untyped-def]
    candidate = Hookbench(made)
    fill(candidate.file, candidate.source, candidate.made[0].id, million)
    return measure(candidate, sink, listening=1, rate=300)


def _targets(found: dict[str, Figures], million: int) -> None:
    """Print the targets beside the figures of this run."""
    whole, yardstick, ingest = (found.get(name) for name in ("whole path", "yardstick", "ingest only"))
    paced, empty = found.get("whole path at 400/s"), found.get("whole path, empty database")
    stored = found.get(f"whole path, {million:,} stored")
    print()
    if ingest:
        print(f"ingest only            {ingest.acknowledged_per_s:8.0f}/s    to reach 4,000")
    if whole:
        print(f"whole path             {whole.delivered_per_s:8.0f}/s    to reach 1,500, aim 2,000")
    if whole and yardstick:
        share = whole.delivered_per_s / yardstick.delivered_per_s
        print(f"of the yardstick       {share:8.0%}      to reach 80%")
    if (plain := found.get("without a contract")) and (checked := found.get("with a contract")):
        print(f"with a contract        {checked.delivered_per_s / plain.delivered_per_s:8.0%}      to reach 90%")
    if paced:
        print("at 400/s p50, p99      {:8.1f}, {:.1f} ms    to reach 5, 15".format(*paced.delivered_ms))
    if empty and stored:
        growth = stored.cpu_us / empty.cpu_us - 1
        print(f"with {million:,} stored {growth:+8.0%} processor time an event    to reach ±10%")


def memory(minutes: float) -> None:
    """Print memory at rest with three endpoints, then every 30 s under a steady load of 300 events per second."""
    with Sink() as sink, Hookbench(seeded(sink.url, 3)) as candidate:
        load(candidate, seconds=1.0, connections=4, rate=50)
        wait_for(candidate.settled, seconds=60)
        print(f"at rest, three endpoints   {memory_mb(candidate):6.1f} MB    to reach 150")
        began, ends = time.monotonic(), time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            load(candidate, seconds=30.0, connections=16, rate=300)
            sink.taken()
            print(f"after {time.monotonic() - began:5.0f} s              {memory_mb(candidate):6.1f} MB", flush=True)


def _print(name: str, line: Figures) -> None:
    ingest, delivered = ("/".join(f"{value:.1f}" for value in pair) for pair in (line.ingest_ms, line.delivered_ms))
    speeds = f"{line.acknowledged_per_s:8.0f}{line.delivered_per_s:9.0f}"
    print(f"{name:34}{speeds}{ingest:>17}{delivered:>19}{line.cpu_us:10.0f}{line.memory_mb:6.0f}", flush=True)


def _cpu_seconds(candidate: Candidate) -> float:
    """Processor seconds of the server and its workers, including workers that have ended."""
    server = candidate.processes()[0].cpu_times()
    return sum(t.user + t.system for t in (p.cpu_times() for p in candidate.processes())) + (
        server.children_user + server.children_system
    )


def memory_mb(candidate: Candidate) -> float:
    found = 0.0
    for process in candidate.processes():
        try:
            found += process.memory_full_info().pss / 1e6
        except psutil.NoSuchProcess:
            continue  # a worker ended after it was listed
    return found


def p50_p99(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return (0.0, 0.0)
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-pipeline", description=__doc__)
    parser.add_argument("--only", default="", help="only situations whose name holds this")
    parser.add_argument("--stored", type=int, default=1_000_000, help="messages of the full database")
    parser.add_argument("--minutes", type=float, default=0, help="instead: watch memory for so long")
    asked = parser.parse_args()
    memory(asked.minutes) if asked.minutes else main(asked.only, asked.stored)
