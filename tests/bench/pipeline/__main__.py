"""``make bench-pipeline``: measures the server between a load generator and a sink, beside a yardstick and Node-RED.

All processes run on this machine. Prints the figures of each turn, then each target and whether it was reached: the
median of all turns, with the lowest and the highest. Compare figures only within one run, not between machines.
Saturated situations measure throughput; their latencies are those of a full queue. README.md explains each measure.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent), str(HERE.parent.parent.parent)]
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")  # said by the packaged PostgreSQL

from pipeline import machine, nodered  # noqa: E402
from pipeline.costs import costs  # noqa: E402
from pipeline.parts import (  # noqa: E402
    Run,
    by_turns,
    bytes_on_disk,
    idling,
    long_watch,
    memory,
    sharing,
    started,
    starts,
    system_calls,
)
from pipeline.targets import NODE_RED, POSTGRES, SQLITE, TARGETS, TWO, YARDSTICK, of_beside, print_table  # noqa: E402

BY_TURNS: Mapping[str, tuple[str, ...]] = {
    "path": (NODE_RED, YARDSTICK, SQLITE),
    "postgres": (SQLITE, POSTGRES, TWO),
}
"""Parts that measure candidates by turns, and which; asked for together, each candidate is measured once a turn."""
ALONE: Mapping[str, Callable[[Run], None]] = {
    "sharing": sharing,
    "calls": system_calls,
    "bytes": bytes_on_disk,
    "memory": memory,
    "idle": idling,
    "start": starts,
}
PARTS = (*BY_TURNS, *ALONE)


def main(asked: argparse.Namespace) -> None:
    parts = asked.only.split(",") if asked.only else PARTS
    if unknown := set(parts) - {*PARTS, "costs"}:
        raise SystemExit(f"Unknown: {', '.join(sorted(unknown))}. There are {', '.join(PARTS)} and costs.")
    node_red = "path" in parts and _node_red_is_there()
    on_postgres = asked.database != "sqlite" and set(parts) != {"costs"}
    beside = dict(each.partition("=")[::2] for each in asked.beside.split(",") if each)
    with started(asked.pairs, asked.seconds, asked.stored, postgres=on_postgres, beside=beside) as run:
        print(machine.described(run.postgres.version if run.postgres else ""), flush=True)
        known = {SQLITE, YARDSTICK, *([NODE_RED] if node_red else []), *([POSTGRES, TWO] if run.postgres else [])}
        wanted = [name for part in parts for name in BY_TURNS.get(part, ())]
        if wanted:
            known, wanted = known | set(beside), [*wanted, *beside]
        try:
            if names := [name for name in dict.fromkeys(wanted) if name in known]:
                by_turns(run, names)
            for part in parts:
                if part in ALONE:
                    ALONE[part](run)
            if "costs" in parts:
                costs(run)
        finally:  # a run is long: what it measured is shown, whatever happens
            targets = (*TARGETS, *(target for name in beside for target in of_beside(name)))
            print_table(run.results, targets, everything=not asked.only)


def _node_red_is_there() -> bool:
    try:
        nodered.install()
    except nodered.CannotInstall as reason:
        print(reason)
        return False
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench-pipeline", description=__doc__)
    parser.add_argument("--only", default="", help=f"only these parts, with commas between: {', '.join(PARTS)}, costs")
    parser.add_argument("--pairs", type=int, default=5, help="turns")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each load")
    parser.add_argument("--database", choices=("sqlite",), default="", help="leave PostgreSQL out")
    parser.add_argument("--beside", default="", metavar="NAME=COMMAND,…", help="other versions or Pythons to measure")
    parser.add_argument("--stored", type=int, default=1_000_000, help="messages of the full database")
    parser.add_argument("--minutes", type=float, default=0, help="instead: watch memory for so long")
    given = parser.parse_args()
    if given.minutes:
        with started(1, 0, 0, postgres=False) as run_:
            long_watch(run_, given.minutes)
    else:
        main(given)
