"""Random runs beside random deaths, failed spawns and cancelled callers: each run ends, and the pool loses nothing.

What fails is real: processes are killed, and what the system refuses is refused by the call that asks for it, in the
server and, for ``fork``, in the parent of all workers.
"""

import asyncio
import ctypes
import errno
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import processes
import pytest
import uvloop
from hypothesis import HealthCheck, example, given, settings
from sandbox.asking import a_webhook
from structlog.testing import capture_logs

from server.domain.messages import AttemptError
from server.domain.transformations import Cancelled, Program, Returned, TransformFailed
from server.sandbox import Limits, Sandbox, Unavailable, zygote
from server.sandbox.pool import TRIAL_SLOTS

LIMITS = Limits(run_time=0.1, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=0.3)
CODES = {
    "quick": "const handler = w => w",
    "busy": "function handler(w) { const end = Date.now() + 60; while (Date.now() < end); return w }",
    "loop": "function handler() { while (true) {} }",
    "stuck": "const handler = () => new Array(4e9).join()",
    "memory": "function handler() { const all = []; while (true) all.push(new Array(1e5).fill(1.5)) }",
    "much memory": "function handler(w) { w.payload.n = new Array(5e6).fill(1).length; return w }",
    "locale": "const handler = w => { w.payload.t = (1234.5).toLocaleString('de'); return w }",
    "throws": "const handler = () => { throw new Error('mine') }",
    "no code": "const handler = ",
}
REFUSALS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE)
STEPS = st.one_of(
    *[st.tuples(st.just("run"), st.sampled_from(list(CODES)), st.integers(0, 3))] * 4,
    st.tuples(st.just("check"), st.sampled_from(list(CODES)), st.just(0)),
    st.tuples(st.just("kill_worker"), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("kill_zygote"), st.just(""), st.just(0)),
    st.tuples(st.just("refuse"), st.sampled_from(["fork", "socketpair", "Popen", "thread", "meet"]), st.integers(0, 5)),
    st.tuples(st.just("cancel"), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from([0, 1, 5, 20, 60])),
)

FAILING_FORK = """
import os
def fork(real=os.fork, file={file!r}):
    try:
        with open(file) as waiting:
            numbers = waiting.read().split()
        with open(file, "w") as rest:
            rest.write(" ".join(numbers[1:]))
        if numbers:
            raise OSError(int(numbers[0]), "refused")
    except FileNotFoundError:
        pass
    return real()
os.fork = fork
"""
PR_SET_CHILD_SUBREAPER = 36


class Refusals:
    """What the system refuses next, by the call that asks for it."""

    def __init__(self, forks: Path) -> None:
        self._forks = forks
        self._next: dict[str, list[int]] = {}

    def add(self, call: str, which: int) -> None:
        numbers = [REFUSALS[which % 3]] * (1 + which // 3)
        if call == "fork":
            self._forks.write_text(" ".join(map(str, numbers)))
        else:
            self._next.setdefault(call, []).extend(numbers)

    def end(self) -> None:
        self._next.clear()
        self._forks.write_text("")

    def before(self, call: str, real: Callable[..., Any], *, thread: bool = False) -> Callable[..., Any]:
        def made(*given: Any, **named: Any) -> Any:
            if self._next.get(call):
                number = self._next[call].pop()
                raise RuntimeError("can't start new thread") if thread else OSError(number, os.strerror(number))
            return real(*given, **named)

        return made


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Refusals]:
    forks = tmp_path / "forks"
    refusals = Refusals(forks)
    refusals.end()
    monkeypatch.setattr(zygote, "_BOOT", FAILING_FORK.format(file=str(forks)) + zygote._BOOT)
    monkeypatch.setattr(subprocess, "Popen", refusals.before("Popen", subprocess.Popen))
    monkeypatch.setattr(zygote.socket, "socketpair", refusals.before("socketpair", zygote.socket.socketpair))
    monkeypatch.setattr(asyncio, "to_thread", refusals.before("thread", asyncio.to_thread, thread=True))
    connect = asyncio.SelectorEventLoop.create_connection
    monkeypatch.setattr(asyncio.SelectorEventLoop, "create_connection", refusals.before("meet", connect))
    yield refusals


