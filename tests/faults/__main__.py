"""``make faults``: injects every fault in turn and prints one line of figures each. Exits with 1 if a check fails.

``make faults KILLS=30`` makes about 30 kills with SQLite and half as many with PostgreSQL, instead of 120 and 60 in a
full run. After each kill and stop, activity is compared with a fresh count. All figures are counts except the last, the
longest recovery: from a restart, or the end of the fault, until deliveries are sent again, including those that were in
progress at a kill.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from faults import clocks, files, kills, migrations, outages, stops
from faults.bench import Figures
from faults.runner import STEPS

HEAD = ("what", "times", "acknowledged", "delivered", "twice", "may", "lost", "recovery s")
WIDTHS = (52, 7, 14, 11, 7, 6, 6, 12)


def every(most_kills: int) -> Iterator[Callable[[], Figures]]:
    for on_postgres in (False, True):
        share = max(2, most_kills // (16 if on_postgres else 8))
        yield partial(kills.at_random_moments, 2 * share, on_postgres=on_postgres)
        for step in STEPS:
            yield partial(kills.inside_step, step, share, on_postgres=on_postgres)
    yield lambda: kills.beside_another(max(2, most_kills // 24))
    yield lambda: kills.during_a_checkpoint(max(2, most_kills // 8))
    yield lambda: migrations.kills_in_the_middle(100)
    yield lambda: stops.terminated(5)
    yield lambda: stops.beside_one_that_hangs(3)
    for seconds in (1, 5, 30):
        yield partial(outages.held, seconds)
    yield lambda: outages.no_space_left(15)
    yield lambda: outages.io_errors(15)
    yield lambda: outages.read_only(15)
    yield lambda: outages.postgres_restarts(3)
    yield lambda: clocks.jumps()
    yield lambda: files.refused()


def main() -> None:
    well, begun = True, time.monotonic()
    faults = list(every(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
    _print(*HEAD)
    for number, fault in enumerate(faults, 1):
        minutes, seconds = divmod(round(time.monotonic() - begun), 60)
        print(f"{number} of {len(faults)} begins after {minutes}:{seconds:02}", file=sys.stderr, flush=True)
        figures = fault()
        _show(figures)
        well = well and not figures.wrong
    print(f"all of it took {(time.monotonic() - begun) / 60:.1f} minutes")
    sys.exit(0 if well else 1)


def _show(one: Figures) -> None:
    numbers = (one.times, one.acknowledged, one.delivered, one.duplicates, one.allowed, one.lost)
    _print(one.what, *map(str, numbers), f"{one.recovery:.2f}")
    for words in one.notes:
        print(f"    {words}", flush=True)
    for words in one.wrong:
        print(f"  ! {words}", flush=True)


def _print(first: str, *rest: str) -> None:
    print(f"{first:{WIDTHS[0]}}" + "".join(f"{cell:>{width}}" for cell, width in zip(rest, WIDTHS[1:], strict=True)))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
