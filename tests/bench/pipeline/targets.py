"""The targets as data: what each compares, and which value is to be reached. Printed as the table of a run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.results import Calculated, Figure, Ratio, Results, Sum, Value

SQLITE, POSTGRES, TWO = "SQLite", "PostgreSQL", "PostgreSQL, two processes"
YARDSTICK, NODE_RED = "yardstick", "Node-RED"
SATURATED, PACED, ORDERED, LIMITED = "saturated", "at 400/s", "ordered", "limited"
LIMIT = 20
"""Attempts a second at an endpoint, in each of two processes."""
DATABASES = (SQLITE, POSTGRES)

TIMES, SHARE, MS, SECONDS = "{:.2f} ×", "{:.0%}", "{:.1f} ms", "{:.2f} s"
MB, BYTES, NUMBER, PER_SECOND, COUNT, FINE_SHARE = "{:.0f} MB", "{:,.0f} B", "{:.1f}", "{:.1f}/s", "{:,.0f}", "{:.2%}"


@dataclass(frozen=True)
class Bound:
    """A value and the least or most that it may be. Without either it is shown for information."""

    what: str
    value: Value
    shown_as: str
    least: float | None = None
    most: float | None = None

    @property
    def to_reach(self) -> str:
        ends = [("≥", self.least), ("≤", self.most)]
        return ", ".join(f"{sign} {self.shown_as.format(end)}" for sign, end in ends if end is not None)

    def reached(self, results: Results) -> bool | None:
        """``None`` if nothing was measured."""
        turns = self.value.of(results)
        if not turns:
            return None
        found = median(turns)
        return (self.least is None or found >= self.least) and (self.most is None or found <= self.most)


@dataclass(frozen=True)
class Target:
    """Reached if all of its bounds are kept, or all of ``otherwise``."""

    bounds: tuple[Bound, ...]
    otherwise: tuple[Bound, ...] = ()

    def reached(self, results: Results) -> bool | None:
        """``None`` if nothing was measured."""
        ways = [way for way in (self.bounds, self.otherwise) if way]
        found = [[bound.reached(results) for bound in way] for way in ways]
        if any(all(way) for way in found):
            return True
        return None if all(None in way for way in found) else False


def only(what: str, value: Value, shown_as: str, *, least: float | None = None, most: float | None = None) -> Target:
    return Target((Bound(what, value, shown_as, least, most),))


def against(other: str, situation: str, name: str, of: str = SQLITE) -> Ratio:
    """The figure of one candidate as a multiple of another's in the same turn."""
    return Ratio(Figure(of, situation, name), Figure(other, situation, name))


def _of_each_database() -> Iterator[Target]:
    for name in DATABASES:
        yield only(f"{name}: system calls an event", Figure(name, "calls", "an_event"), NUMBER, most=15)
        yield only(f"{name}: on disk, an event of 2.4 KB", Figure(name, "bytes", "an_event"), BYTES, most=3000)
        yield only(f"{name}: memory under load", Figure(name, "memory", "loaded_mb"), MB, most=130)
        yield only(f"{name}: memory at rest, three endpoints", Figure(name, "memory", "rest_mb"), MB, most=110)
        yield only(f"{name}: idle, share of a core", Figure(name, "idle", "core"), FINE_SHARE, most=0.005)
        yield only(f"{name}: idle, wake-ups", Figure(name, "idle", "wakeups_per_s"), PER_SECOND, most=5)
        yield only(f"{name}: start to first event, empty", Figure(name, "start", "empty_s"), SECONDS, most=1.5)
        yield only(f"{name}: start to first event, full", Figure(name, "start", "full_s"), SECONDS, most=2)


DELIVERED, CPU = "delivered_per_s", "cpu_us"
P50, P99 = "delivered_p50_ms", "delivered_p99_ms"
OWN_CORES = Calculated(
    lambda one, two: 2 * one / two, (Figure(POSTGRES, SATURATED, "server_us"), Figure(TWO, SATURATED, "server_us"))
)
"""Two processes against one where each has a core of its own and the database as many as it needs: a process takes in
what one core's time allows it, and waits for nobody else's."""

