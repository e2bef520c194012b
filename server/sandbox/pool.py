"""Which worker runs what: one owner a worker, a bounded number of runs at once, and a kill from outside."""

import asyncio
import json
import signal
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.domain.messages import AttemptError
from server.domain.transformations import FailureKind, Program, Result, Webhook
from server.sandbox import locales, replies
from server.sandbox.limits import Fence, Limits
from server.sandbox.workers import Died, Worker, Zygote

IDLE_SECONDS = 60.0
"""An idle worker ends after this time."""
KEPT = 24
"""Idle workers beyond this number end, the longest idle first."""
EVENTS_A_LIFE = 10_000
"""A worker that has served so many events is replaced."""
MAX_PARTS = 16
"""Locales and time zones that one event may bring into use; a worker keeps what it has."""


class Sandbox:
    """Runs users' code. Nothing that code does raises here: it comes back as ``TransformFailed``."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._zygote = Zygote(limits)
        self._slots = asyncio.Semaphore(limits.workers)
        self._turns: dict[str, _Turn] = {}
        self._idle: OrderedDict[str, Worker] = OrderedDict()
        self._sweeper: asyncio.Task[None] | None = None
        self._fences: tuple[Fence, ...] = ()
        self._closed = False

    async def start(self) -> None:
        """Start the parent of all workers, and measure its fences."""
        await self._zygote.start()
        self._fences = await self._zygote.measure_fences()
        self._sweeper = asyncio.create_task(self._sweep())

    async def close(self) -> None:
        """End every process. Runs under way fail as crashed."""
        self._closed = True
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for worker in self._idle.values():
            worker.retire()
        self._idle.clear()
        await self._zygote.close()

    def fences(self) -> tuple[Fence, ...]:
        """The walls around the workers, as measured at start."""
        return self._fences

    async def run(self, program: Program, webhook: Webhook) -> Result:
        """Call ``handler(webhook)``. Waits for a free slot; one owner has one run at a time."""
        event = {
            "eventType": webhook.event_type,
            "payload": None,
            "url": webhook.url,
            "method": webhook.method,
            "headers": dict(webhook.headers),
            "env": dict(webhook.env),
        }
        head = {"event": json.dumps(event)}
        payload = webhook.payload.encode(errors="replace")
        async with self._turn(program.owner), self._slots:
            result, worker = await self._run(program, head, payload, self._idle.pop(program.owner, None))
            if worker:
                self._keep(program.owner, worker)
            return result

    async def check(self, code: str) -> AttemptError | None:
        """What keeps the code from compiling, or None. It is not run."""
        async with self._slots:
            worker = await self._zygote.spawn()
            if isinstance(worker, Died):
                return AttemptError(*self._why(worker))
            try:
                answer = await worker.ask(code, {}, b"")
            finally:
                worker.retire()  # whose code it was is not known, so it must not meet another's
        if isinstance(answer, Died):
            return AttemptError(*self._why(answer))
        return replies.parse_check(answer[0])

    async def _run(
        self, program: Program, head: dict[str, str], payload: bytes, kept: Worker | None
    ) -> tuple[Result, Worker | None]:
        """The result, and the worker when it is fit for another event."""
        worker = kept if kept and not kept.ended else await self._zygote.spawn()
        if isinstance(worker, Died):
            return replies.failed(*self._why(worker)), None
        answer = await worker.ask(program.code, head, payload)
        for _ in range(MAX_PARTS):
            if isinstance(answer, Died) or not (part := replies.part_needed(answer[0])):
                break
            parts = {part: await asyncio.to_thread(locales.part, part)}
            answer = await worker.ask(program.code, head | {"parts": parts}, payload)
        if isinstance(answer, Died):
            worker.retire()
            if worker is kept and not answer.killed:  # it may have died while it was idle, of no fault of this event
                return await self._run(program, head, payload, None)
            return replies.failed(*self._why(answer), ms=answer.ms), None
        result = replies.parse(*answer, self._limits)
        if replies.is_spent(answer[0]) or worker.served >= EVENTS_A_LIFE:
            worker.retire()
            return result, None
        return result, worker

    @asynccontextmanager
    async def _turn(self, owner: str) -> AsyncIterator[None]:
        """One at a time for an owner, so that slow code holds one slot and no more."""
        turn = self._turns.setdefault(owner, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[owner]

    def _keep(self, owner: str, worker: Worker) -> None:
        if self._closed:
            worker.retire()
            return
        worker.idle_since = asyncio.get_running_loop().time()
        self._idle[owner] = worker
        while len(self._idle) > KEPT:
            self._idle.popitem(last=False)[1].retire()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(IDLE_SECONDS / 4)
            oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
            while self._idle and next(iter(self._idle.values())).idle_since < oldest:
                self._idle.popitem(last=False)[1].retire()

    def _why(self, died: Died) -> tuple[FailureKind, str]:
        if died.killed or died.code == -signal.SIGXCPU:
            return FailureKind.TIME_LIMIT, replies.time_limit(self._limits)
        if died.code == -signal.SIGSYS:
            return FailureKind.CRASHED, "The code made the engine try what the sandbox forbids, and was stopped."
        if died.code < 0:
            return FailureKind.CRASHED, f"The JavaScript engine crashed ({_signal_name(-died.code)})."
        return FailureKind.CRASHED, "The sandbox could not run the code."


class _Turn:
    __slots__ = ("lock", "waiting")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
