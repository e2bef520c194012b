"""Deletes events and attempts that are older than the operator wants, in steps that delay no sender of events.

The database has one writer, so events wait for a step under way: a step deletes no more than takes a few milliseconds,
and then leaves the writer alone for several times as long. SQLite reuses the freed pages of its file, so the file stops
growing once it holds as much as is kept.
"""

import asyncio
import time
from collections.abc import Callable
from time import perf_counter

import structlog

from server.delivery.supervised_loop import OneLoop, SupervisedLoop
from server.domain.ids import Millis
from server.domain.inspector_addresses import KEPT_MS
from server.store import Busy, Store, Transaction, retention, search_terms, search_text, stretches, usage
from server.store.retention import PruneStep

DAY_MS: Millis = 24 * 3_600_000

FIRST_AFTER_SECONDS = 60.0
AGAIN_AFTER_SECONDS = 3600.0

LONG_STEP_SECONDS, SHORT_STEP_SECONDS = 0.003, 0.001
"""After a step longer than the first, the next one is smaller; after a step shorter than the second, it is larger."""
MAX_ROWS_IN_STEP = 200
PAUSE_FACTOR = 5
"""A pause is this many times as long as the step before it, including its commit and its wait for others: deletion
takes at most a sixth of the writer's time, and less the busier the writer is."""
MIN_PAUSE_SECONDS = 0.03

Step = Callable[..., PruneStep]

log = structlog.get_logger()


class Retention(OneLoop):
    """Deletes what is too old. Start with ``start``, end with ``stop``. With 0 days it keeps events for ever."""

    def __init__(self, store: Store, days: int) -> None:
        self._store = store
        self._days = days
        self._failure: Exception | None = None
        """The last failure of the clean-up under way."""
        self._loop = SupervisedLoop(
            "retention",
            self._clean_now,
            first_after_seconds=FIRST_AFTER_SECONDS,
            first_backoff_seconds=FIRST_AFTER_SECONDS,
            max_backoff_seconds=AGAIN_AFTER_SECONDS,
        )

    async def clean(self, now: Millis) -> int:
        """Delete all that is too old at ``now``. Returns the number of deleted messages.

        When a part fails, the other parts are still done; then the last failure is raised.
        """
        self._failure = None
        before, began = now - self._days * DAY_MS, perf_counter()
        # Deleted endpoints first: nothing else that is kept is as secret.
        endpoints, _ = await self._try_prune(retention.erase_endpoints, now - retention.DELETED_MS)
        await self._try_prune(retention.prune_audit, now - retention.AUDIT_MS)
        await self._try_prune(retention.prune_inspected, now - KEPT_MS)
        messages = kept = notices = replays = 0
        if self._days:
            messages, kept = await self._try_prune(retention.prune_messages, before)
            notices, _ = await self._try_prune(retention.prune_notices, before)
            replays, _ = await self._try_prune(retention.prune_replays, before)
            await self._try_prune(stretches.prune, before)
            await self._try_prune(search_terms.prune, before)
            await self._try_prune(search_text.prune, before)
        if endpoints or messages or notices or replays:
            log.info(
                "retention.cleaned",
                endpoints=endpoints,
                messages=messages,
                kept_waiting=kept,
                notices=notices,
                replays=replays,
                seconds=round(perf_counter() - began, 1),
            )
        if self._failure:
            raise self._failure
        return messages

    async def _clean_now(self) -> float:
        now = time.time_ns() // 1_000_000
        await self._store.write(lambda tx: usage.note_size(tx, now))
        await self.clean(now)
        return AGAIN_AFTER_SECONDS

    async def _try_prune(self, prune: Step, before: Millis) -> tuple[int, int]:
        """Call ``_prune``, but remember its failure, so that the other parts are still deleted."""
        try:
            return await self._prune(prune, before)
        except Exception as error:
            self._failure = error
            return 0, 0

    async def _prune(self, prune: Step, before: Millis) -> tuple[int, int]:
        """Delete step by step to the end. Returns how many rows were deleted and how many were kept."""
        deleted = kept = 0
        cursor, size = "", 5
        while True:

            def step(tx: Transaction, cursor: str = cursor, size: int = size) -> tuple[PruneStep, float]:
                began = perf_counter()  # in the writer's thread: waiting in its queue does not count
                return prune(tx, before, cursor=cursor, limit=size), perf_counter() - began

            asked = perf_counter()
            try:
                pruned, seconds = await self._store.write(step)
            except Busy:
                await asyncio.sleep(1)
                continue
            self._loop.progress()
            deleted, kept, cursor = deleted + pruned.deleted, kept + pruned.kept, pruned.cursor
            if pruned.done:
                return deleted, kept
            size = _next_size(size, seconds)
            await asyncio.sleep(max(MIN_PAUSE_SECONDS, PAUSE_FACTOR * (perf_counter() - asked)))


def _next_size(size: int, seconds: float) -> int:
    if seconds > LONG_STEP_SECONDS:
        return max(1, size // 2)
    return min(MAX_ROWS_IN_STEP, size * 3 // 2 + 1) if seconds < SHORT_STEP_SECONDS else size