TARGETS = (
    only("SQLite saturated, against Node-RED", against(NODE_RED, SATURATED, DELIVERED), TIMES, least=2),
    only("SQLite saturated, against the yardstick", against(YARDSTICK, SATURATED, DELIVERED), SHARE, least=0.9),
    only("processor time, saturated, against the yardstick's", against(YARDSTICK, SATURATED, CPU), SHARE, most=1),
    only("processor time, at 400/s, against the yardstick's", against(YARDSTICK, PACED, CPU), SHARE, most=1),
    Target(
        (
            Bound("SQLite at 400/s, delivered p50", Figure(SQLITE, PACED, P50), MS, most=3),
            Bound("  p99", Figure(SQLITE, PACED, P99), MS, most=10),
        ),
        otherwise=(
            Bound("  or p50, against the yardstick's", against(YARDSTICK, PACED, P50), TIMES, most=1.5),
            Bound("  and p99", against(YARDSTICK, PACED, P99), TIMES, most=1.5),
        ),
    ),
    only("PostgreSQL saturated, against SQLite", against(SQLITE, SATURATED, DELIVERED, POSTGRES), SHARE, least=0.7),
    only("PostgreSQL at 400/s, acknowledged p50", Figure(POSTGRES, PACED, "ack_p50_ms"), MS, most=5),
    only("two processes against one, on these cores", against(POSTGRES, SATURATED, DELIVERED, TWO), TIMES),
    only("two processes against one, cores of their own", OWN_CORES, TIMES, least=1.5),
    only("two processes, order kept: out of order", Figure(TWO, ORDERED, "late"), COUNT, most=0),
    only(f"two processes, {LIMIT}/s each: most within 0.8 s", Figure(TWO, LIMITED, "at_once"), COUNT, most=2 * LIMIT),
    only("events lost or doubled, both databases", Sum((*DATABASES, TWO), ("lost", "doubled")), COUNT, most=0),
    *_of_each_database(),
)


def of_beside(name: str) -> tuple[Target, ...]:
    """How another version, or another Python, compares; nothing is to be reached."""
    return (
        only(f"{name} saturated, against SQLite", against(SQLITE, SATURATED, DELIVERED, name), SHARE),
        only(f"{name}: processor time, saturated", against(SQLITE, SATURATED, CPU, name), SHARE),
        only(f"{name}: processor time, at 400/s", against(SQLITE, PACED, CPU, name), SHARE),
        only(f"{name} at 400/s, delivered p50, against SQLite", against(SQLITE, PACED, P50, name), SHARE),
    )


def print_table(results: Results, targets: Sequence[Target] = TARGETS, *, everything: bool = False) -> None:
    """Each target with its value and whether it was reached; ``everything``: also those that were not measured."""
    rows = [(target, target.reached(results)) for target in targets]
    rows = [(target, reached) for target, reached in rows if everything or reached is not None]
    if rows:
        print(f"\n{'':50}{'median':>12}   {'lowest to highest':24}{'to reach':16}")
    for target, reached in rows:
        verdict = {None: "not measured", True: "reached", False: "MISSED"}[reached]
        for number, bound in enumerate((*target.bounds, *target.otherwise)):
            shown = verdict if number == 0 and (bound.to_reach or reached is None) else ""
            print(f"{_line(bound, results)}{shown}".rstrip())


def _line(bound: Bound, results: Results) -> str:
    turns = bound.value.of(results)
    middle = bound.shown_as.format(median(turns)) if turns else "–"
    spread = f"{bound.shown_as.format(min(turns))} to {bound.shown_as.format(max(turns))}" if len(turns) > 1 else ""
    return f"{bound.what:50}{middle:>12}   {spread:24}{bound.to_reach:16}"
