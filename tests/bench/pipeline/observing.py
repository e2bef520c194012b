"""Looks at processes from outside: processor time, memory, wake-ups, system calls."""

import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psutil
from running import wait_for

STRACE = shutil.which("strace")


class ProcessorTime:
    """Processor time of servers and their workers from now on, including workers that end."""

    def __init__(self, servers: Sequence[psutil.Process]) -> None:
        self._servers = servers
        self._began = self._now()

    def seconds(self) -> tuple[float, float]:
        """Of servers and workers, and of the servers alone."""
        return tuple(now - then for now, then in zip(self._now(), self._began, strict=True))  # type: ignore[return-value]

    def _now(self) -> tuple[float, float]:
        own = [server.cpu_times() for server in self._servers]
        ended = sum(each.children_user + each.children_system for each in own)
        servers = sum(each.user + each.system for each in own)
        return servers + ended + spent_by(workers_of(self._servers)), servers


def spent_by(processes: Sequence[psutil.Process]) -> float:
    """Processor seconds of processes so far, including their children that have ended."""
    spent = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it ended after it was listed, and now its parent's time holds its own
        spent += times.user + times.system + times.children_user + times.children_system
    return spent


def workers_of(servers: Sequence[psutil.Process]) -> list[psutil.Process]:
    return [process for server in servers for process in server.children(recursive=True)]


def memory_mb(servers: Sequence[psutil.Process]) -> float:
    """Proportional set size of servers and workers."""
    found = 0.0
    for process in [*servers, *workers_of(servers)]:
        try:
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        except OSError:
            continue  # a worker ended after it was listed
        found += sum(int(kilobytes) for kilobytes in re.findall(r"^Pss:\s+(\d+) kB", lines, re.MULTILINE)) * 1024 / 1e6
    return found


def idle(servers: Sequence[psutil.Process], seconds: float) -> tuple[float, float]:
    """The share of a core that servers and workers use without work, and how often a second a thread wakes up."""
    (before_ns, before), began = _activity(servers), time.monotonic()
    time.sleep(seconds)
    (after_ns, after), took = _activity(servers), time.monotonic() - began
    return (after_ns - before_ns) / 1e9 / took, (after - before) / took


def _activity(servers: Sequence[psutil.Process]) -> tuple[int, int]:
    """Nanoseconds on a processor and voluntary context switches, of all threads so far."""
    nanoseconds = switches = 0
    for process in [*servers, *workers_of(servers)]:
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            try:
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
                switches += int((thread / "status").read_text().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
            except OSError:
                continue  # the thread has ended
    return nanoseconds, switches


class CannotTrace(Exception):
    """The text is a sentence that says why."""


class SystemCalls:
    """``with SystemCalls(servers) as calls:`` counts those of servers and workers; then see ``calls.made``.

    Raises ``CannotTrace``.
    """

    def __init__(self, servers: Sequence[psutil.Process]) -> None:
        self._processes = [*servers, *workers_of(servers)]
        self._folder = Path(tempfile.mkdtemp())
        self.made: Counter[str] = Counter()

    def __enter__(self) -> "SystemCalls":
        attach = [argument for process in self._processes for argument in ("-p", str(process.pid))]
        command = [str(STRACE), "-f", "-c", "-o", str(self._folder / "counts"), *attach]
        with (self._folder / "log").open("wb") as log:
            self._strace = subprocess.Popen(command, stderr=log)
        wait_for(lambda: self._strace.poll() is not None or all(map(_is_traced, self._processes)), what="strace")
        if self._strace.poll() is not None:
            reason = (self._folder / "log").read_text().partition("\n")[0]
            raise CannotTrace(
                f"System calls are not counted: {reason}. Tracing needs root or kernel.yama.ptrace_scope=0."
            )
        return self

    def __exit__(self, *exc: object) -> None:
        self._strace.send_signal(signal.SIGINT)
        self._strace.wait(30)
        for line in (self._folder / "counts").read_text().splitlines():
            match line.split():
                case [share, _, _, calls, *_, name] if share[0].isdigit() and name != "total":
                    self.made[name] += int(calls)


def _is_traced(process: psutil.Process) -> bool:
    return "TracerPid:\t0" not in Path(f"/proc/{process.pid}/status").read_text()
