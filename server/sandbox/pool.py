"""Which worker runs what: one owner a worker, a bounded number of runs at once, and a kill from outside."""

import asyncio
import json
import signal
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from time import monotonic

import structlog

from server.domain.messages import AttemptError
from server.domain.reasons import Reason, because
from server.domain.transformations import FailureKind, Program, Result, TransformFailed, Webhook
from server.sandbox import locales, replies
from server.sandbox.limits import Fence, Limits
from server.sandbox.run_queues import QUICK_SECONDS, TRIAL_SECONDS, Job, RunQueue, RunTimes, SlowCode, TimeoutCounts
from server.sandbox.slots import Slots, Turn
from server.sandbox.worker import WATCH_SECONDS, Reply, Worker, WorkerDied
from server.sandbox.zygote import Unavailable, Zygote

IDLE_SECONDS = 60.0
"""An idle worker ends after this time."""
KEPT = 24
"""Idle workers beyond this number end, the longest idle first."""
EVENTS_A_LIFE = 10_000
"""A worker that has served so many events is replaced."""
MAX_PARTS_SECONDS = 2.0
"""What making the locale data for one event may take; it is not charged to the code."""
MAX_BATCH_SECONDS = 0.1
"""Seconds after which the rest of a batch goes back to its lane, when others wait for its slot."""
TRIAL_SLOTS = 3
"""Times ``workers``: first runs at once. They are short, and most of their time is the start of a process."""
MAX_TRIES = 3
"""How often an event runs again because its worker ended of no fault that could be told to be its own."""

log = structlog.get_logger()


