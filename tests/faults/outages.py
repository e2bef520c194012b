"""The database cannot be written for a while: locked by another process, disk full, I/O errors, read-only files.

The sender gets 503 within seconds, no loop spins, and the server recovers by itself when the fault is over.
"""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

import psutil
from running import wait_for

from faults.bench import Bench, Figures, a_folder
from faults.left import Postgres

LONGEST_ANSWER = 8.0
"""Most seconds that the sender may wait for a response: twice the time that the store waits for a lock."""


def held(seconds: float) -> Figures:
    """Another process holds the write lock."""

    @contextmanager
    def lock(bench: Bench) -> Iterator[None]:
        with closing(sqlite3.connect(bench.file, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    with a_folder() as data:
        return during(f"database held by another process, {seconds:g} s", data, lock, seconds)


def no_space_left(seconds: float) -> Figures:
    """The data folder and the server's log are on a small disk that becomes full and then has space again."""
    if os.geteuid() != 0:
        return Figures("disk full", notes=["skipped: only root can mount a small disk"])
    with a_folder() as data:
        small = data.parent / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", small], check=True)
        try:

            @contextmanager
            def full(bench: Bench) -> Iterator[None]:
                filler = small / "filler"
                with suppress(OSError), filler.open("wb", buffering=0) as file:
                    while file.write(b"\0" * 4096):
                        pass
                yield
                filler.unlink()

            return during("disk full", small / "data", full, seconds, must_refuse=True)
        finally:
            subprocess.run(["umount", "-l", small], check=True)


def io_errors(seconds: float) -> Figures:
    """Every file write of the server fails, because its limit for file sizes is set to 0."""

    @contextmanager
    def failing(bench: Bench) -> Iterator[None]:
        pid = bench.hookbench.process.pid
        soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        yield
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))

    with a_folder() as data:
        return during("every write fails (I/O error)", data, failing, seconds, must_refuse=True)


def read_only(seconds: float) -> Figures:
    """The database files become immutable while the server runs.

    The shared-memory index stays writable: the kernel kills a process that writes to an immutable mapped file.
    """
    if os.geteuid() != 0 or not shutil.which("chattr"):
        return Figures("files made read-only", notes=["skipped: only root can make open files unchangeable"])

    @contextmanager
    def unchangeable(bench: Bench) -> Iterator[None]:
        files = [str(bench.file), f"{bench.file}-wal"]
        subprocess.run(["chattr", "+i", *files], check=True)
        yield
        subprocess.run(["chattr", "-i", *files], check=True)

    with a_folder() as data:
        return during("files made read-only", data, unchangeable, seconds, must_refuse=True)


def postgres_restarts(times: int) -> Figures:
    """The database server crashes and restarts: all connections break, but nothing committed is lost.

    Nothing is delivered twice, because attempts in progress are recorded once the database is back. Recovery ends
    when every event acknowledged before the first delivery is delivered.
    """
    figures = Figures("PostgreSQL dies and comes back")
    with a_folder() as data, Postgres() as postgres, Bench(data, figures, database=postgres.url) as bench:
        for _ in range(times):
            time.sleep(1 + random.random())
            postgres.restart()
            figures.times += 1
            bench.sink.expect()
            begun = time.monotonic()
            bench.until_first_delivery()
            before = set(bench.sender.acknowledged)
            bench.until_delivered(before, seconds=90, what="what came before")
            figures.recovered_after(time.monotonic() - begun)
        bench.settle()
        figures.notes.append(f"{bench.sender.statuses[503]} × 503, longest answer {bench.sender.longest_answer:.1f} s")
    return figures


def during(
    what: str,
    data: Path,
    fault: Callable[[Bench], AbstractContextManager[None]],
    seconds: float,
    *,
    must_refuse: bool = False,
) -> Figures:
    figures = Figures(what, times=1)
    with Bench(data, figures) as bench:
        bench.sender.statuses.clear()
        with fault(bench):
            process = psutil.Process(bench.hookbench.process.pid)
            before, log_before = sum(process.cpu_times()[:2]), len(bench.hookbench.log)
            time.sleep(seconds)
            busy = (sum(process.cpu_times()[:2]) - before) / seconds
            lines = bench.hookbench.log[log_before:].count("\n") / seconds
            figures.check(bench.hookbench.process.poll() is None, "the server ended")
        bench.sink.expect()
        begun = time.monotonic()
        refused = bench.sender.statuses[503]
        bench.until_first_delivery()
        assert bench.sink.first
        figures.recovered_after(bench.sink.first - begun)
        acknowledged = len(bench.sender.acknowledged)
        wait_for(lambda: len(bench.sender.acknowledged) > acknowledged, what="an event to be acknowledged")
        bench.settle()
        figures.notes.append(
            f"{refused} × 503, longest answer {bench.sender.longest_answer:.1f} s, {busy:.0%} of a core, "
            f"{lines:.0f} lines a second"
        )
        figures.check(refused > 0 or not must_refuse, "nothing was refused: did the fault happen?")
        figures.check(bench.sender.longest_answer <= LONGEST_ANSWER, "the sender had to wait too long")
        odd = {status for status in bench.sender.statuses if status not in (0, 200, 503)}
        figures.check(not odd, f"the sender heard {odd}")
    return figures
