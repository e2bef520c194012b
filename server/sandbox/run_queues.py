"""Who is next: an owner's events wait in its lane, go to its worker in batches, and one at a time when it is slow."""

import asyncio
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass

from server.domain.transformations import FailureKind, Program, Result, TransformFailed

MAX_BATCH = 32
MAX_BATCH_BYTES = 4 << 20
BATCH_SECONDS = 0.05
"""A batch is as long as is expected to take this time, so that other owners wait no longer for its slot."""
TRIAL_SECONDS = 0.025
"""What code of which nothing is known yet may take among quick code, when others wait."""
QUICK_SECONDS = 0.1
"""Code that takes longer runs in slots of its own, so that code that does not always finds one soon."""

SLOW_AFTER = 3
"""Time-outs in a row that send an owner to the slow lane."""
MAX_PAUSE_SECONDS = 30.0
"""Seconds between two runs there; the pause begins with one and doubles with each further time-out."""
REMEMBERED = 1_000
"""Owners whose time-outs and paces are known; the oldest is forgotten first."""


@dataclass(eq=False, slots=True)
class Job:
    """One event that waits for its result."""

    program: Program
    event: bytes
    """JSON of what the handler gets, but for the payload."""
    payload: bytes
    done: asyncio.Future[Result]
    parts: int = 0
    """Pieces of locale data that it asked for."""
    parts_seconds: float = 0.0
    """What making them took."""
    fault: Result | None = None
    """The result whatever the worker replies, since a fault of ours kept the run from what it asked for."""
    tries: int = 0
    """How often its worker ended under it, of no fault that could be told to be its own."""


class RunQueue:
    """An owner's waiting events, and the task that serves them while there are any."""

    __slots__ = ("batch", "news", "pace", "task", "waiting")

    def __init__(self, pace: float = BATCH_SECONDS) -> None:
        self.waiting: deque[Job] = deque()
        self.batch: list[Job] = []
        self.pace = pace
        """Seconds that an event takes, as far as is known."""
        self.news = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def add(self, job: Job) -> None:
        self.waiting.append(job)
        self.news.set()

    def forget_cancelled(self) -> None:
        while self.waiting and self.waiting[0].done.done():
            self.waiting.popleft()

    async def wait(self, seconds: float) -> None:
        """Until then, or until something is added."""
        self.news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()

    @property
    def is_long(self) -> bool:
        """Its code is expected to take long."""
        return self.pace > QUICK_SECONDS

    def measured(self, seconds: float) -> None:
        """Slow down at once, speed up by and by."""
        self.pace = max(seconds, self.pace * 0.7)

    def take(self, program: Program) -> list[Job]:
        """The next batch of this program's events, in their order."""
        room, size = max(1, min(MAX_BATCH, int(BATCH_SECONDS / max(self.pace, 1e-6)))), MAX_BATCH_BYTES
        batch: list[Job] = []
        while self.waiting and len(batch) < room and (not batch or size > 0):
            if self.waiting[0].program == program:  # nearly always
                job = self.waiting.popleft()
            elif found := next((job for job in self.waiting if job.program == program), None):
                job = found
                self.waiting.remove(job)
            else:
                break
            if not job.done.done():
                batch.append(job)
                size -= len(job.payload)
        self.batch = batch
        return batch

    def give_back(self, jobs: list[Job]) -> None:
        self.waiting.extendleft(reversed(jobs))


class RunTimes:
    """Seconds that an event of each owner takes, as far as is known."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, float] = OrderedDict()

    def of(self, owner: str) -> float:
        return self._known.get(owner, BATCH_SECONDS)

    def knows(self, owner: str) -> bool:
        return owner in self._known

    def note(self, owner: str, pace: float) -> None:
        self._known[owner] = pace
        self._known.move_to_end(owner)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class SlowCode:
    """Why an owner is in the slow lane."""

    timeouts: int
    """In a row."""
    pause: float
    """Seconds between two runs."""
    not_before: float
    """The time of the next run, on the monotonic clock."""


class TimeoutCounts:
    """Counts each owner's time-outs in a row. A good run, or other code, begins anew."""

    def __init__(self) -> None:
        self._counted: OrderedDict[str, tuple[str, SlowCode]] = OrderedDict()

    def knows(self, owner: str) -> bool:
        """Whether the owner's last run timed out."""
        return owner in self._counted

    def slow(self, program: Program) -> SlowCode | None:
        """Why the program is in the slow lane, if it is."""
        if program.owner not in self._counted:
            return None
        code, slow = self._counted.get(program.owner, ("", None))
        return slow if slow and slow.timeouts >= SLOW_AFTER and code == program.code else None

    def note(self, program: Program, result: Result, now: float) -> SlowCode | None:
        """After a run. Returns what is so now."""
        code, before = self._counted.get(program.owner, ("", None))
        if not (isinstance(result, TransformFailed) and result.error.kind == FailureKind.TIME_LIMIT):
            if code == program.code:
                self._counted.pop(program.owner, None)
            return None
        timeouts = before.timeouts + 1 if before and code == program.code else 1
        pause = min(MAX_PAUSE_SECONDS, 2.0 ** (timeouts - SLOW_AFTER)) if timeouts >= SLOW_AFTER else 0.0
        self._counted[program.owner] = (program.code, SlowCode(timeouts, pause, now + pause))
        self._counted.move_to_end(program.owner)
        while len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)
        return self.slow(program)
