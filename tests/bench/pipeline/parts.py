"""The parts of a run. Each measures something and adds its figures to the results."""

import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory

from pipeline.candidates import Candidate, Hookbench, Yardstick, endpoints_for
from pipeline.databases import Postgres
from pipeline.measuring import CONNECTIONS, Figures, Sink, begin_load, load, under_load, warmed_up
from pipeline.nodered import NodeRed
from pipeline.observing import STRACE, CannotTrace, SystemCalls, idle, memory_mb
from pipeline.results import Results
from pipeline.starting import seconds_to_first_event
from pipeline.stored import fill
from pipeline.targets import LIMIT, LIMITED, NODE_RED, ORDERED, PACED, POSTGRES, SATURATED, SQLITE, TWO, YARDSTICK
from server.domain.endpoints import Controls

RATE = 400.0
EVENTS_ON_DISK = 20_000
TRACED_SECONDS = 5.0
REST_SECONDS, SETTLED_SECONDS, IDLE_SECONDS = 5.0, 80.0, 20.0


@dataclass
class Run:
    """What every part works with."""

    sink: Sink
    postgres: Postgres | None
    pairs: int
    seconds: float
    stored: int
    beside: Mapping[str, str] = field(default_factory=dict)
    """Other versions of Hookbench to measure, or other Pythons: the command of each by its name."""
    results: Results = field(default_factory=Results)

    def hookbench(self, database: str, endpoints: int = 1, processes: int = 1, command: str = "") -> Hookbench:
        """A server on an empty database."""
        url = self.postgres.fresh() if self.postgres and database == POSTGRES else ""
        return Hookbench(endpoints_for(self.sink.url, endpoints), url=url, processes=processes, command=command)

    @property
    def databases(self) -> list[str]:
        return [SQLITE, POSTGRES] if self.postgres else [SQLITE]


def by_turns(run: Run, names: list[str]) -> None:
    """Measure candidates one after another, every second time in the other order, at 400/s and saturated."""
    make: dict[str, Callable[[], Candidate]] = {
        NODE_RED: lambda: NodeRed(run.sink.url),
        YARDSTICK: lambda: Yardstick(run.sink.url),
        SQLITE: lambda: run.hookbench(SQLITE),
        POSTGRES: lambda: run.hookbench(POSTGRES),
        TWO: lambda: run.hookbench(POSTGRES, processes=2),
        **{name: partial(run.hookbench, SQLITE, command=command) for name, command in run.beside.items()},
    }
    print(f"{'':38}{'ack/s':>7}{'deliv/s':>9}{'ack p50/p99 ms':>17}{'deliv p50/p99 ms':>19}{'µs/event':>10}{'MB':>6}")
    for turn in range(run.pairs):
        for name in names if turn % 2 == 0 else reversed(names):
            database = run.postgres.processor_seconds if run.postgres and name.startswith(POSTGRES) else float
            candidate = make[name]()
            with warmed_up(candidate, run.sink):
                for situation, rate in ((PACED, RATE), (SATURATED, 0)):
                    figures = under_load(candidate, run.sink, rate=rate, seconds=run.seconds, database=database)
                    run.results.add(name, situation, figures.named())
                    print_figures(f"{name}, {situation}", figures)
    if TWO in names:
        _show_calculation(run.results)


def print_figures(name: str, line: Figures) -> None:
    ack = f"{line.ack_p50_ms:.1f}/{line.ack_p99_ms:.1f}"
    delivered = f"{line.delivered_p50_ms:.1f}/{line.delivered_p99_ms:.1f}"
    speeds = f"{line.acknowledged_per_s:7.0f}{line.delivered_per_s:9.0f}"
    trouble = f"   {line.lost:.0f} lost, {line.doubled:.0f} doubled" if line.lost or line.doubled else ""
    print(f"{name:38}{speeds}{ack:>17}{delivered:>19}{line.cpu_us:10.0f}{line.memory_mb:6.0f}{trouble}", flush=True)


def _show_calculation(results: Results) -> None:
    """Print where the processor time of an event goes, and what follows for machines with more cores.

    One process uses at most one core, since its threads share an interpreter; its workers and the database are
    processes of their own. So with enough cores a server ends at 10⁶ µs a second over its own µs an event.
    """
    print("\nPostgreSQL, processor time an event, saturated (medians)")
    limits = {}
    for name, number in ((POSTGRES, 1), (TWO, 2)):
        of = {key: median(results.turns(name, SATURATED, key)) for key in ("server_us", "cpu_us", "database_us")}
        limits[name] = limit = number * 1e6 / of["server_us"]
        print(
            f"  {name:28}servers {of['server_us']:.0f} µs, their workers {of['cpu_us'] - of['server_us']:.0f} µs, "
            f"database {of['database_us']:.0f} µs: at most {limit:,.0f} events/s with {number} "
            f"core{'s' if number > 1 else ''} for servers, {limit * (of['cpu_us'] - of['server_us']) / 1e6:.1f} "
            f"for workers and {limit * of['database_us'] / 1e6:.1f} for the database"
        )
    print(f"  so two processes reach at most {limits[TWO] / limits[POSTGRES]:.2f} × one, where each has its cores")