class Sandbox:
    """Runs users' code. Nothing that code does raises here: it comes back as ``TransformFailed``.

    Events of one owner that wait at the same time go to its worker together; their results come back one by one.

    There are slots for code that is quick, for code that takes long, for first runs, of which nothing is known yet,
    and one for code that timed out again and again.
    What turns out to take long in a slot for quick code moves to another kind of slot, or starts again in one once
    there is one, when others wait. So whoever is quick waits for a slot for ``QUICK_SECONDS`` and not for a run.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._zygote = Zygote(limits)
        self._quick = Slots(limits.workers)
        self._trial = Slots(TRIAL_SLOTS * limits.workers)
        self._long = Slots(limits.workers)
        self._slow = Slots(1)
        self._time_outs = TimeoutCounts()
        self._paces = RunTimes()
        self._lanes: dict[str, RunQueue] = {}
        self._idle: OrderedDict[str, Worker] = OrderedDict()
        self._sweeper: asyncio.Task[None] | None = None
        self._fences: tuple[Fence, ...] = ()
        self._tell_slow: Callable[[Program, SlowCode], None] = lambda program, slow: None
        self._closed = False
        self._can_run = True

    async def start(self) -> None:
        """Start the parent of all workers, and measure its fences."""
        await self._zygote.start()
        self._fences = await self._zygote.measure_fences()
        self._sweeper = asyncio.create_task(self._sweep())

    async def close(self) -> None:
        """End every process. Runs under way raise ``Unavailable``."""
        self._closed = True
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for worker in self._idle.values():
            worker.retire()
        self._idle.clear()
        await self._zygote.close()
        for lane in self._lanes.values():
            lane.news.set()
        while tasks := [lane.task for lane in self._lanes.values() if lane.task]:
            await asyncio.wait(tasks)

    @property
    def can_run(self) -> bool:
        """Whether a process could be had the last time that one was needed."""
        return self._can_run

    def fences(self) -> tuple[Fence, ...]:
        """The walls around the workers, as measured at start."""
        return self._fences

    def slow(self, program: Program) -> SlowCode | None:
        """Why this program runs in the slow lane; None when it does not."""
        return self._time_outs.slow(program)

    def watch_slow(self, tell: Callable[[Program, SlowCode], None]) -> None:
        """Have ``tell`` called in the event loop when a program enters the slow lane; it must return at once."""
        self._tell_slow = tell

    async def run(self, program: Program, webhook: Webhook) -> Result:
        """Call ``handler(webhook)``. Waits for a free slot; one owner has one message under way at a time.

        Raises ``Unavailable`` when it is not the code but the sandbox that cannot.
        """
        headers, env = tuple(webhook.headers.items()), tuple(webhook.env.items())
        event = _event(webhook.event_type, webhook.url, webhook.method, headers, env)
        payload = webhook.payload.encode(errors="replace")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        job = Job(program, event, payload, done)
        lane = self._lane(program.owner)
        lane.add(job)
        if lane.task is None:
            self._begin(program.owner, lane)
        try:
            return await done
        except asyncio.CancelledError:
            if lane.task and job in lane.batch and all(other.done.done() for other in lane.batch):
                lane.task.cancel()  # nobody waits any more for what its worker does
            raise

    async def check(self, code: str) -> AttemptError | None:
        """What keeps the code from compiling, or None. It is not run."""
        turn = await self._quick.take("")
        try:
            worker = await self._zygote.spawn()
            try:
                worker.send(code, [(b"", b"")], lambda seconds: None)
                answer = await worker.answer()
            finally:
                worker.stop()  # whose code it was is not known, so it must not meet another's
        except Unavailable as unavailable:
            return AttemptError(FailureKind.CRASHED, str(unavailable))
        except Exception as error:  # as in ``_serve``: whoever saves code must hear of it
            log.exception("sandbox.check_failed")
            return replies.our_fault(type(error).__name__).error
        finally:
            turn.end()
        if isinstance(answer, WorkerDied):
            return AttemptError(*self._why(answer))
        return replies.parse_check(answer[0])

    def _lane(self, owner: str) -> RunQueue:
        if owner not in self._lanes:
            self._lanes[owner] = RunQueue(self._paces.of(owner))
        return self._lanes[owner]

    def _begin(self, owner: str, lane: RunQueue) -> None:
        lane.task = asyncio.create_task(self._serve(owner, lane))
        lane.task.add_done_callback(lambda _: self._served(owner, lane))

    def _served(self, owner: str, lane: RunQueue) -> None:
        """The lane's task has ended: nothing waits any more, or what it did was cancelled."""
        lane.task = None
        if lane.waiting:
            self._begin(owner, lane)
        else:
            del self._lanes[owner]

    async def _serve(self, owner: str, lane: RunQueue) -> None:
        """Batch after batch, until nothing waits."""
        while program := await self._next(lane):
            turn = await self._slots_for(program, lane).take(owner)
            jobs = lane.take(program)
            try:
                await self._run(turn, lane, jobs)
                self._can_run = True
            except Unavailable as unavailable:
                self._can_run = False
                for job in jobs:
                    if not job.done.done():
                        job.done.set_exception(unavailable)
            except Exception as error:  # whatever it was, those who wait must hear of it
                log.exception("sandbox.run_failed", owner=owner)
                for job in jobs:
                    if not job.done.done():
                        job.done.set_result(replies.our_fault(type(error).__name__))
            finally:
                turn.end()
                lane.batch = []
                self._paces.note(owner, lane.pace)

    def _slots_for(self, program: Program, lane: RunQueue) -> Slots:
        if self._time_outs.slow(program):
            return self._slow
        if lane.is_long:
            return self._long
        return self._quick if self._paces.knows(program.owner) else self._trial

    def _is_brief(self, turn: Turn) -> bool:
        """Whether its slot is meant for code that is quick, or may be."""
        return turn.slots is self._quick or turn.slots is self._trial

    async def _next(self, lane: RunQueue) -> Program | None:
        """Whose turn it is. Slow code pauses between two runs; other code of its owner, such as a test, does not."""
        while True:
            lane.forget_cancelled()
            now = monotonic()
            pause = None
            for job in lane.waiting:
                slow = self._time_outs.slow(job.program)
                pause = slow.not_before - now if slow and not self._closed else 0.0
                if pause <= 0:
                    return job.program
            if pause is None:
                return None
            await lane.wait(pause)

    async def _run(self, turn: Turn, lane: RunQueue, jobs: list[Job]) -> None:
        """Give every job its result, in as many messages as it takes; or give back what takes too long."""
        until = monotonic() + MAX_BATCH_SECONDS
        while jobs := [job for job in jobs if not job.done.done()]:
            program = jobs[0].program
            jobs = await self._message(turn, lane, jobs, until)
            is_long_among_quick = self._is_brief(turn) and lane.is_long
            if is_long_among_quick or self._is_over(turn, until) or self._time_outs.slow(program):
                lane.give_back(jobs)
                return

    async def _message(self, turn: Turn, lane: RunQueue, jobs: list[Job], until: float) -> list[Job]:
        """One message to the owner's worker. Returns the jobs that have to go in another.

        A worker that is not kept as idle is ended, however this ends.
        """
        worker = self._idle.pop(turn.owner, None)
        if worker and (not worker.is_usable or (worker.has_low_priority and self._is_brief(turn))):
            worker.retire()
            worker = None
        worker = worker or await self._zygote.spawn()
        if not self._is_brief(turn):
            worker.lower_priority()
        try:
            rest = await self._converse(worker, turn, lane, jobs, until)
            if self._may_keep(worker):
                self._keep(turn.owner, worker)
            return rest
        finally:
            if self._idle.get(turn.owner) is not worker:
                worker.stop()

    async def _converse(self, worker: Worker, turn: Turn, lane: RunQueue, jobs: list[Job], until: float) -> list[Job]:
        """Ask the worker for all jobs, and take its replies. Returns the jobs that have no result yet.

        A worker's death costs the event under way and no other. It may not even be that event's fault, when the worker
        had served others: then the event runs again, as the first of a new worker.
        """

        slots = turn.slots or self._quick
        is_trial = not self._paces.knows(turn.owner)
        worker.look_after = TRIAL_SECONDS if is_trial else WATCH_SECONDS

        def watch(seconds: float) -> None:
            """A run lasts so many seconds. Code that takes long makes room for code that is quick, when that waits."""
            if not self._is_brief(turn):
                return
            used = worker.used()
            if (
                is_trial
                and seconds < QUICK_SECONDS
                and (used is None or used < TRIAL_SECONDS / 5 or not slots.is_wanted())
            ):
                return
            is_starved = (
                used is not None and used + job.parts_seconds < QUICK_SECONDS / 2 and seconds < 2 * QUICK_SECONDS
            )
            if not is_starved and turn.move(self._long):
                worker.lower_priority()
            elif slots.is_wanted():
                worker.preempt()

        worker.send(jobs[0].program.code, [(job.event, job.payload) for job in jobs], watch)
        again: list[Job] = []
        for at, job in enumerate(jobs, start=1):
            blameless, started = worker.served > 0, monotonic()
            answer = worker.arrived() or await self._answer(worker, job, watch)
            now = monotonic()
            lane.measured(self._taken(worker, now - started, job))
            if isinstance(answer, WorkerDied):
                if answer.preempted:
                    lane.measured(2 * QUICK_SECONDS)
                self._died(job, answer, blameless)
            else:
                result = job.fault or replies.parse(*answer, self.limits, (now - started) * 1000)
                self._end(job, result)
                if isinstance(result, TransformFailed) and result.error.kind == FailureKind.CRASHED:
                    worker.stop()  # it sent what no worker of ours sends
                elif replies.is_spent(answer[0]):
                    worker.retire()
            if not job.done.done():
                again.append(job)
            if at < len(jobs) and ((now > until and self._is_over(turn, until)) or self._time_outs.slow(job.program)):
                worker.stop()
            if worker.gone:
                return again + jobs[at:]
        return again

    async def _answer(self, worker: Worker, job: Job, watch: Callable[[float], None]) -> Reply | WorkerDied:
        """The worker's reply for this job, which gets the locale data that it asks for meanwhile."""
        while True:
            answer = await worker.answer()
            if isinstance(answer, WorkerDied) or not (part := replies.part_asked(answer[0])):
                return answer
            worker.give(part, await self._part(job, part))
            if job.parts_seconds > QUICK_SECONDS:
                watch(0.0)

    async def _part(self, job: Job, part: str) -> str:
        """Locale data for a run that waits for them; empty when there are none, which ends the run."""
        job.parts += 1
        if job.parts > replies.MAX_PARTS or job.parts_seconds > MAX_PARTS_SECONDS or job.fault:
            return ""
        started = monotonic()
        try:
            return await asyncio.to_thread(locales.part, part)
        except Exception as error:
            log.exception("sandbox.part_failed", owner=job.program.owner, part=part)
            job.fault = replies.no_part(part, type(error).__name__)
            return ""
        finally:
            job.parts_seconds += monotonic() - started

    @staticmethod
    def _taken(worker: Worker, taken: float, job: Job) -> float:
        """Seconds that the event took; where the machine was busy, those for which it had a processor, or a quarter."""
        if taken <= QUICK_SECONDS:
            return taken
        used = worker.used()
        return taken if used is None else min(taken, max(used + job.parts_seconds, taken / 4))

    @staticmethod
    def _is_over(turn: Turn, until: float) -> bool:
        return monotonic() > until and turn.slots is not None and turn.slots.is_wanted()

    def _died(self, job: Job, died: WorkerDied, blameless: bool) -> None:
        """The worker ended under this job. It stays without a result when it is to run again."""
        if died.preempted:
            return
        job.tries += 1
        if died.killed or ((died.code is not None or died.unusable) and not blameless):
            self._end(job, replies.failed(*self._why(died), ms=died.ms))
        elif job.tries >= MAX_TRIES and not job.done.done():
            if self._closed:
                job.done.set_exception(Unavailable("The sandbox is being closed."))
            else:
                self._end(job, replies.keeps_ending(job.tries))

    def _end(self, job: Job, result: Result) -> None:
        if isinstance(result, TransformFailed) or self._time_outs.knows(job.program.owner):
            self._count(job, result)
        if not job.done.done():
            job.done.set_result(result)

    def _count(self, job: Job, result: Result) -> None:
        """Count time-outs in a row, and tell when the owner enters the slow lane or leaves it."""
        before = self._time_outs.slow(job.program)
        now = self._time_outs.note(job.program, result, monotonic())
        if now and not before:
            log.warning("sandbox.slow_lane_entered", owner=job.program.owner, timeouts=now.timeouts)
            self._tell_slow(job.program, now)
        if before and not now:
            log.info("sandbox.slow_lane_left", owner=job.program.owner)

    def _may_keep(self, worker: Worker) -> bool:
        return worker.is_usable and worker.served < EVENTS_A_LIFE and not self._closed

    def _keep(self, owner: str, worker: Worker) -> None:
        worker.idle_since = monotonic()
        self._idle[owner] = worker
        self._idle.move_to_end(owner)
        while len(self._idle) > KEPT:
            self._idle.popitem(last=False)[1].retire()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(IDLE_SECONDS / 4)
            oldest = monotonic() - IDLE_SECONDS
            while self._idle and next(iter(self._idle.values())).idle_since < oldest:
                self._idle.popitem(last=False)[1].retire()

    def _why(self, died: WorkerDied) -> tuple[FailureKind, Reason]:
        if died.killed or died.code == -signal.SIGXCPU:
            return FailureKind.TIME_LIMIT, replies.time_limit(self.limits)
        if died.unusable:
            return FailureKind.CRASHED, because("sandbox_reply", reason="unasked")
        if died.code == -signal.SIGSYS:
            return FailureKind.CRASHED, because("sandbox_forbidden")
        if died.code is not None and died.code < 0:
            return FailureKind.CRASHED, because("sandbox_crashed", signal=_signal_name(-died.code))
        return FailureKind.CRASHED, because("sandbox_failed")


@lru_cache(maxsize=512)
def _event(
    event_type: str, url: str, method: str, headers: tuple[tuple[str, str], ...], env: tuple[tuple[str, str], ...]
) -> bytes:
    """JSON of what the handler gets, but for the payload. An endpoint's events differ in little else."""
    event = {
        "eventType": event_type,
        "payload": None,
        "url": url,
        "method": method,
        "headers": dict(headers),
        "env": dict(env),
    }
    return json.dumps(event).encode()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
