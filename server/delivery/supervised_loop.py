"""The loop in which each part of the background work runs, and its health."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any

import structlog

from server.delivery.repeated_lines import RepeatedLines
from server.domain.faults import reason_of
from server.domain.ids import Millis
from server.store import Busy, Store

FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 5.0
STUCK_AFTER_SECONDS = 120.0
"""Longer than a step takes even when each of its database statements takes as long as one may."""
CANCEL_SECONDS = 1.0
"""How long ``stop`` waits for a step that it cancelled."""
FAILURES_UNTIL_FAILING = 3
"""A step that fails once and then succeeds is no reason to alert anybody."""

log = structlog.get_logger()


class LoopState(StrEnum):
    OK = "ok"
    FAILING = "failing"
    """The last steps failed; the loop goes on trying."""
    STUCK = "stuck"
    """A step does not end."""
    ENDED = "ended"
    """The loop has ended, although nobody stopped it."""


@dataclass(frozen=True, slots=True)
class AtRest:
    """What a step returns that finds nothing to do until something is written to the database."""

    seconds: float
    """Until it runs again at the earliest."""
    latest: float | None = None
    """Seconds until it runs again although nothing was written."""
    settled: float = 0.0
    """Seconds after a write until the step sees all that was written. Only one that began later is followed by rest."""


@dataclass(frozen=True, slots=True)
class LoopHealth:
    name: str
    state: LoopState
    failures: int
    """Steps in a row that failed, up to now."""
    last_success_at: Millis | None
    """``None`` before the first step that succeeded."""
    last_error: str | None
    """Why the last failed step failed: ``OverflowError in delivery/worker.py``. Later steps may have succeeded."""


class SupervisedLoop:
    """Runs ``step`` again and again, whatever it raises, from ``start`` to ``stop``.

    ``step`` returns the seconds until it runs again; ``None`` means only when ``wake`` is called. With a ``store`` it
    may return ``AtRest`` instead: then it runs again when any process writes to the database, and does not look until
    then. After a failure the loop pauses, twice as long after each further one. ``wake`` does not shorten that pause,
    or frequent wakes would hammer a database that is down. Each kind of failure is logged at most once a minute.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[float | AtRest | None]],
        *,
        store: Store | None = None,
        first_after_seconds: float = 0.0,
        first_backoff_seconds: float = FIRST_BACKOFF_SECONDS,
        max_backoff_seconds: float = MAX_BACKOFF_SECONDS,
        stuck_after_seconds: float = STUCK_AFTER_SECONDS,
    ) -> None:
        self.name = name
        self._step = step
        self._writes = store.writes if store else None
        self._first_after_seconds = first_after_seconds
        self._first_backoff_seconds = first_backoff_seconds
        self._max_backoff_seconds = max_backoff_seconds
        self._stuck_after_seconds = stuck_after_seconds
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._repeats = RepeatedLines()
        self._progressed_at: float | None = None
        """When the step under way began or last called ``progress``, on the monotonic clock; ``None`` between steps."""
        self._failures = 0
        self._failing_since = 0.0
        """When the first of these failures occurred, on the monotonic clock."""
        self._last_success_at: Millis | None = None
        self._last_error: str | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def is_stopping(self) -> bool:
        return self._stopped.is_set()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self.name)

    def wake(self) -> None:
        """Run the next step at once, or one more step after the one under way."""
        self._woken.set()

    def progress(self) -> None:
        """Report that a step which takes long is not stuck."""
        if self._progressed_at is not None:
            self._progressed_at = monotonic()

    async def stop(self, within_seconds: float = 0.0) -> None:
        """Start no further step. The one under way may end within that time; then it is cancelled."""
        self._stopped.set()
        self._woken.set()
        if self._task is None:
            return
        if within_seconds:
            await asyncio.wait([self._task], timeout=within_seconds)
        self._task.cancel()
        await asyncio.wait([self._task], timeout=CANCEL_SECONDS)

    def health(self) -> LoopHealth:
        return LoopHealth(self.name, self._state(), self._failures, self._last_success_at, self._last_error)

    def _state(self) -> LoopState:
        if self._task is not None and self._task.done() and not self.is_stopping:
            return LoopState.ENDED
        if self._progressed_at is not None and monotonic() - self._progressed_at > self._stuck_after_seconds:
            return LoopState.STUCK
        return LoopState.FAILING if self._failures >= FAILURES_UNTIL_FAILING else LoopState.OK

    async def _run(self) -> None:
        if self._first_after_seconds:
            await _wait(self._woken, self._first_after_seconds)
        seen, since = self._writes and self._writes.seen, monotonic()
        while not self.is_stopping:
            if self._writes and self._writes.seen != seen:
                seen, since = self._writes.seen, monotonic()
            is_settled_for = monotonic() - since
            self._woken.clear()
            self._progressed_at = monotonic()
            try:
                pause = await self._step()
            except asyncio.CancelledError as error:
                if _is_cancelled():
                    raise
                await self._back_off(error)  # something that the step waited for was cancelled, not the loop
            except Exception as error:  # of any kind: the loop must survive it, and tries again
                await self._back_off(error)
            else:
                self._succeeded()
                if isinstance(pause, AtRest):
                    await self._rest(pause, seen if is_settled_for >= pause.settled else None)
                else:
                    await _wait(self._woken, pause)

    async def _rest(self, rest: AtRest, seen: object) -> None:
        """Wait until there was a write after ``seen``; ``None`` is what there was not."""
        await _wait(self._woken, rest.seconds if rest.latest is None else min(rest.seconds, rest.latest))
        if self._writes is None or self._woken.is_set() or await self._writes.look() != seen:
            return
        self._writes.tell(self._woken.set, seen)
        try:
            await _wait(self._woken, None if rest.latest is None else max(0.0, rest.latest - rest.seconds))
        finally:
            self._writes.forget(self._woken.set)

    def _succeeded(self) -> None:
        self._progressed_at = None
        self._last_success_at = time.time_ns() // 1_000_000
        if self._failures:
            seconds = round(monotonic() - self._failing_since, 1)
            log.info("loop.recovered", loop=self.name, failures=self._failures, seconds=seconds)
            self._failures = 0

    async def _back_off(self, error: BaseException) -> None:
        self._progressed_at = None
        if not self._failures:
            self._failing_since = monotonic()
        self._failures += 1
        self._last_error = reason_of(error)
        left_out = self._repeats.left_out(self._last_error)
        if left_out is not None:
            detail: dict[str, Any] = {"error": str(error)} if isinstance(error, Busy) else {"exc_info": error}
            if left_out:
                detail["left_out"] = left_out
            write = log.warning if isinstance(error, Busy) else log.error
            write("loop.failed", loop=self.name, reason=self._last_error, failures=self._failures, **detail)
        doublings = min(self._failures - 1, 30)
        await _wait(self._stopped, min(self._max_backoff_seconds, self._first_backoff_seconds * 2**doublings))


class OneLoop:
    """A part of the application whose work is one loop, ``_loop``: its start, its end, and the loop for the health."""

    _loop: SupervisedLoop

    @property
    def loops(self) -> tuple[SupervisedLoop, ...]:
        return (self._loop,)

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for the event, at most ``seconds``; ``None`` means without limit."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