def sharing(run: Run) -> None:
    """Order and limits of an endpoint whose deliveries two processes share. Each gets events over one connection."""
    if not run.postgres:
        return
    for situation, controls, rate in (
        (ORDERED, Controls(ordered=True), 20.0),
        (LIMITED, Controls(rate_limit=LIMIT), 4.0 * LIMIT),
    ):
        make = endpoints_for(run.sink.url, 1, controls)
        candidate = Hookbench(make, url=run.postgres.fresh(), processes=2)
        with warmed_up(candidate, run.sink):
            figures = under_load(candidate, run.sink, rate=rate, seconds=run.seconds / 2, connections=2)
        run.results.add(TWO, situation, figures.named())
        print_figures(f"{TWO}, {situation}", figures)


def system_calls(run: Run) -> None:
    if not STRACE:
        print("System calls are not counted: strace is not installed.")
        return
    candidates = {name: partial(run.hookbench, name) for name in run.databases} | {
        YARDSTICK: lambda: Yardstick(run.sink.url)
    }
    try:
        for name, make in candidates.items():
            _count_calls(run, name, make())
    except CannotTrace as reason:
        print(reason)


def _count_calls(run: Run, name: str, candidate: Candidate) -> None:
    with warmed_up(candidate, run.sink):
        generators = begin_load(candidate, seconds=TRACED_SECONDS + 3, connections=CONNECTIONS, rate=0)
        time.sleep(1)
        with SystemCalls(candidate.servers()) as calls:
            run.sink.counted()
            time.sleep(TRACED_SECONDS)
            events = run.sink.counted().events
        for generator in generators:
            generator.communicate()
    an_event = calls.made.total() / events
    run.results.add(name, "calls", {"an_event": an_event})
    most = ", ".join(f"{call} {count / events:.1f}" for call, count in calls.made.most_common(10))
    print(
        f"system calls an event, {name}: {an_event:.1f} ({most}), at {events / TRACED_SECONDS:.0f} events/s", flush=True
    )


def bytes_on_disk(run: Run) -> None:
    """Measured by ``on_disk.py``, which also says where the bytes are."""
    if not importlib.util.find_spec("on_disk"):
        print("Bytes on disk are not measured: there is no on_disk.py.")
        return
    on_disk = importlib.import_module("on_disk")
    for database in run.databases:
        url = run.postgres.fresh() if run.postgres and database == POSTGRES else ""
        run.results.add(database, "bytes", {"an_event": on_disk.measure(EVENTS_ON_DISK, url)})


def memory(run: Run) -> None:
    """Three endpoints: at rest after some events, then the most that is seen under full load."""
    for database in run.databases:
        candidate = run.hookbench(database, endpoints=3)
        with warmed_up(candidate, run.sink):
            time.sleep(REST_SECONDS)
            at_rest, loaded = memory_mb(candidate.servers()), 0.0
            generators = begin_load(candidate, seconds=run.seconds, connections=CONNECTIONS, rate=0)
            ends = time.monotonic() + run.seconds
            while time.monotonic() < ends:
                loaded = max(loaded, memory_mb(candidate.servers()))
                time.sleep(0.25)
            for generator in generators:
                generator.communicate()
            run.sink.taken()
        run.results.add(database, "memory", {"rest_mb": at_rest, "loaded_mb": loaded})
        print(f"memory, {database}: {at_rest:.0f} MB at rest, {loaded:.0f} MB under load", flush=True)


def idling(run: Run) -> None:
    for database in run.databases:
        candidate = run.hookbench(database, endpoints=3)
        with warmed_up(candidate, run.sink):
            time.sleep(SETTLED_SECONDS)
            core, wakeups = idle(candidate.servers(), IDLE_SECONDS)
        run.results.add(database, "idle", {"core": core, "wakeups_per_s": wakeups})
        print(f"idle, {database}: {core:.2%} of a core, {wakeups:.1f} wake-ups/s", flush=True)


def starts(run: Run) -> None:
    for database in run.databases:
        candidate = run.hookbench(database)
        for situation, count in (("empty_s", 0), ("full_s", run.stored)):
            if count:
                fill(candidate.url, candidate.source, candidate.made[0].id, count)
            for _ in range(run.pairs):
                run.results.add(database, "start", {situation: seconds_to_first_event(candidate)})
            found = median(run.results.turns(database, "start", situation))
            print(f"start with {count:,} messages, {database}: {found:.2f} s to the first event", flush=True)


def long_watch(run: Run, minutes: float) -> None:
    """Print memory at rest with three endpoints, then every 30 s under a steady load of 300 events per second."""
    candidate = run.hookbench(SQLITE, endpoints=3)
    with warmed_up(candidate, run.sink):
        print(f"at rest, three endpoints   {memory_mb(candidate.servers()):6.1f} MB")
        began, ends = time.monotonic(), time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            load(candidate, seconds=30.0, connections=16, rate=300)
            run.sink.taken()
            run.sink.counted()
            after, found = time.monotonic() - began, memory_mb(candidate.servers())
            print(f"after {after:5.0f} s              {found:6.1f} MB", flush=True)


@contextmanager
def started(
    pairs: int, seconds: float, stored: int, *, postgres: bool, beside: Mapping[str, str] | None = None
) -> Iterator[Run]:
    """A run with its sink and, if wanted, its PostgreSQL server."""
    with TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder  # what the candidates leave behind goes with it
        with Sink() as sink, Postgres() if postgres else nullcontext() as server:
            yield Run(sink, server, pairs, seconds, stored, beside or {})
