"""SIGKILL while events flow: at random moments, in named steps, during a checkpoint, beside another process."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from running import Running

from faults.bench import Bench, Figures, a_folder
from faults.left import Postgres
from faults.runner import STEPS

WATCH = """
import os, signal, sys, time
pid, file, delay = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
before = os.stat(file).st_mtime_ns
print("watching", flush=True)
while os.stat(file).st_mtime_ns == before:
    pass
time.sleep(delay)
os.kill(pid, signal.SIGKILL)
"""
"""Program that kills a server when it writes to the database file itself: in WAL mode only a checkpoint does."""


@contextmanager
def _a_bench(figures: Figures, on_postgres: bool, **options: Any) -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = stack.enter_context(a_folder())
        if on_postgres:
            options["database"] = stack.enter_context(Postgres()).url
        yield stack.enter_context(Bench(folder, figures, **options))


def _named(what: str, on_postgres: bool) -> str:
    return f"{what}, PostgreSQL" if on_postgres else what


def at_random_moments(times: int, *, on_postgres: bool = False) -> Figures:
    figures = Figures(_named("kill -9 at a random moment", on_postgres))
    with _a_bench(figures, on_postgres) as bench:
        for _ in range(times):
            time.sleep(random.random() * 0.5)
            bench.kill()
            bench.start()
        bench.settle()
    return figures


def inside_step(step: str, times: int, *, on_postgres: bool = False) -> Figures:
    """Kill the server during ``step``, one of ``runner.STEPS``, ``times`` times."""
    figures = Figures(_named(f"kill -9 {step.replace('-', ' ')}", on_postgres))
    with _a_bench(figures, on_postgres) as bench:
        bench.hookbench.stop()
        for _ in range(times):
            bench.sink.expect()
            begun = time.monotonic()
            bench.start_with(step, random.randint(2, 40))
            bench.until_dead()
            if bench.sink.first:
                figures.recovered_after(bench.sink.first - begun)
        bench.start()
        bench.settle()
    return figures


def beside_another(times: int) -> Figures:
    """Kill one of two processes on PostgreSQL: the other one must take over the deliveries in progress."""
    figures = Figures(_named("kill -9 beside a process that lives on", True))
    with _a_bench(figures, True, answer_seconds=0.1) as bench:
        address = bench.hookbench.settings["HOOKBENCH_DATABASE"] + "_too"
        settings = bench.hookbench.settings | {"HOOKBENCH_DATABASE": address}
        with Running(bench.data.with_name("second"), settings, cold=True) as second:
            for _ in range(times):
                time.sleep(random.random() * 0.5)
                bench.sink.expect()
                killed = time.monotonic()
                bench.kill()
                bench.recovered(killed)
                bench.hookbench.start()
            bench.settle()
            figures.check("Traceback" not in second.log, "the log of the other one holds a traceback")
    return figures


def once_in_each_way(*, on_postgres: bool = False) -> Figures:
    """Kill at a random moment and once in each step, one after another on the same data."""
    figures = Figures(_named("kill -9 once in each way", on_postgres))
    with _a_bench(figures, on_postgres) as bench:
        bench.kill()
        for step in STEPS:
            bench.start_with(step, random.randint(2, 20))
            bench.until_dead()
        bench.start()
        bench.settle()
    return figures


def during_a_checkpoint(times: int, *, must_hit: bool = True) -> Figures:
    figures = Figures("kill -9 during a checkpoint")
    inside = 0
    with a_folder() as data, Bench(data, figures, size=4000) as bench:
        for _ in range(times):
            delay = random.choice([0, 0, 0.001, 0.002, 0.005])
            command = [sys.executable, "-c", WATCH, str(bench.hookbench.process.pid), str(bench.file), str(delay)]
            watch = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert watch.stdout
            watch.stdout.readline()
            try:
                bench.hookbench.process.wait(30)
            finally:
                watch.kill()
                watch.communicate()
            inside += _checkpoint_was_under_way(bench.file)
            bench.kill()
            bench.start()
        bench.settle()
    figures.notes.append(f"{inside} of {times} were inside one by the shared index")
    figures.check(inside > 0 or not must_hit, "no kill hit a checkpoint")
    return figures


def _checkpoint_was_under_way(file: Path) -> bool:
    """Whether a checkpoint had begun to copy frames into the file that are not confirmed to be in it.

    https://www.sqlite.org/walformat.html#the_wal_index_file_format: nBackfill stands at 96, nBackfillAttempted at 128.
    """
    index = file.with_name(f"{file.name}-shm").read_bytes()
    done, attempted = (int.from_bytes(index[at : at + 4], sys.byteorder) for at in (96, 128))
    return attempted > done