@pytest.fixture
def orphans_come_to_us() -> Iterator[None]:
    """Workers whose parent was killed become our children, so that one that lives on is seen."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def descriptors() -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}").split(":")[0])
    return sorted(found)


def workers_of(sandbox: Sandbox) -> list[int]:
    """The processes of its workers, whatever they do."""
    zygote = sandbox._zygote._process
    return sorted(processes.children(zygote.pid)) if zygote else []


class Play:
    """One sandbox, what was asked of it, and what must be so in the end."""

    def __init__(self, refusals: Refusals) -> None:
        self.refusals = refusals
        self.sandbox = Sandbox(LIMITS)
        self.asked: list[asyncio.Task[object]] = []
        self.cancelled: set[asyncio.Task[object]] = set()

    async def run(self, code: str, owner: int) -> None:
        program = Program(f"owner {owner}", CODES[code])
        self.asked.append(asyncio.create_task(self.sandbox.run(program, a_webhook({"a": 1}))))

    async def check(self, code: str, _: int) -> None:
        self.asked.append(asyncio.create_task(self.sandbox.check(CODES[code])))

    async def kill_worker(self, _: str, which: int) -> None:
        if found := workers_of(self.sandbox):
            with suppress(ProcessLookupError):
                os.kill(found[which % len(found)], signal.SIGKILL)

    async def kill_zygote(self, _: str, __: int) -> None:
        if zygote := self.sandbox._zygote._process:
            with suppress(ProcessLookupError):
                os.kill(zygote.pid, signal.SIGKILL)  # nobody but the pool reaps it

    async def refuse(self, call: str, which: int) -> None:
        self.refusals.add(call, which)

    async def cancel(self, _: str, which: int) -> None:
        if waiting := [task for task in self.asked if not task.done()]:
            self.cancelled.add(waiting[which % len(waiting)])
            waiting[which % len(waiting)].cancel()

    async def wait(self, _: str, ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    async def ends_well(self) -> None:
        """Every run has ended in an outcome, no slot is lost, and the processes are those that the pool knows."""
        await self.all_end(15)
        self.refusals.end()
        for n in range(2 * LIMITS.workers):
            healthy = self.sandbox.run(Program(f"healthy {n}", CODES["quick"]), a_webhook())
            assert isinstance(await asyncio.wait_for(healthy, 5), Returned)
        for kind in (self.sandbox._quick, self.sandbox._trial, self.sandbox._long, self.sandbox._slow):
            assert not kind.is_wanted()
        assert self.sandbox._quick._free == self.sandbox._long._free == LIMITS.workers
        assert (self.sandbox._trial._free, self.sandbox._slow._free) == (TRIAL_SLOTS * LIMITS.workers, 1)
        await eventually(lambda: not self.sandbox._lanes)
        await eventually(lambda: processes.there_are() == processes.known())

    async def is_closed(self) -> None:
        await asyncio.wait_for(self.sandbox.close(), 15)
        await self.all_end(5)
        assert not self.sandbox._lanes
        assert not self.sandbox._zygote._ends

    async def all_end(self, seconds: float) -> None:
        if self.asked:
            await asyncio.wait(self.asked, timeout=seconds)
        assert all(task.done() for task in self.asked), "a run did not end"
        for task in self.asked:
            if task.cancelled():
                assert task in self.cancelled
            elif failure := task.exception():
                assert isinstance(failure, Unavailable), repr(failure)
            else:
                assert isinstance(task.result(), Returned | Cancelled | TransformFailed | AttemptError | None)
        self.asked.clear()


async def eventually(fact: Callable[[], object], seconds: float = 30.0) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while not fact():
        assert asyncio.get_running_loop().time() < until, (
            f"there are {processes.there_are()}, known {processes.known()}"
        )
        await asyncio.sleep(0.01)


async def play(
    refusals: Refusals, steps: list[tuple[str, str, int]], *, closes_early: bool, counts_descriptors: bool = True
) -> None:
    before, open_before = processes.there_are(), descriptors()
    playing = Play(refusals)
    try:
        await playing.sandbox.start()
        for step, what, which in steps:
            await getattr(playing, step)(what, which)
        if not closes_early:
            await playing.ends_well()
        await playing.is_closed()
    finally:
        refusals.end()
        await playing.sandbox.close()
    processes.reap_orphans()
    await eventually(lambda: processes.there_are() == before)
    if counts_descriptors:
        await eventually(lambda: descriptors() == open_before)


# ``POOL_EXAMPLES=300 pytest --timeout 0`` looks for longer.
EXAMPLES = int(os.environ.get("POOL_EXAMPLES", "6"))


@pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_every_run_ends_and_the_pool_loses_nothing(
    refusals: Refusals, orphans_come_to_us: None, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        # What the loop opens once for itself is open from now on.
        runner.run(play(refusals, [("run", "quick", 0)], closes_early=False, counts_descriptors=False))

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
        @example([("refuse", "thread", 1), ("kill_zygote", "", 0), ("wait", "", 5), ("check", "quick", 0)], True)
        @given(st.lists(STEPS, min_size=3, max_size=14), st.booleans())
        def holds(steps: list[tuple[str, str, int]], closes_early: bool) -> None:
            runner.run(play(refusals, steps, closes_early=closes_early))

        with capture_logs():  # printing tracebacks would take most of the time
            holds()
