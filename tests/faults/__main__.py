"""``make faults``: every fault in turn, one line of figures each. Ends with 1 when something is not as it must be.

``make faults KILLS=30`` makes fewer kills than the 120 of a full run.
"""

import sys
from collections.abc import Callable, Iterator

from faults import clocks, files, kills, migrations, outages, stops
from faults.bench import Figures
from faults.runner import STEPS

HEAD = ("what", "times", "acknowledged", "delivered", "twice", "may", "lost", "recovery s")
WIDTHS = (44, 7, 14, 11, 7, 6, 6, 12)


def every(most_kills: int) -> Iterator[Callable[[], Figures]]:
    share = max(2, most_kills // 8)
    yield lambda: kills.at_random_moments(2 * share)
    for step in STEPS:
        yield lambda step=step: kills.inside_step(step, share)
    yield lambda: kills.during_a_checkpoint(share)
    yield lambda: migrations.kills_in_the_middle(100)
    yield lambda: stops.terminated(5)
    for seconds in (1, 5, 30):
        yield lambda seconds=seconds: outages.held(seconds)
    yield lambda: outages.no_space_left(15)
    yield lambda: outages.io_errors(15)
    yield lambda: outages.read_only(15)
    yield lambda: clocks.jumps()
    yield lambda: files.refused()


def main() -> None:
    well = True
    _print(*HEAD)
    for fault in every(int(sys.argv[1]) if len(sys.argv) > 1 else 120):
        figures = fault()
        _show(figures)
        well = well and not figures.wrong
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
