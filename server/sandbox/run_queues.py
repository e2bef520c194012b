"""One queue for each owner: its events go to its worker in batches, or one at a time if its code keeps timing out."""

import asyncio
import json
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from server.domain.transformations import FailureKind, Program, Result, TransformFailed, Webhook
from server.sandbox.inside import frames

MAX_BATCH = 32
MAX_BATCH_BYTES = 4 << 20
BATCH_SECONDS = 0.05
"""Expected run time of a batch. It bounds how long other owners wait for the slot."""
TRIAL_SECONDS = 0.025
"""How long code with an unknown run time may hold a slot for quick code while others wait."""
QUICK_SECONDS = 0.1
"""Code that takes longer runs in separate slots, so that quick code always finds a free slot soon."""

SLOW_AFTER = 3
"""Consecutive time-outs after which an owner's code runs only in the slow slot."""
MAX_PAUSE_SECONDS = 30.0
"""Longest pause between two runs in the slow slot. The pause starts at 1 s and doubles with each further time-out."""
REMEMBERED = 1_000
"""How many owners' time-outs and run times are remembered; the oldest entry is forgotten first."""


@dataclass(eq=False, slots=True)
class Job:
    """One event and the future that receives its result."""

    program: Program
    event: bytes
    """JSON of the handler's argument, without the payload."""
    payload: bytes
    done: asyncio.Future[Result]
    background: bool = False
    """It must delay no other run, and its time-outs count against nobody."""
    parts: int = 0
    """How many parts of locale data the run has requested."""
    parts_seconds: float = 0.0
    """Seconds spent preparing these parts."""
    fault: Result | None = None
    """Overrides the worker's reply: set when a fault of Hookbench denied the run the locale data it requested."""
    tries: int = 0
    """How often the worker ended during this event without evidence that the event was the cause."""


class RunQueue:
    """One owner's waiting events, and the task that serves them while there are any."""

    __slots__ = ("background", "batch", "news", "pace", "task", "waiting")

    def __init__(self, pace: float = BATCH_SECONDS, *, background: bool = False) -> None:
        self.background = background
        self.waiting: deque[Job] = deque()
        self.batch: list[Job] = []
        self.pace = pace
        """Estimated seconds that one event takes."""
        self.news = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def add(self, job: Job) -> None:
        self.waiting.append(job)
        self.news.set()

    def forget_cancelled(self) -> None:
        while self.waiting and self.waiting[0].done.done():
            self.waiting.popleft()

    async def wait(self, seconds: float) -> None:
        """Wait ``seconds``, or until a job is added."""
        self.news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()

    @property
    def is_long(self) -> bool:
        """Whether the code is expected to take longer than ``QUICK_SECONDS``."""
        return self.pace > QUICK_SECONDS

    def measured(self, seconds: float) -> None:
        """Update the estimate: raise it at once, lower it gradually."""
        self.pace = max(seconds, self.pace * 0.7)

    def take(self, program: Program) -> list[Job]:
        """Remove and return the next batch of this program's events, in order, within the limits of a batch."""
        room, size = max(1, min(MAX_BATCH, int(BATCH_SECONDS / max(self.pace, 1e-6)))), MAX_BATCH_BYTES
        batch: list[Job] = []
        while self.waiting and len(batch) < room and (not batch or size > 0):
            if self.waiting[0].program == program:  # the usual case, without a search
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
    """Estimated seconds for one event of each owner."""

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
    """Why an owner's code runs only in the slow slot."""

    timeouts: int
    """Consecutive time-outs."""
    pause: float
    """Seconds between two runs."""
    not_before: float
    """Earliest time of the next run, on the monotonic clock."""


class TimeoutCounts:
    """Counts each owner's consecutive time-outs. A run within its time, or changed code, resets the count."""

    def __init__(self) -> None:
        self._counted: OrderedDict[str, tuple[str, SlowCode]] = OrderedDict()

    def knows(self, owner: str) -> bool:
        """Whether the owner has consecutive time-outs on record."""
        return owner in self._counted

    def slow(self, program: Program) -> SlowCode | None:
        """Why the program runs only in the slow slot; None if it does not."""
        if program.owner not in self._counted:
            return None
        code, slow = self._counted.get(program.owner, ("", None))
        return slow if slow and slow.timeouts >= SLOW_AFTER and code == program.code else None

    def note(self, program: Program, result: Result, now: float) -> SlowCode | None:
        """Count the result of a run. Returns what ``slow`` returns from now on."""
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


def job_of(program: Program, webhook: Webhook, background: bool) -> Job:
    """A new job. Call it in the event loop that waits for its result."""
    headers, env = tuple(webhook.headers.items()), tuple(webhook.env.items())
    event = _event(webhook.event_type, webhook.url, webhook.method, headers, env) + _own(webhook)
    if webhook.clock is not None:
        event = frames.with_clock(event, webhook.clock)
    payload = webhook.payload.encode(errors="replace")
    return Job(program, event, payload, asyncio.get_running_loop().create_future(), background)


@lru_cache(maxsize=512)
def _event(
    event_type: str, url: str, method: str, headers: tuple[tuple[str, str], ...], env: tuple[tuple[str, str], ...]
) -> bytes:
    """JSON of the handler's argument up to what ``_own`` adds. Cached, since it rarely differs."""
    event = {
        "eventType": event_type,
        "payload": None,
        "url": url,
        "method": method,
        "headers": dict(headers),
        "env": dict(env),
    }
    return json.dumps(event).encode()[:-1]


def _own(webhook: Webhook) -> bytes:
    """The rest of that JSON: what each event has of its own, but for the payload."""
    return f',"id":{json.dumps(webhook.id)},"timestamp":"{webhook.timestamp}"}}'.encode()
