"""The pool of workers: one worker per owner, a bounded number of concurrent runs. `worker` kills slow ones."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from time import monotonic

import structlog

from server.domain.messages import AttemptError
from server.domain.reasons import Reason, because
from server.domain.transformations import FailureKind, Program, Result, TransformFailed, Webhook
from server.sandbox import idle_workers, locales, replies
from server.sandbox.idle_workers import IdleWorkers
from server.sandbox.limits import Fence, Limits
from server.sandbox.run_queues import (
    QUICK_SECONDS,
    TRIAL_SECONDS,
    Job,
    RunQueue,
    RunTimes,
    SlowCode,
    TimeoutCounts,
    job_of,
)
from server.sandbox.slots import Slots, Turn
from server.sandbox.worker import WATCH_SECONDS, Reply, Worker, WorkerDied
from server.sandbox.zygote import Unavailable, Zygote

KEPT = 24
"""Most idle workers that are kept."""
BACKGROUND_WORKERS = 2
"""Concurrent background runs, and the most idle workers that are kept for further ones."""
BACKGROUND_STARVED = 30
"""On a busy machine, a background run that gets no processor time may last this many times ``kill_after``."""
EVENTS_A_LIFE = 10_000
"""A worker is replaced after this many events."""
MAX_PARTS_SECONDS = 2.0
"""Time limit for preparing one event's locale data. This time is not charged to the code."""
MAX_BATCH_SECONDS = 0.1
"""After this time the rest of a batch goes back to its queue if others wait for the slot."""
TRIAL_SLOTS = 3
"""Concurrent first runs, as a multiple of ``workers``. They are short and mostly wait for a process to start."""
MAX_TRIES = 3
"""Most tries of an event whose worker keeps ending without evidence that the event is the cause."""

log = structlog.get_logger()


