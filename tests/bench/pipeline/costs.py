"""What parts of Hookbench cost, and how it behaves with several endpoints and many stored messages.

Earlier issues set these targets. All of it is on SQLite, and runs only when it is asked for: ``ONLY=costs``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.candidates import Hookbench, endpoints_for, judged, own_card
from pipeline.measuring import measure
from pipeline.parts import Run, print_figures
from pipeline.results import Figure, Ratio
from pipeline.stored import fill
from pipeline.targets import COUNT, MS, SHARE, only, print_table

COSTS = "costs"
PACE = 300.0
INGEST, EMPTY, FULL = "ingest only", "empty database", "full database"


@dataclass(frozen=True)
class Situation:
    """A server and its load. ``shorter``: because each event makes several deliveries."""

    name: str
    make: Callable[[Run], Hookbench]
    listening: int = 1
    rate: float = 0
    shorter: float = 1


def _endpoints(number: int, without: str = "") -> Callable[[Run], Hookbench]:
    return lambda run: Hookbench(endpoints_for(run.sink.url, number), without=without)


def _judged(*, contract: bool) -> Callable[[Run], Hookbench]:
    """An endpoint whose card has a contract that every request meets, or has none."""
    return lambda run: Hookbench(judged(run.sink.url), prepare=own_card(contract=contract))


def _full(run: Run) -> Hookbench:
    candidate = run.hookbench("SQLite")
    fill(candidate.url, candidate.source, candidate.made[0].id, run.stored)
    return candidate


SITUATIONS = (
    Situation(INGEST, _endpoints(0), listening=0),
    Situation("three endpoints", _endpoints(3), listening=3, shorter=1 / 3),
    Situation("ten endpoints", _endpoints(10), listening=10, shorter=1 / 8),
)
PAIRS = (
    (Situation("without a contract", _judged(contract=False)), Situation("with a contract", _judged(contract=True))),
    (
        Situation("without activity", _endpoints(1, "activity"), rate=PACE),
        Situation("with activity", _endpoints(1), rate=PACE),
    ),
    (
        Situation("without search", _endpoints(0, "search"), listening=0),
        Situation("with search", _endpoints(0), listening=0),
    ),
    (Situation(EMPTY, _endpoints(1), rate=PACE), Situation(FULL, _full, rate=PACE)),
)
"""Measured by turns; the ratio of each turn counts."""


def _with(part: str, name: str) -> Ratio:
    return Ratio(Figure(COSTS, f"with {part}", name), Figure(COSTS, f"without {part}", name))


def _of_full(name: str) -> Ratio:
    return Ratio(Figure(COSTS, FULL, name), Figure(COSTS, EMPTY, name))


TARGETS = (
    only("ingest only, acknowledged a second", Figure(COSTS, INGEST, "acknowledged_per_s"), COUNT, least=4000),
    only("with a contract, delivered, against without one", _with("a contract", "delivered_per_s"), SHARE, least=0.9),
    only("with activity, processor time, against without", _with("activity", "cpu_us"), "{:.1%}", most=1.03),
    only("with the search index, ingest, against without", _with("search", "acknowledged_per_s"), SHARE, least=0.9),
    only("with the search index, processor time", _with("search", "cpu_us"), SHARE),
    only("full database, processor time, against empty", _of_full("cpu_us"), SHARE, least=0.9, most=1.1),
    only("full database, delivered p99", Figure(COSTS, FULL, "delivered_p99_ms"), MS),
)


def costs(run: Run, only_named: str = "") -> None:
    """Measure the situations whose name holds ``only_named``, and print which targets are reached."""
    for situation in SITUATIONS:
        if only_named in situation.name:
            _add(run, situation)
    for turn in range(run.pairs):
        for pair in PAIRS:
            for situation in pair if turn % 2 == 0 else reversed(pair):
                if only_named in situation.name:
                    _add(run, situation)
    print_table(run.results, TARGETS)


def _add(run: Run, situation: Situation) -> None:
    figures = measure(
        situation.make(run),
        run.sink,
        listening=situation.listening,
        rate=situation.rate,
        seconds=run.seconds * situation.shorter,
    )
    run.results.add(COSTS, situation.name, figures.named())
    print_figures(situation.name, figures)