class Sandbox:
    """Runs users' code. A failure of the code never raises here; it is returned as ``TransformFailed``.

    Events of one owner that wait at the same time go to its worker as a batch; results come back one by one.

    There are four kinds of slots: for quick code, for long code, for first runs (run time unknown), and a single one
    for code that timed out repeatedly. Code that takes long in a slot for quick code moves to a slot for long code.
    If none is free and others wait, the run is ended and starts again in a slot for long code. So quick code waits
    about ``QUICK_SECONDS`` for a slot, not for the length of another owner's run.

    Background runs have slots, workers and idle workers of their own, at the lowest priority. Their owners' names
    belong to them alone, so nothing that their code does counts against an endpoint's live code.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._zygote = Zygote(limits)
        self._quick = Slots(limits.workers)
        self._trial = Slots(TRIAL_SLOTS * limits.workers)
        self._long = Slots(limits.workers)
        self._slow = Slots(1)
        self._background = Slots(BACKGROUND_WORKERS)
        self._time_outs = TimeoutCounts()
        self._paces = RunTimes()
        self._lanes: dict[str, RunQueue] = {}
        self._idle = IdleWorkers(KEPT)
        self._idle_background = IdleWorkers(BACKGROUND_WORKERS)
        self._sweeper: asyncio.Task[None] | None = None
        self._fences: tuple[Fence, ...] = ()
        self._tell_slow: Callable[[Program, SlowCode], None] = lambda program, slow: None
        self._closed = False
        self._can_run = True

    async def start(self) -> None:
        """Start the zygote, the parent of all workers, and check the fences."""
        await self.begin()
        await self.check_fences()

    async def begin(self) -> None:
        """Start the zygote. Others may work while it loads; the first run waits for it."""
        await self._zygote.start()
        self._sweeper = asyncio.create_task(self._sweep())

    async def check_fences(self) -> None:
        """Try all fences around the workers: see ``fences``."""
        self._fences = await self._zygote.measure_fences()

    async def close(self) -> None:
        """End every process. Runs in progress raise ``Unavailable``."""
        self._closed = True
        if self._sweeper:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        self._idle.retire_all()
        self._idle_background.retire_all()
        await self._zygote.close()
        for lane in self._lanes.values():
            lane.news.set()
        while tasks := [lane.task for lane in self._lanes.values() if lane.task]:
            await asyncio.wait(tasks)

    @property
    def can_run(self) -> bool:
        """Whether the latest run got a worker process."""
        return self._can_run

    def fences(self) -> tuple[Fence, ...]:
        """The fences around the workers, as checked at start."""
        return self._fences

    def slow(self, program: Program) -> SlowCode | None:
        """Why this program runs only in the slow slot; None if it does not."""
        return self._time_outs.slow(program)

    def watch_slow(self, tell: Callable[[Program, SlowCode], None]) -> None:
        """Call ``tell`` when a program is moved to the slow slot. It runs in the event loop and must not block."""
        self._tell_slow = tell

    async def run(self, program: Program, webhook: Webhook, *, background: bool = False) -> Result:
        """The result of ``handler(webhook)``. Waits for a free slot; each owner has one batch in progress at a time.

        With ``background`` the run delays no other; its owner's name must not be that of other runs. Raises
        ``Unavailable`` if the sandbox itself, not the code, cannot run.
        """
        job = job_of(program, webhook, background)
        lane = self._add(program.owner, [job])
        try:
            return await job.done
        except asyncio.CancelledError:
            self._given_up(lane, [job])
            raise

    async def run_all(self, program: Program, webhooks: Sequence[Webhook], *, background: bool = False) -> list[Result]:
        """The results of ``handler`` for many events, in their order. Otherwise like ``run``."""
        jobs = [job_of(program, webhook, background) for webhook in webhooks]
        if not jobs:
            return []
        lane = self._add(program.owner, jobs)
        try:
            await asyncio.wait([job.done for job in jobs])
        except asyncio.CancelledError:
            for job in jobs:
                job.done.cancel()
            self._given_up(lane, jobs)
            raise
        failures = [error for job in jobs if (error := job.done.exception())]
        if failures:
            raise failures[0]
        return [job.done.result() for job in jobs]

    async def check(self, code: str) -> AttemptError | None:
        """Compile the code without running it. Returns the error, or None if it compiles."""
        turn = await self._quick.take("")
        try:
            worker = await self._zygote.spawn()
            try:
                worker.send(code, [(b"", b"")], lambda seconds: None)
                answer = await worker.answer()
            finally:
                worker.stop()  # the code has no owner here, so no other code may run in this worker
        except Unavailable as unavailable:
            return AttemptError(FailureKind.CRASHED, str(unavailable))
        except Exception as error:  # as in ``_serve``: the person who saves the code must see the fault
            log.exception("sandbox.check_failed")
            return replies.our_fault(type(error).__name__).error
        finally:
            turn.end()
        if isinstance(answer, WorkerDied):
            return AttemptError(*self._why(answer))
        return replies.parse_check(answer[0])

    def _add(self, owner: str, jobs: list[Job]) -> RunQueue:
        """Add the jobs to the owner's queue, which is created and served if it is not yet."""
        lane = self._lanes.get(owner)
        if lane is None:
            lane = self._lanes[owner] = RunQueue(self._paces.of(owner), background=jobs[0].background)
        for job in jobs:
            lane.add(job)
        if lane.task is None:
            self._begin(owner, lane)
        return lane

    @staticmethod
    def _given_up(lane: RunQueue, jobs: list[Job]) -> None:
        """The callers of these jobs were cancelled: end the batch if no caller waits for it any more."""
        is_in_progress = any(job in lane.batch for job in jobs)
        if lane.task and is_in_progress and all(other.done.done() for other in lane.batch):
            lane.task.cancel()

    def _begin(self, owner: str, lane: RunQueue) -> None:
        lane.task = asyncio.create_task(self._serve(owner, lane))
        lane.task.add_done_callback(lambda _: self._served(owner, lane))

    def _served(self, owner: str, lane: RunQueue) -> None:
        """The queue's task has ended or was cancelled: start a new one if jobs wait, otherwise drop the queue."""
        lane.task = None
        if lane.waiting:
            self._begin(owner, lane)
        else:
            del self._lanes[owner]

    async def _serve(self, owner: str, lane: RunQueue) -> None:
        """Run the owner's queue, batch after batch, until it is empty."""
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
            except Exception as error:  # whatever it was, the callers must get a result
                log.exception("sandbox.run_failed", owner=owner)
                for job in jobs:
                    if not job.done.done():
                        job.done.set_result(replies.our_fault(type(error).__name__))
            finally:
                turn.end()
                lane.batch = []
                if not lane.background:
                    self._paces.note(owner, lane.pace)

    def _slots_for(self, program: Program, lane: RunQueue) -> Slots:
        if lane.background:
            return self._background
        if self._time_outs.slow(program):
            return self._slow
        if lane.is_long:
            return self._long
        return self._quick if self._paces.knows(program.owner) else self._trial

    def _is_brief(self, turn: Turn) -> bool:
        """Whether the turn holds a slot for quick code or for a first run."""
        return turn.slots is self._quick or turn.slots is self._trial

    async def _next(self, lane: RunQueue) -> Program | None:
        """The program to run next, or None if the queue is empty.

        Slow code pauses between two runs; other code of the same owner, such as a test, does not.
        """
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
        """Give every job its result, in one or more exchanges with a worker.

        Jobs go back to the queue when the batch takes too long or its code turns out to be slow.
        """
        until = monotonic() + MAX_BATCH_SECONDS
        while jobs := [job for job in jobs if not job.done.done()]:
            program = jobs[0].program
            jobs = await self._message(turn, lane, jobs, until)
            is_long_among_quick = self._is_brief(turn) and lane.is_long
            if is_long_among_quick or self._is_over(turn, until) or self._time_outs.slow(program):
                lane.give_back(jobs)
                return

    async def _message(self, turn: Turn, lane: RunQueue, jobs: list[Job], until: float) -> list[Job]:
        """Send the jobs to the owner's worker once. Returns the jobs that still need a result.

        The worker is either kept as idle or stopped, also on an exception.
        """
        idle = self._idle_background if lane.background else self._idle
        worker = idle.take(turn.owner)
        if worker and (not worker.is_usable or (worker.has_low_priority and self._is_brief(turn))):
            worker.retire()
            worker = None
        worker = worker or await self._zygote.spawn()
        if not self._is_brief(turn):
            worker.lower_priority()
        if lane.background:
            worker.starved = BACKGROUND_STARVED
        try:
            rest = await self._converse(worker, turn, lane, jobs, until)
            if self._may_keep(worker):
                idle.keep(turn.owner, worker)
            return rest
        finally:
            if not idle.has(turn.owner, worker):
                worker.stop()

    async def _converse(self, worker: Worker, turn: Turn, lane: RunQueue, jobs: list[Job], until: float) -> list[Job]:
        """Send all jobs to the worker and read its replies. Returns the jobs that have no result yet.

        If the worker dies, only the event in progress is affected. If the worker had served other events before, they
        may be the cause, so the event runs again as the first one of a new worker.
        """

        slots = turn.slots or self._quick
        is_trial = not self._paces.knows(turn.owner)
        worker.look_after = TRIAL_SECONDS if is_trial else WATCH_SECONDS

        def watch(seconds: float) -> None:
            """Called while a run lasts, with its seconds so far. Long code makes room for waiting quick code."""
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

        program = jobs[0].program
        worker.send(program.code, [(job.event, job.payload) for job in jobs], watch, program.counting)
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
                    worker.stop()  # the reply is malformed, so the process can no longer be trusted
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
        """The worker's reply for this job. Sends the locale data that the run requests in the meantime."""
        while True:
            answer = await worker.answer()
            if isinstance(answer, WorkerDied) or not (part := replies.part_asked(answer[0])):
                return answer
            worker.give(part, await self._part(job, part))
            if job.parts_seconds > QUICK_SECONDS:
                watch(0.0)

    async def _part(self, job: Job, part: str) -> str:
        """The locale data that a run requested. Empty text refuses the request, which ends the run."""
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
        """Seconds to charge for the event.

        For an event that took long, this is its processor time, at least a quarter of its wall time: on a busy
        machine the wall time says little about the code.
        """
        if taken <= QUICK_SECONDS:
            return taken
        used = worker.used()
        return taken if used is None else min(taken, max(used + job.parts_seconds, taken / 4))

    @staticmethod
    def _is_over(turn: Turn, until: float) -> bool:
        return monotonic() > until and turn.slots is not None and turn.slots.is_wanted()

    def _died(self, job: Job, died: WorkerDied, blameless: bool) -> None:
        """Handle a worker that ended during this job. A job that is to run again stays without a result."""
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
        if not job.background and (isinstance(result, TransformFailed) or self._time_outs.knows(job.program.owner)):
            self._count(job, result)
        if not job.done.done():
            job.done.set_result(result)

    def _count(self, job: Job, result: Result) -> None:
        """Count consecutive time-outs, and log when the owner's code enters or leaves the slow slot."""
        before = self._time_outs.slow(job.program)
        now = self._time_outs.note(job.program, result, monotonic())
        if now and not before:
            log.warning("sandbox.slow_lane_entered", owner=job.program.owner, timeouts=now.timeouts)
            self._tell_slow(job.program, now)
        if before and not now:
            log.info("sandbox.slow_lane_left", owner=job.program.owner)

    def _may_keep(self, worker: Worker) -> bool:
        return worker.is_usable and worker.served < EVENTS_A_LIFE and not self._closed

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(idle_workers.IDLE_SECONDS / 4)
            self._idle.retire_old()
            self._idle_background.retire_old()

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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
